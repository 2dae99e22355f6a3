import { createRoute, z } from '@hono/zod-openapi';
import { GoneError, UsageError } from '../../domain/errors.ts';
import type { ExportLine } from '../../domain/export.ts';
import { problems, SECURED } from '../openapi.ts';
import type { App, ServerParts } from '../parts.ts';
import { Problem } from '../problem.ts';
import { exportLineSchema } from '../schemas/export.ts';
import { nameParameter } from '../schemas/parameters.ts';

const CONTENT_TYPE = 'application/x-ndjson';

/** Lines are sent together until they are so many characters. */
const CHUNK = 64 * 1024;

const read = createRoute({
  method: 'get',
  path: '/v1/export',
  tags: ['Catalog'],
  summary: 'The records that changed since a time, one JSON document a line',
  description:
    'Records with their components, then what they refer to, then what is gone. The last line is `end`: an answer without it broke off.',
  security: SECURED,
  request: {
    query: z.strictObject({
      blueprint: nameParameter
        .optional()
        .openapi({ description: 'Only records of this blueprint, and what they refer to' }),
      msince: z.string().optional().openapi({
        description: 'Only records that changed at this time or later, or a component of them',
        example: '2026-01-31T12:00:00Z',
      }),
      deleted: z
        .enum(['true', 'false'])
        .default('false')
        .transform((word) => word === 'true')
        .openapi({ description: 'Also tell what is gone', type: 'boolean', default: false }),
      cursor: z.string().optional().openapi({ description: 'Go on after this line `cursor`; the rest as before' }),
    }),
  },
  responses: {
    200: { description: 'The lines', content: { [CONTENT_TYPE]: { schema: exportLineSchema } } },
    ...problems(400, 401, 410, 422, 503),
  },
});

/** The catalog as a stream. */
export function addExportRoutes(app: App, { client, log }: ServerParts): void {
  app.openapi(read, async (c) => {
    const lines = client.export(c.req.valid('query'))[Symbol.asyncIterator]();
    const first = await lines.next().catch(refuse);
    const onError = (error: Error): void => {
      log.warn(`an export broke off: ${error.message}`, { requestId: c.get('requestId') });
    };
    return c.body(stream({ first, lines, onError }), 200, { 'content-type': CONTENT_TYPE }) as never;
  });
}

/** What the caller asked for is malformed: all there is in it are a time and a cursor (sync-semantics 8.1). */
function refuse(error: unknown): never {
  if (error instanceof UsageError && !(error instanceof GoneError)) throw new Problem(400, error.message);
  throw error;
}

interface Streamed {
  readonly first: IteratorResult<ExportLine>;
  readonly lines: AsyncIterator<ExportLine>;
  readonly onError: (error: Error) => void;
}

/** A chunk is made when the connection takes one; who hangs up ends the reading. */
function stream({ first, lines, onError }: Streamed): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          let text = '';
          for (; !next.done && text.length < CHUNK; next = await lines.next())
            text += `${JSON.stringify(next.value)}\n`;
          if (text !== '') controller.enqueue(encoder.encode(text));
          if (next.done) controller.close();
        } catch (error) {
          onError(error as Error);
          controller.error(error);
        }
      },
      async cancel() {
        await lines.return?.();
      },
    },
    { highWaterMark: 1 },
  );
}
