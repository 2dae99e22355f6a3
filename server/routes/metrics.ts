import { createRoute, z } from '@hono/zod-openapi';
import { problems, SECURED } from '../openapi.ts';
import type { App, ServerParts } from '../parts.ts';

const read = createRoute({
  method: 'get',
  path: '/metrics',
  tags: ['Server'],
  summary: 'Numbers for Prometheus',
  security: SECURED,
  responses: {
    200: { description: "Prometheus's text format", content: { 'text/plain': { schema: z.string() } } },
    ...problems(401, 503),
  },
});

/** Runs, rows, durations, what is held or in quarantine, ages, requests. */
export function addMetricsRoutes(app: App, { client, metrics }: ServerParts): void {
  app.openapi(read, async (c) => {
    const text = await metrics.text(await client.metrics());
    return c.text(text, 200, { 'content-type': metrics.contentType });
  });
}
