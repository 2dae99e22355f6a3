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

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((word) => word === 'true');

const read = createRoute({
  method: 'get',
  path: '/v1/export',
  tags: ['Catalog'],
  summary: 'The records that changed since a time, one JSON document a line',
  description:
    'Records with their components, then what they refer to, then what is gone. The last line is `end`, or `cursor` where `pages` are asked for: an answer without it broke off.',
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
      deleted: flag.openapi({ description: 'Also tell what is gone', type: 'boolean', default: false }),
      peer: flag.openapi({
        description: 'As another Tidemark reads it: only what is held here by other sources than Tidemarks',
        type: 'boolean',
        default: false,
      }),
      pages: z.coerce
        .number({ error: 'must be a whole number' })
        .int({ error: 'must be a whole number' })
        .min(1, { error: 'must be at least 1' })
        .optional()
        .openapi({ description: 'End after so many pages, with a line `cursor`', type: 'integer', minimum: 1 }),
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
    const { pages, ...options } = c.req.valid('query');
    const lines = upTo(pages, client.export(options));
    const first = await lines.next().catch(refuse);
    const onError = (error: Error): void => {
      log.warn(`an export broke off: ${error.message}`, { requestId: c.get('requestId') });
    };
    return c.body(stream({ first, lines, onError }), 200, { 'content-type': CONTENT_TYPE }) as never;
  });
}

/** The lines of so many pages; all where nothing is said. */
async function* upTo(pages: number | undefined, lines: AsyncIterable<ExportLine>): AsyncGenerator<ExportLine> {
  let read = 0;
  for await (const line of lines) {
    yield line;
    if (line.type === 'cursor') read += 1;
    if (read === pages) return;
  }
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
