import { createRoute, z } from '@hono/zod-openapi';
import type { EntityEdit } from '../../client/calls.ts';
import { isRawRecord } from '../../domain/json.ts';
import { body, json, problems, SECURED } from '../openapi.ts';
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

const params = z.object({
  blueprint: nameParameter,
  identifier: nameParameter.openapi({
    description: 'Percent-encoded: a `/` in it is `%2F`',
    example: 'acme%2Fapi',
  }),
});

/** What is wrong in an edit is for the client's own check to say. */
const edit = createRoute({
  method: 'patch',
  path: '/v1/blueprints/{blueprint}/entities/{identifier}',
  tags,
  summary: "A person's edit of an entity",
  description:
    'What it does not name stays as it is; `null` clears. The edit is later than anything that is stored, which counts where a policy says `newer`; without a policy the next resync writes what the source says. The entity is not deleted by resyncs any more.',
  security: SECURED,
  request: {
    params,
    body: body(
      z
        .custom<EntityEdit>(isRawRecord, { error: 'must be an object' })
        .openapi({
          type: 'object',
          additionalProperties: false,
          properties: {
            title: { type: ['string', 'null'] },
            team: {},
            properties: { type: 'object' },
            relations: { type: 'object' },
          },
        })
        .openapi('EntityEdit'),
    ),
  },
  responses: { 200: json(entitySchema, 'The entity'), ...problems(400, 401, 403, 404, 413, 415, 422, 503) },
});

const read = createRoute({
  method: 'get',
  path: '/v1/blueprints/{blueprint}/entities/{identifier}',
  tags,
  summary: 'One entity',
  security: SECURED,
  request: { params },
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

  app.openapi(edit, async (c) => c.json(await client.edit(c.req.valid('param'), c.req.valid('json')), 200));

  app.openapi(read, async (c) => c.json(await client.entity(c.req.valid('param')), 200));

  app.openapi(references, async (c) => c.json(await client.references(c.req.valid('param')), 200));
}
