import { createRoute, z } from '@hono/zod-openapi';
import type { IntegrationStatus } from '../../client/client.ts';
import { patchJsonSchema } from '../../config/json-schema.ts';
import type { ConfigurationPatch } from '../../config/patch.ts';
import { isRawRecord } from '../../domain/json.ts';
import { body, json, problems, SECURED } from '../openapi.ts';
import type { App, ServerParts } from '../parts.ts';
import { integrationInFullSchema, statusSchema } from '../schemas/integration.ts';
import { integrationParameter, waitQuery } from '../schemas/parameters.ts';
import { answerTriggered, triggeredAnswers } from '../triggered.ts';

const tags = ['Integrations'];
const params = z.object({ id: integrationParameter });

const list = createRoute({
  method: 'get',
  path: '/v1/integration',
  tags,
  summary: 'All integrations and how they are',
  security: SECURED,
  responses: {
    200: json(z.strictObject({ integrations: z.array(statusSchema) }), 'By id'),
    ...problems(401, 503),
  },
});

const read = createRoute({
  method: 'get',
  path: '/v1/integration/{id}',
  tags,
  summary: 'One integration: how it is, and what of its configuration can be patched',
  security: SECURED,
  request: { params },
  responses: { 200: json(integrationInFullSchema, 'The integration'), ...problems(401, 404, 422, 503) },
});

const resync = createRoute({
  method: 'post',
  path: '/v1/integration/{id}/resync',
  tags,
  summary: 'Triggers a resync',
  description: 'A running one is aborted and a new one starts, unless `onTrigger` or a narrower scope lets it wait.',
  security: SECURED,
  request: {
    params,
    query: waitQuery,
    body: body(
      z
        .strictObject({
          kinds: z.array(z.string()).optional().openapi({ description: 'Only these kinds. Default: all' }),
          since: z
            .string()
            .optional()
            .openapi({
              description: 'Only what changed: since a time, or since the `last` run. Deletes nothing',
              examples: ['last', '2026-01-31T12:00:00Z'],
            }),
          reconcile: z.boolean().optional().openapi({ description: 'Read back what a remote destination holds' }),
        })
        .openapi('Resync'),
    ),
  },
  responses: { ...triggeredAnswers, ...problems(400, 401, 403, 404, 413, 415, 422, 503) },
});

/** What is wrong within `config` is for the configuration's own check to say, so that all of it is said at once. */
const patch = ({ context }: Pick<ServerParts, 'context'>) =>
  createRoute({
    method: 'patch',
    path: '/v1/integration/{id}',
    tags,
    summary: 'Changes the configuration and triggers a resync; `{}` only triggers',
    description:
      'Each key of `config` is replaced whole; `null` takes it away. The outcome is checked as the file is. Secrets stay in the file: `source`, `destination` and references to the environment are refused.',
    security: SECURED,
    request: {
      params,
      query: waitQuery,
      body: body(
        z
          .strictObject({
            config: z
              .custom<ConfigurationPatch>(isRawRecord, { error: 'must be an object' })
              .optional()
              .openapi(patchJsonSchema(context) as object),
          })
          .openapi('Patch'),
      ),
    },
    responses: { ...triggeredAnswers, ...problems(400, 401, 403, 404, 413, 415, 422, 503) },
  });

/** Integrations: how they are, their resyncs, and changes of their configuration. */
export function addIntegrationRoutes(app: App, parts: ServerParts): void {
  const { client } = parts;

  app.openapi(list, async (c) => c.json({ integrations: await client.status() }, 200));

  app.openapi(read, async (c) => {
    const { id } = c.req.valid('param');
    const [status] = await client.status(id);
    return c.json({ ...(status as IntegrationStatus), config: await client.configuration(id) }, 200);
  });

  app.openapi(resync, async (c) => {
    const { id } = c.req.valid('param');
    const { wait } = c.req.valid('query');
    const trigger = await client.resync(id, { ...c.req.valid('json'), origin: c.get('origin') });
    return answerTriggered(c, parts, { trigger, wait });
  });

  app.openapi(patch(parts), async (c) => {
    const { id } = c.req.valid('param');
    const { wait } = c.req.valid('query');
    const { config = {} } = c.req.valid('json');
    const trigger = await client.patchConfiguration(id, config, { origin: c.get('origin') });
    return answerTriggered(c, parts, { trigger, wait });
  });
}
