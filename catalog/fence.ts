import { StaleEpochError } from '../domain/errors.ts';
import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';

/**
 * Runs `work` in a transaction that first proves the run's right to write: it reads the integration's row and the
 * run's own `FOR SHARE`, and compares. Beginning a new epoch and ending a run update these rows, so they wait for
 * writes in flight, and every later one is refused (sync-semantics 5.1). PostgreSQL knows the run as `tidemark.run` in
 * such a transaction, so that an audit trigger can say who wrote. Throws `StaleEpochError` when a newer run has begun
 * or this one has ended.
 */
export function fenced<T>(db: Database, run: RunRef, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ epoch: number; ended: boolean }>(
      `select i.epoch, r.finished_at is not null as ended, set_config('tidemark.run', r.id, true)
         from tidemark.integration i join tidemark.run r on r.integration = i.id
        where i.id = $1 and r.id = $2 for share`,
      [run.integration, run.runId],
    );
    if (row?.epoch === run.epoch && !row.ended) return work(tx);
    const why = row?.ended
      ? 'it has ended'
      : `epoch ${row?.epoch ?? 'none'} of ${run.integration} has begun, it has ${run.epoch}`;
    throw new StaleEpochError(`run ${run.runId} may not write any more: ${why}`);
  });
}
