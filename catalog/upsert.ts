import { StagingLostError } from '../domain/errors.ts';
import type { RunRef, UpsertCounts } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';
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
    quarantined = k.quarantined + (m.quarantined + $12) * first,
    warnings = k.warnings || array(select w from unnest($13::text[]) w where w <> all (k.warnings)),
    unidentified = k.unidentified + $4, skipped = k.skipped + $11 * first,
    duplicates = k.duplicates + $5 * first, outdated = k.outdated + $6 * first,
    created = k.created + $7, updated = k.updated + $8, unchanged = k.unchanged + $9 * first
    from tidemark.mapped_batch m
    join tidemark.batch b on b.attempt = m.fetch_attempt
   cross join lateral (select (b.pass in ('read', 'retry'))::int as first) f
   where k.run_id = $1 and k.kind = $2 and m.attempt = $3`;

/**
 * Writes a mapped batch to the catalog in one transaction: only what changed, counted in the kind's row in the same
 * commit. Repeating a batch that was written returns the first result. Throws `StaleEpochError`,
 * `StagingLostError`.
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
    const { quarantined, warnings, ...counts } = await writeStaged(tx, { ...run, destination, batch, live: false });
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
      quarantined,
      warnings,
    ]);
    await dropApplied(tx, batch, counts);
    return counts;
  });
}

/** Notes the result, and drops what nobody reads again. */
async function dropApplied(tx: Queryable, batch: StagedBatch, counts: UpsertCounts): Promise<void> {
  const { fetchAttempt, mappedAttempt } = batch;
  await tx.query(
    `update tidemark.batch b set applied = $3, whole = m.whole
       from tidemark.mapped_batch m where b.attempt = $1 and m.attempt = $2`,
    [fetchAttempt, mappedAttempt, JSON.stringify(counts)],
  );
  await tx.query('delete from tidemark.mapped_batch where fetch_attempt = $1', [fetchAttempt]);
  await tx.query('delete from tidemark.staged_page where attempt = $1', [fetchAttempt]);
}
