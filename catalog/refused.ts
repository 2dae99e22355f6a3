import type { EntityKey } from '../domain/entity.ts';
import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';
import type { RejectedRecord } from './mapped-batch.ts';
import { type OutboxScope, within } from './outbox.ts';
import { putIntoQuarantine } from './quarantine.ts';

/** A batch of which a remote destination has refused entities. */
export interface RefusedBatch {
  /** The attempt that fetched it; its pages are still there. */
  readonly batch: string;
  readonly kind: string;
  readonly resource: string;
  readonly refused: readonly (EntityKey & { readonly reason: string })[];
}

/** What of a scope's batches was refused and does not lie in quarantine yet. */
export function refusedBatches(db: Queryable, destination: string, scope: OutboxScope): Promise<RefusedBatch[]> {
  const { condition, value } = within(scope);
  return db.query<RefusedBatch>(
    `select b.attempt as batch, b.kind, b.resource,
            json_agg(json_build_object('blueprint', r.blueprint, 'identifier', r.identifier, 'reason', r.reason)
                     order by r.blueprint, r.identifier) as refused
       from tidemark.remote_entity r join tidemark.batch b on b.attempt = r.batch
      where ${condition} and r.waits = 'refused' and not r.gone
      group by b.attempt, b.kind, b.resource order by b.attempt`,
    [destination, value],
  );
}

/** Puts the records of refused entities into quarantine, and counts them; an entity once (sync-semantics 6.8). */
export function quarantineRefused(
  db: Database,
  run: RunRef,
  { batch, kind, resource, records }: Omit<RefusedBatch, 'refused'> & { readonly records: readonly RejectedRecord[] },
): Promise<void> {
  return fenced(db, run, async (tx) => {
    const moved = await tx.query(
      `update tidemark.remote_entity set waits = 'quarantined'
        where batch = $1 and pending and waits = 'refused' and not gone returning 1`,
      [batch],
    );
    if (moved.length === 0 || records.length === 0) return;
    await putIntoQuarantine(tx, run, { kind, resource, quarantined: records });
    await tx.query('update tidemark.kind_run set quarantined = quarantined + $3 where run_id = $1 and kind = $2', [
      run.runId,
      kind,
      records.length,
    ]);
  });
}
