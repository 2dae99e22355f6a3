import { createRoute, z } from '@hono/zod-openapi';
import { UsageError } from '../../domain/errors.ts';
import { limitBody } from '../body.ts';
import { callSchema } from '../called.ts';
import { json, problems } from '../openapi.ts';
import type { App, ServerParts } from '../parts.ts';
import { Problem } from '../problem.ts';
import { integrationParameter } from '../schemas/parameters.ts';

const deliver = createRoute({
  method: 'post',
  path: '/v1/webhooks/{id}',
  tags: ['Webhooks'],
  summary: "The source's own events",
  description:
    'Authenticated by the signature alone, with `source.webhookSecret`. A delivery that comes again is known by its id.',
  request: { params: z.object({ id: integrationParameter }) },
  responses: {
    202: json(callSchema, 'Stored: it will be applied in order of receipt'),
    ...problems(401, 404, 413, 422, 503),
  },
});

/** Events of sources: accepted when they are stored, whether or not a worker runs (sync-semantics 6.1). */
export function addWebhookRoutes(app: App, parts: ServerParts): void {
  const { client, source } = parts;
  app.use('/v1/webhooks/:id', limitBody(parts));
  app.openapi(deliver, async (c) => {
    const { id } = c.req.valid('param');
    const { events } = await source(id);
    if (!events) throw new Problem(404, `${id} takes no webhooks: its source sends no events`);
    const body = new Uint8Array(await c.req.arrayBuffer());
    const delivery = accepted(() => events.accept({ headers: Object.fromEntries(c.req.raw.headers), body }));
    const { event, payload } = delivery;
    const call = { type: 'event', event, payload } as const;
    return c.json(await client.accept(id, call, { origin: 'webhook', queue: true, delivery: delivery.id }), 202);
  });
}

/** What is not proved to come from the source gets no more than that for an answer. */
function accepted<T>(accept: () => T): T {
  try {
    return accept();
  } catch (error) {
    if (error instanceof UsageError) throw new Problem(401, error.message);
    throw error;
  }
}
