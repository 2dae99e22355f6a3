import type { Context } from 'hono';
import { type EntityList, entitiesPage, entityList } from '../../pages/entities.ts';
import { entityPage } from '../../pages/entity.ts';
import { isPartial } from '../../pages/polled.ts';
import type { App, ServerEnv, ServerParts } from '../../parts.ts';

const MOST = 100;

/** What the catalog holds, and each entity of it. */
export function addEntityPages(app: App, { client }: ServerParts): void {
  const listOf = async (c: Context<ServerEnv>): Promise<EntityList> => {
    const { search = '', blueprint = '', integration = '' } = c.req.query();
    const entities = await client.entities({
      search: search.trim() || undefined,
      blueprint: blueprint || undefined,
      integration: integration || undefined,
      limit: MOST + 1,
    });
    const filter = { search, blueprint, integration };
    return { filter, entities: entities.slice(0, MOST), hasMore: entities.length > MOST };
  };

  app.get('/entities', async (c) => {
    const list = await listOf(c);
    return c.html(await (isPartial(c) ? entityList(list) : entitiesPage(list, await client.blueprints())));
  });

  app.get('/entity', async (c) => {
    const { blueprint = '', identifier = '' } = c.req.query();
    const entity = await client.entity({ blueprint, identifier });
    const targets = Object.values(entity.relations).flat();
    const related = await client.named(targets.filter((target) => target !== null));
    const references = await client.references(entity);
    return c.html(await entityPage({ entity, claims: await client.claims(entity), related, references }));
  });
}
