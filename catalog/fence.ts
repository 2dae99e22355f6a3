import { StaleEpochError } from '../domain/errors.ts';
import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';

/**
 * Runs `work` in a transaction that first proves the run's right to write: it reads the integration's row
 * `FOR SHARE` and compares the epoch. Beginning a new epoch updates that row, so it waits for writes in flight and
 * every later one is refused (sync-semantics 5.1). Throws `StaleEpochError` when a newer run has begun.
 */
export function fenced<T>(db: Database, run: RunRef, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ epoch: number }>('select epoch from tidemark.integration where id = $1 for share', [
      run.integration,
    ]);
    if (row?.epoch !== run.epoch) {
      throw new StaleEpochError(
        `run ${run.runId} may not write any more: epoch ${row?.epoch ?? 'none'} of ${run.integration} has begun, this run has ${run.epoch}`,
      );
    }
    return work(tx);
  });
}
