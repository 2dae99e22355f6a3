import { createRoute, z } from '@hono/zod-openapi';
import { json, problems, SECURED } from '../openapi.ts';
import type { App, ServerParts } from '../parts.ts';
import { integrationParameter, limit, nameParameter } from '../schemas/parameters.ts';
import { runSchema, waitingSchema } from '../schemas/run.ts';

const tags = ['Runs'];

const list = createRoute({
  method: 'get',
  path: '/v1/integration/{id}/runs',
  tags,
  summary: 'Past runs, newest first',
  security: SECURED,
  request: { params: z.object({ id: integrationParameter }), query: z.strictObject({ limit: limit(10) }) },
  responses: { 200: json(z.strictObject({ runs: z.array(runSchema) }), 'The runs'), ...problems(401, 404, 422, 503) },
});

const read = createRoute({
  method: 'get',
  path: '/v1/integration/{id}/runs/{run}',
  tags,
  summary: 'One run, by its id or by that of a trigger',
  security: SECURED,
  request: {
    params: z.object({
      id: integrationParameter,
      run: nameParameter.openapi({ description: 'A run, or a trigger: then the run that covers it' }),
    }),
  },
  responses: {
    200: json(z.union([runSchema, waitingSchema]), 'The run; the trigger itself while it waits for one'),
    ...problems(401, 404, 422, 503),
  },
});

/** What became of triggers. */
export function addRunRoutes(app: App, { client }: ServerParts): void {
  app.openapi(list, async (c) => {
    const runs = await client.runs(c.req.valid('param').id, c.req.valid('query').limit);
    return c.json({ runs }, 200);
  });

  app.openapi(read, async (c) => {
    const { id, run } = c.req.valid('param');
    return c.json(await client.run(id, run), 200);
  });
}
