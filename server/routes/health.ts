import { createRoute, z } from '@hono/zod-openapi';
import { json, problems } from '../openapi.ts';
import type { App, ServerParts } from '../parts.ts';
import { Problem } from '../problem.ts';

const tags = ['Server'];
const ok = z.strictObject({ status: z.literal('ok') }).openapi('Health');

const live = createRoute({
  method: 'get',
  path: '/health/live',
  tags,
  summary: 'Whether this process answers',
  responses: { 200: json(ok, 'It does') },
});

const ready = createRoute({
  method: 'get',
  path: '/health/ready',
  tags,
  summary: 'Whether the database and Temporal answer',
  responses: { 200: json(ok, 'Both do'), ...problems(503) },
});

/** For what watches over the process; open to everybody. */
export function addHealthRoutes(app: App, { client }: ServerParts): void {
  app.openapi(live, (c) => c.json({ status: 'ok' } as const, 200));

  app.openapi(ready, async (c) => {
    const { database, temporal } = await client.health();
    const silent = [...(database ? [] : ['the database']), ...(temporal ? [] : ['Temporal'])];
    if (silent.length > 0) throw new Problem(503, `no answer from ${silent.join(' and ')}`);
    return c.json({ status: 'ok' } as const, 200);
  });
}
