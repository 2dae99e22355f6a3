import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { UsageError } from '../../domain/errors.ts';
import type { Dialect, Synced, SyncOptions } from '../../domain/sync-api.ts';
import { body, json, problems, SECURED } from '../openapi.ts';
import type { App, ServerEnv, ServerParts } from '../parts.ts';
import { Problem } from '../problem.ts';
import { answerOf } from '../sync-api/answers.ts';
import { syncOptions } from '../sync-api/headers.ts';
import { spool } from '../sync-api/spool.ts';

/** Addresses are the shop's (seed S4.12). */
const PATHS: readonly [string, Dialect][] = [
  ['/api/v3/_action/sync', 'v3'],
  ['/api/_action/sync', '6.5'],
];

const SUMMARY: Readonly<Record<Dialect, string>> = {
  v3: 'Sync API: upserts and deletes rows of any entities',
  '6.5': 'Sync API, dialect of 6.5 and later: always one transaction',
};

const operation = z
  .object({
    entity: z.string().openapi({ description: 'The blueprint', example: 'tax' }),
    action: z.enum(['upsert', 'delete']),
    payload: z.array(z.any()).openapi({ description: 'Records; for a delete their ids, or their foreign keys' }),
    criteria: z.array(z.any()).optional().openapi({ description: 'For a delete, in place of the payload: filters' }),
  })
  .openapi('SyncOperation');

const rows = z.record(z.string(), z.array(z.any())).openapi({ description: 'Ids, or foreign keys, by entity' });
const errors = z.array(z.any()).openapi({ description: 'What is wrong, with `code`, `detail` and `source.pointer`' });
const result = z.object({ result: z.array(z.object({ entities: rows, errors })) });

const ANSWERS: Readonly<Record<Dialect, z.ZodType>> = {
  v3: z
    .object({ success: z.boolean(), data: z.union([z.record(z.string(), result), z.array(result), rows]) })
    .openapi('SyncAnswer', { description: 'By operation and record; with `single-operation` by entity' }),
  '6.5': z.object({ data: rows, notFound: rows, deleted: rows }).openapi('SyncAnswer65'),
};

const REFUSED = z.any().openapi('SyncRefusal', {
  description: 'v3: as the answer, with nothing written. 6.5: `{errors}`. What is no request at all: a problem',
});

const headers = z.object({
  'single-operation': z.string().optional().openapi({ description: 'v3. 1: told by entity, in one transaction' }),
  'indexing-behavior': z
    .string()
    .optional()
    .openapi({ description: 'use-queue-indexing, disable-indexing; default: at once' }),
  'fail-on-error': z
    .string()
    .optional()
    .openapi({ description: 'v3. 0: operations with mistakes are left out. Default: 1' }),
});

const route = ([path, dialect]: readonly [string, Dialect]) =>
  createRoute({
    method: 'post',
    path,
    tags: ['Sync API'],
    summary: SUMMARY[dialect],
    security: SECURED,
    request: { headers, body: body(z.union([z.record(z.string(), operation), z.array(operation)])) },
    responses: {
      200: json(ANSWERS[dialect], 'Written'),
      400: json(REFUSED, 'Something is wrong with it: nothing was written'),
      ...problems(401, 413, 503),
    },
  });

/** The Sync API on Tidemark's own catalog (seed S4.1, sync-semantics 9). */
export function addSyncApiRoutes(app: App, parts: ServerParts): void {
  for (const [path, dialect] of PATHS) {
    // Described only: what checks other bodies would hold all of it at once.
    app.openAPIRegistry.registerPath(route([path, dialect]));
    app.post(path, async (c) => {
      const options = syncOptions(c, dialect);
      const answer = answerOf(await carriedOut(c, parts, options), options);
      return c.json(answer.body, answer.status);
    });
  }
}

async function carriedOut(
  c: Context<ServerEnv>,
  { client }: Pick<ServerParts, 'client'>,
  options: SyncOptions,
): Promise<Synced> {
  const spooled = await spool(c.req.raw.body ?? nothing());
  try {
    return await client.syncApi({ open: () => spooled.read(), options });
  } catch (error) {
    if (error instanceof UsageError) throw new Problem(400, error.message);
    throw error;
  } finally {
    await spooled.close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
