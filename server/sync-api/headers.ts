import type { Context } from 'hono';
import type { Dialect, Indexing, SyncOptions } from '../../domain/sync-api.ts';
import type { ServerEnv } from '../parts.ts';
import { Problem } from '../problem.ts';

/** What the header asks for; absent, empty or `null`: at once (seed S4.29). */
const INDEXING: Readonly<Record<string, Indexing>> = {
  '': 'immediate',
  null: 'immediate',
  'use-queue-indexing': 'queue',
  'disable-indexing': 'disabled',
};

const SWITCH: Readonly<Record<string, boolean>> = { '1': true, true: true, '0': false, false: false };

/** How a request is to be carried out. Throws a problem (400) for a value that none of the headers has (seed S4.28). */
export function syncOptions(c: Context<ServerEnv>, dialect: Dialect): SyncOptions {
  const given = c.req.header('indexing-behavior') ?? '';
  const indexing = Object.hasOwn(INDEXING, given) ? INDEXING[given] : undefined;
  if (indexing === undefined) {
    throw new Problem(400, '`indexing-behavior` must be use-queue-indexing, disable-indexing or null, or be left out');
  }
  const singleOperation = switched(c, 'single-operation', false);
  return { dialect, indexing, singleOperation, failOnError: switched(c, 'fail-on-error', true) };
}

function switched(c: Context<ServerEnv>, name: string, otherwise: boolean): boolean {
  const given = c.req.header(name)?.toLowerCase() ?? '';
  if (given === '') return otherwise;
  if (Object.hasOwn(SWITCH, given)) return SWITCH[given] as boolean;
  throw new Problem(400, `\`${name}\` must be 1, true, 0 or false`);
}
