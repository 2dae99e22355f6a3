import { createRoute, z } from '@hono/zod-openapi';
import { json, problems, SECURED } from '../openapi.ts';
import type { App, ServerParts } from '../parts.ts';
import { integrationParameter, limit, nameParameter, waitQuery } from '../schemas/parameters.ts';
import { planInFullSchema, planSchema } from '../schemas/plan.ts';
import { answerTriggered, triggeredAnswers } from '../triggered.ts';

const tags = ['Held deletes'];
const params = z.object({ id: integrationParameter, plan: nameParameter });

const list = createRoute({
  method: 'get',
  path: '/v1/integration/{id}/plans',
  tags,
  summary: 'Deletes that a guard holds, open ones first',
  security: SECURED,
  request: { params: z.object({ id: integrationParameter }), query: z.strictObject({ limit: limit(100) }) },
  responses: {
    200: json(z.strictObject({ plans: z.array(planSchema) }), 'The plans'),
    ...problems(401, 404, 422, 503),
  },
});

const read = createRoute({
  method: 'get',
  path: '/v1/integration/{id}/plans/{plan}',
  tags,
  summary: 'One plan, with the entities that it would delete',
  security: SECURED,
  request: { params, query: z.strictObject({ limit: limit(100) }) },
  responses: { 200: json(planInFullSchema, 'The plan'), ...problems(401, 404, 422, 503) },
});

const approve = createRoute({
  method: 'post',
  path: '/v1/integration/{id}/plans/{plan}/approve',
  tags,
  summary: 'Deletes what the plan names and was not seen since',
  description: 'Repeated, it answers with the trigger of the first time.',
  security: SECURED,
  request: { params, query: waitQuery },
  responses: { ...triggeredAnswers, ...problems(401, 403, 404, 409, 422, 503) },
});

const reject = createRoute({
  method: 'post',
  path: '/v1/integration/{id}/plans/{plan}/reject',
  tags,
  summary: 'Keeps what the plan would delete; the next complete run proposes anew',
  security: SECURED,
  request: { params },
  responses: { 200: json(planSchema, 'The plan'), ...problems(401, 403, 404, 409, 422, 503) },
});

/** Held deletes and the decision on them. */
export function addPlanRoutes(app: App, parts: ServerParts): void {
  const { client } = parts;

  app.openapi(list, async (c) => {
    const plans = await client.plans(c.req.valid('param').id, c.req.valid('query').limit);
    return c.json({ plans }, 200);
  });

  app.openapi(read, async (c) => {
    const { id, plan } = c.req.valid('param');
    const found = await client.plan(id, plan);
    const planned = await client.planned(id, plan, c.req.valid('query').limit);
    return c.json({ ...found, planned }, 200);
  });

  app.openapi(approve, async (c) => {
    const { id, plan } = c.req.valid('param');
    const trigger = await client.approve(id, plan, { origin: c.get('origin') });
    return answerTriggered(c, parts, { trigger, wait: c.req.valid('query').wait });
  });

  app.openapi(reject, async (c) => {
    const { id, plan } = c.req.valid('param');
    return c.json(await client.reject(id, plan), 200);
  });
}
