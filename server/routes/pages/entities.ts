import type { Context } from 'hono';
import type { EntityEdit } from '../../../client/calls.ts';
import type { Json } from '../../../domain/json.ts';
import { entityAddress } from '../../pages/addresses.ts';
import { type EntityList, entitiesPage, entityList } from '../../pages/entities.ts';
import { entityPage } from '../../pages/entity.ts';
import { isPartial } from '../../pages/polled.ts';
import type { App, ServerEnv, ServerParts } from '../../parts.ts';
import { Problem } from '../../problem.ts';
import { fieldsOf } from './form.ts';

const MOST = 100;

const FORMS: Readonly<Record<string, (value: string) => Json>> = {
  text: (value) => value,
  json: (value) => {
    try {
      return JSON.parse(value);
    } catch {
      throw new Problem(422, 'value must be JSON, such as ["a", "b"] or 3; send it as text otherwise');
    }
  },
  null: () => null,
};

/** One field with what it is to hold. */
function editOf({ field = '', value = '', form = '' }: Readonly<Record<string, string>>): EntityEdit {
  const read = Object.hasOwn(FORMS, form) ? FORMS[form] : undefined;
  if (read === undefined) throw new Problem(422, `form must be one of: ${Object.keys(FORMS).join(', ')}`);
  const [, map, name] = /^(properties|relations)\.(.+)$/s.exec(field) ?? [];
  return (map === undefined ? { [field]: read(value) } : { [map]: { [String(name)]: read(value) } }) as EntityEdit;
}

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
    return c.html(await entityPage({ entity, explained: await client.explain(entity), related, references }));
  });

  app.post('/entity', async (c) => {
    const { blueprint, identifier, ...sent } = await fieldsOf(c);
    const key = { blueprint: blueprint ?? '', identifier: identifier ?? '' };
    await client.edit(key, editOf(sent));
    return c.redirect(entityAddress(key), 303);
  });
}
