import { createRoute, z } from '@hono/zod-openapi';
import { json, problems, SECURED } from '../openapi.ts';
import type { App, ServerParts } from '../parts.ts';
import { quarantinedSchema } from '../schemas/entity.ts';
import { integrationParameter, limit, waitQuery } from '../schemas/parameters.ts';
import { answerTriggered, triggeredAnswers } from '../triggered.ts';

const tags = ['Quarantine'];
const params = z.object({ id: integrationParameter });

const list = createRoute({
  method: 'get',
  path: '/v1/integration/{id}/quarantine',
  tags,
  summary: 'Records whose identity could not be evaluated, the latest first',
  security: SECURED,
  request: { params, query: z.strictObject({ limit: limit(100) }) },
  responses: {
    200: json(z.strictObject({ records: z.array(quarantinedSchema) }), 'The records, raw'),
    ...problems(401, 404, 422, 503),
  },
});

const retry = createRoute({
  method: 'post',
  path: '/v1/integration/{id}/quarantine/retry',
  tags,
  summary: 'Maps what lies in quarantine anew, with the configuration in force',
  security: SECURED,
  request: { params, query: waitQuery },
  responses: { ...triggeredAnswers, ...problems(401, 403, 404, 422, 503) },
});

/** Rejected records. */
export function addQuarantineRoutes(app: App, parts: ServerParts): void {
  const { client } = parts;

  app.openapi(list, async (c) => {
    const records = await client.quarantine(c.req.valid('param').id, c.req.valid('query').limit);
    return c.json({ records }, 200);
  });

  app.openapi(retry, async (c) => {
    const trigger = await client.retryQuarantine(c.req.valid('param').id, { origin: c.get('origin') });
    return answerTriggered(c, parts, { trigger, wait: c.req.valid('query').wait });
  });
}
