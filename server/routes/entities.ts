import { createRoute, z } from '@hono/zod-openapi';
import { json, problems, SECURED } from '../openapi.ts';
import type { App, ServerParts } from '../parts.ts';
import { entitySchema } from '../schemas/entity.ts';
import { limit, nameParameter } from '../schemas/parameters.ts';
import { referencesSchema } from '../schemas/references.ts';

const tags = ['Catalog'];

const list = createRoute({
  method: 'get',
  path: '/v1/entities',
  tags,
  summary: 'Looks into the catalog, by blueprint and identifier',
  security: SECURED,
  request: {
    query: z.strictObject({
      blueprint: nameParameter.optional().openapi({ description: 'Only entities of this blueprint' }),
      integration: nameParameter.optional().openapi({ description: 'Only those that this integration has a claim on' }),
      search: nameParameter.optional().openapi({
        description: 'Only those that hold words which begin with these, in any case; as far as they are indexed',
      }),
      limit: limit(100),
    }),
  },
  responses: {
    200: json(z.strictObject({ entities: z.array(entitySchema) }), 'The entities'),
    ...problems(401, 404, 422, 503),
  },
});

const read = createRoute({
  method: 'get',
  path: '/v1/blueprints/{blueprint}/entities/{identifier}',
  tags,
  summary: 'One entity',
  security: SECURED,
  request: {
    params: z.object({
      blueprint: nameParameter,
      identifier: nameParameter.openapi({
        description: 'Percent-encoded: a `/` in it is `%2F`',
        example: 'acme%2Fapi',
      }),
    }),
  },
  responses: { 200: json(entitySchema, 'The entity'), ...problems(401, 404, 422, 503) },
});

const references = createRoute({
  method: 'get',
  path: '/v1/blueprints/{blueprint}/entities/{identifier}/references',
  tags,
  summary: 'What points to an entity, and when it or what belongs to it last changed',
  security: SECURED,
  request: { params: z.object({ blueprint: nameParameter, identifier: nameParameter }) },
  responses: { 200: json(referencesSchema, 'As far as it is indexed'), ...problems(401, 404, 422, 503) },
});

/** What the catalog holds. */
export function addEntityRoutes(app: App, { client }: ServerParts): void {
  app.openapi(list, async (c) => c.json({ entities: await client.entities(c.req.valid('query')) }, 200));

  app.openapi(read, async (c) => c.json(await client.entity(c.req.valid('param')), 200));

  app.openapi(references, async (c) => c.json(await client.references(c.req.valid('param')), 200));
}
