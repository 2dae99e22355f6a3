import type { Database } from '../../catalog/database.ts';
import { indexWritten, markFor } from '../../catalog/indexing.ts';
import { lockForSync } from '../../catalog/sync-write.ts';
import type { Synced, SyncedOperation, SyncOptions } from '../../domain/sync-api.ts';
import { checkRequest } from './check-request.ts';
import type { Operation } from './operation.ts';
import type { SyncRequest } from './sync-request.ts';
import { dependentsOf, writeRequest } from './write-request.ts';

/**
 * Carries out a request (sync-semantics 9). It is read twice: first to know all that is wrong with it and which blueprints
 * it touches, before anything is locked or written; then it is written as it is read, in one transaction, under the locks
 * of all these blueprints. Throws `UsageError` for a body that is no request.
 */
export async function runSync(db: Database, request: SyncRequest): Promise<Synced> {
  const { options, blueprints } = request;
  const { operations, touched, isList } = await checkRequest(db, request);
  const hasErrors = operations.some((operation) => operation.hasErrors);
  const isRefused = hasErrors && !leavesOut(options);
  if (!isRefused) {
    const rows = dependentsOf(blueprints, [...touched]).map(({ blueprint }) => blueprint);
    await db.transaction(async (tx) => {
      await markFor(tx, options.indexing);
      await lockForSync(tx, [...touched, ...rows]);
      await writeRequest(tx, request, operations);
      if (options.indexing === 'immediate') await indexWritten(tx, blueprints);
    });
  }
  return { isList, hasErrors, operations: operations.map(told) };
}

/** Operations with mistakes are left out, the others written. */
const leavesOut = ({ dialect, singleOperation, failOnError }: SyncOptions): boolean =>
  dialect === 'v3' && !singleOperation && !failOnError;

function told({ key, action, records, errors }: Operation): SyncedOperation {
  const all = errors.length > 0 ? [{ rows: [], missing: [], errors }, ...records] : records;
  return { key, action: action ?? 'upsert', records: all };
}
