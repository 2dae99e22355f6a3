import { isRemote } from '../domain/destination.ts';
import { StagingLostError } from '../domain/errors.ts';
import type { RunRef, UpsertCounts } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';
import { assignToBatch } from './outbox.ts';
import { type StagedBatch, writeStaged } from './write-batch.ts';

/** A second look reads again what was counted already: of it, only what it wrote and could not identify counts. */
const ADD_TO_KIND = `
  with failures as (
    insert into tidemark.field_failure as f (run_id, kind, resource, field, records, reason)
    select $1, $2, $10, field, records, reason
      from tidemark.mapped_batch m
      join tidemark.batch b on b.attempt = m.fetch_attempt and b.pass = 'read',
           jsonb_to_recordset(m.field_failures) as x (field text, records int, reason text)
     where m.attempt = $3 order by field
    on conflict (run_id, resource, field) do update set records = f.records + excluded.records
  )
  update tidemark.kind_run k set
    pages = k.pages + m.pages * first, read = k.read + m.read * first, ruled_out = k.ruled_out + m.ruled_out * first,
    quarantined = k.quarantined + m.quarantined * first, unidentified = k.unidentified + $4, skipped = k.skipped + $11 * first,
    duplicates = k.duplicates + $5 * first, outdated = k.outdated + $6 * first,
    created = k.created + $7, updated = k.updated + $8, unchanged = k.unchanged + $9 * first
    from tidemark.mapped_batch m
    join tidemark.batch b on b.attempt = m.fetch_attempt
   cross join lateral (select (b.pass in ('read', 'retry'))::int as first) f
   where k.run_id = $1 and k.kind = $2 and m.attempt = $3`;

/**
 * Writes a mapped batch in one transaction: only what changed, counted in the kind's row in the same commit. What a
 * remote destination is to hold is created or updated, and counted as such, when that has confirmed it. Repeating a batch
 * that was written returns the first result. Throws `StaleEpochError`, `StagingLostError`.
 */
export function upsertStaged(
  db: Database,
  { run, destination, batch }: { run: RunRef; destination: string; batch: StagedBatch },
): Promise<UpsertCounts> {
  return fenced(db, run, async (tx) => {
    const [staged] = await tx.query<{ applied: UpsertCounts | null }>(
      'select applied from tidemark.batch where attempt = $1 for update',
      [batch.fetchAttempt],
    );
    if (!staged) throw new StagingLostError(`staged batch ${batch.fetchAttempt} is not there any more`);
    if (staged.applied) return staged.applied;
    const written = await writeStaged(tx, { ...run, destination, batch, live: false });
    const counts = isRemote(destination) ? await unconfirmed(tx, { run, destination, batch, written }) : written;
    await tx.query(ADD_TO_KIND, [
      run.runId,
      batch.kind,
      batch.mappedAttempt,
      counts.unidentified,
      counts.duplicates,
      counts.outdated,
      counts.created,
      counts.updated,
      counts.unchanged,
      batch.resource,
      counts.skipped,
    ]);
    await dropApplied(tx, { destination, batch, counts });
    return counts;
  });
}

interface WrittenBatch {
  readonly run: RunRef;
  readonly destination: string;
  readonly batch: StagedBatch;
  readonly written: UpsertCounts;
}

/** What was not confirmed by an earlier run is not unchanged (sync-semantics 5.3). */
async function unconfirmed(tx: Queryable, { run, destination, batch, written }: WrittenBatch): Promise<UpsertCounts> {
  const found = await assignToBatch(tx, run, { destination, ...batch });
  return { ...written, created: 0, updated: 0, unchanged: Math.max(0, written.unchanged - found) };
}

/**
 * Notes the result, and drops what nobody reads again: the pages of a remote destination's batch stay until all of it is
 * confirmed, because what is refused goes into quarantine as it came.
 */
async function dropApplied(
  tx: Queryable,
  { destination, batch, counts }: { destination: string; batch: StagedBatch; counts: UpsertCounts },
): Promise<void> {
  const { fetchAttempt, mappedAttempt } = batch;
  await tx.query(
    `update tidemark.batch b set applied = $3, whole = m.whole
       from tidemark.mapped_batch m where b.attempt = $1 and m.attempt = $2`,
    [fetchAttempt, mappedAttempt, JSON.stringify(counts)],
  );
  await tx.query('delete from tidemark.mapped_batch where fetch_attempt = $1', [fetchAttempt]);
  if (!isRemote(destination)) await tx.query('delete from tidemark.staged_page where attempt = $1', [fetchAttempt]);
}

/** What writing a batch has done so far; drops its pages when the destination has confirmed all of it. */
export async function confirmedCounts(db: Queryable, fetchAttempt: string): Promise<UpsertCounts> {
  const [row] = await db.query<{ applied: UpsertCounts }>(
    `with sent as (
       delete from tidemark.staged_page where attempt = $1
          and not exists (select from tidemark.remote_entity r where r.batch = $1 and r.pending)
     )
     select applied from tidemark.batch where attempt = $1`,
    [fetchAttempt],
  );
  if (!row) throw new StagingLostError(`staged batch ${fetchAttempt} is not there any more`);
  return row.applied;
}
