import { isRemote } from '../domain/destination.ts';
import { StagingLostError } from '../domain/errors.ts';
import type { RunRef, UpsertCounts } from '../domain/run.ts';
import { storableText } from '../domain/text.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';
import type { StagedBatch } from './mapped-batch.ts';
import { assignChanges, assignToBatch } from './outbox.ts';
import { endGone, lockGone, noteEdited, withoutDeleted } from './peers.ts';
import { putIntoQuarantine } from './quarantine.ts';
import { type Written, writeMapped } from './write-batch.ts';

/** What became of a batch. */
export interface WrittenBatch {
  readonly counts: UpsertCounts;
  readonly quarantined: number;
  /** Why the mapping could not go on: wrong as such, not for one record. The pages before stand. */
  readonly failure: string | null;
}

/**
 * Notes what writing a batch did, counts it in the kind's row and drops its pages, which nobody reads again; those of a
 * remote destination stay until all is confirmed, because what is refused goes into quarantine as it came. A second look reads again what was counted already: of it, only what it wrote and could not identify counts.
 */
const SETTLE = `
  with settled as (
    update tidemark.batch set applied = $3, whole = $4 where attempt = $5
    returning (pass in ('read', 'retry'))::int as first, pass = 'read' as reads
  ), dropped as (
    delete from tidemark.staged_page where attempt = $5 and not $10
  ), failures as (
    insert into tidemark.field_failure as f (run_id, kind, resource, field, records, reason)
    select $1, $2, $6, x.field, x.records, x.reason
      from settled, json_to_recordset($7::json) as x (field text, records int, reason text)
     where reads order by field
    on conflict (run_id, resource, field) do update set records = f.records + excluded.records
  )
  update tidemark.kind_run k set
    pages = k.pages + c.pages * first, read = k.read + c.read * first, ruled_out = k.ruled_out + c."ruledOut" * first,
    quarantined = k.quarantined + c.quarantined * first, unidentified = k.unidentified + c.unidentified,
    skipped = k.skipped + c.skipped * first, duplicates = k.duplicates + c.duplicates * first,
    outdated = k.outdated + c.outdated * first, created = k.created + c.created, updated = k.updated + c.updated,
    unchanged = k.unchanged + c.unchanged * first,
    warnings = k.warnings || array(select w from unnest($9::text[]) w where w <> all (k.warnings))
    from settled, json_to_record($8::json) as c (pages int, read int, "ruledOut" int, quarantined int, unidentified int,
      skipped int, duplicates int, outdated int, created int, updated int, unchanged int)
   where k.run_id = $1 and k.kind = $2`;

/**
 * Writes a mapped batch in one transaction: only what changed, counted in the kind's row in the same commit. What a
 * remote destination is to hold is created or updated, and counted as such, when that has confirmed it. Repeating a batch
 * that was written returns the first result. Throws `StaleEpochError`, `StagingLostError`.
 */
export function upsertStaged(
  db: Database,
  { run, destination, batch }: { run: RunRef; destination: string; batch: StagedBatch },
): Promise<WrittenBatch> {
  return fenced(db, run, async (tx) => {
    const applied = await appliedBatch(tx, batch.fetchAttempt, 'for update');
    if (applied) return applied;
    const remote = isRemote(destination);
    if (remote) await assignChanges(tx, run, batch);
    const peer = { run, destination, batch };
    if (!remote) await lockGone(tx, peer);
    const present = remote ? batch : await withoutDeleted(tx, peer);
    const written = await writeMapped(tx, { ...run, destination, batch: present, live: false });
    const changed = { ...written, outdated: written.outdated + batch.entities.length - present.entities.length };
    if (!remote) {
      await noteEdited(tx, peer);
      await endGone(tx, peer);
    }
    const counted = remote ? unconfirmed(changed, await assignToBatch(tx, run, { ...batch, destination })) : changed;
    // After the locks that calls take first as well: in the other order the two could lock each other out.
    await putIntoQuarantine(tx, run, batch);
    return settle(tx, run, { batch, counted, keepsPages: remote });
  });
}

/** What writing the batch did; `null`: it was not written yet. Throws `StagingLostError` when it is not known (any more). */
export async function appliedBatch(
  db: Queryable,
  fetchAttempt: string,
  lock: 'for update' | '' = '',
): Promise<WrittenBatch | null> {
  const [staged] = await db.query<{ applied: WrittenBatch | null }>(
    `select applied from tidemark.batch where attempt = $1 ${lock}`,
    [fetchAttempt],
  );
  if (!staged) throw new StagingLostError(`staged batch ${fetchAttempt} is not there any more`);
  return staged.applied;
}

/** What was not confirmed by an earlier run is not unchanged (sync-semantics 5.3). */
const unconfirmed = (counts: Written, found: number): Written => ({
  ...counts,
  created: 0,
  updated: 0,
  unchanged: Math.max(0, counts.unchanged - found),
});

/** What writing a batch has done so far; drops its pages when the destination has confirmed all of it. */
export async function confirmedBatch(db: Queryable, fetchAttempt: string): Promise<WrittenBatch> {
  await db.query(
    `delete from tidemark.staged_page where attempt = $1
        and not exists (select from tidemark.remote_entity r where r.batch = $1 and r.pending)`,
    [fetchAttempt],
  );
  return (await appliedBatch(db, fetchAttempt)) as WrittenBatch;
}

async function settle(
  tx: Queryable,
  run: RunRef,
  { batch, counted, keepsPages }: { batch: StagedBatch; counted: Written; keepsPages: boolean },
): Promise<WrittenBatch> {
  const { kind, resource, fetchAttempt, failure, fieldFailures } = batch;
  const { quarantined: undecided, warnings, ...counts } = counted;
  const quarantined = batch.quarantined.length + undecided;
  const written = { counts, quarantined, failure };
  const failures = fieldFailures.map((each) => ({ ...each, reason: storableText(each.reason) }));
  await tx.query(SETTLE, [
    run.runId,
    kind,
    JSON.stringify({ ...written, failure: failure && storableText(failure) }),
    failure === null,
    fetchAttempt,
    resource,
    JSON.stringify(failures),
    JSON.stringify({ ...batch.counts, ...counts, quarantined }),
    warnings,
    keepsPages,
  ]);
  return written;
}
