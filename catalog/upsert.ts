import { StagingLostError } from '../domain/errors.ts';
import type { RunRef, UpsertCounts } from '../domain/run.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { Database, Queryable } from './database.ts';
import { lockBlueprintsOf } from './ending.ts';
import { fenced } from './fence.ts';
import { mergeOrder } from './merge-order.ts';

/** A mapped batch that is ready to be written. */
export interface StagedBatch {
  /** The attempt that fetched it and the one that mapped it. */
  readonly fetchAttempt: string;
  readonly mappedAttempt: string;
  readonly kind: string;
  readonly resource: string;
  /** The resource's place in the configuration: contents of several claims are merged in this order. */
  readonly position: number;
  /** The keys of all resources that the run's configuration holds. */
  readonly resources: readonly string[];
  readonly strategy: Strategy;
}

/**
 * Batches join with each other by hashes, and look rows of the large tables up one by one: the lateral subqueries
 * cannot be planned any other way. Left to its estimates, which are wrong for what has just been staged, PostgreSQL
 * reads all claims for every batch, or compares every row of a batch with every other.
 */
const PLANNING = 'set local enable_nestloop = off; set local enable_mergejoin = off';

/**
 * Claims that the mapped rows make or renew: what is stored of each (`seen_epoch` null: no claim yet), its new base,
 * and whether what is stored was observed later. A field that failed keeps what the claim wrote of it before.
 */
const incoming = (strategy: Strategy): string => `
  staged as materialized (
    select distinct on (record_key, blueprint, identifier) *
      from tidemark.staged_entity where attempt = $7
     order by record_key, blueprint, identifier, observed_at desc, ordinal desc
  ), incoming as materialized (
    select s.record_key, s.locator, s.blueprint, s.identifier, s.observed_at, c.seen_epoch, c.base as old_base,
           coalesce(c.observed_at > s.observed_at, false) as outdated, ${skippedBy(strategy)} as skipped,
           case when s.failed = '{}' or c.base is null then s.fields else s.fields ||
             (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(c.base) where key = any (s.failed))
           end as base
      from staged s
      left join lateral (
        select * from tidemark.claim c
         where c.destination = $1 and c.integration = $2 and c.resource = $3
           and c.record_key = s.record_key and c.blueprint = s.blueprint and c.identifier = s.identifier
         limit 1
      ) c on true
  )`;

/** What is there may only be updated, what is not there only created (sync-semantics 7.1). */
function skippedBy({ create, update }: Strategy): string {
  if (create && update) return 'false';
  const isThere = `exists (
             select from tidemark.entity e where e.blueprint = s.blueprint and e.identifier = s.identifier)`;
  return `case when ${isThere} then ${!update} else ${!create} end`;
}

/**
 * What the touched entities become: the merge of all live claims' bases (sync-semantics 1.7) over what no claim
 * wrote; a field that a claim wrote before and its mapping no longer names is dropped (1.5).
 */
const CHANGES = `
  touched as materialized (
    select distinct blueprint, identifier from incoming where not outdated and not skipped
  ), source as (
    select blueprint, identifier, $2::text as integration, $4::int as position, $3::text as resource, record_key, base,
           0 as age
      from incoming where not outdated and not skipped
    union all
    select c.blueprint, c.identifier, c.integration, c.position, c.resource, c.record_key, c.base, 1 as age
      from touched t
     cross join lateral (
       select * from tidemark.claim c
        where c.destination = $1 and c.blueprint = t.blueprint and c.identifier = t.identifier
       offset 0
     ) c
  ), live as (
    select distinct on (blueprint, identifier, integration, resource, record_key) *
      from source order by blueprint, identifier, integration, resource, record_key, age
  ), merged as (
    select blueprint, identifier,
           tidemark.jsonb_merge(base order by ${mergeOrder('live', '$2', '$8')}) as fields
      from live group by blueprint, identifier
  ), dropped as (
    select i.blueprint, i.identifier, array_agg(key) as keys
      from incoming i cross join lateral jsonb_object_keys(i.old_base) as key
     where not i.outdated and not i.skipped and i.old_base is distinct from i.base and not i.base ? key
     group by i.blueprint, i.identifier
  ), change as materialized (
    select m.blueprint, m.identifier, e.blueprint is null as is_new, e.fields as stored,
           case when e.blueprint is null then m.fields
                else (e.fields - coalesce(d.keys, '{}')) || m.fields end as fields
      from merged m
      left join lateral (
        select * from tidemark.entity e where e.blueprint = m.blueprint and e.identifier = m.identifier limit 1
      ) e on true
      left join dropped d on d.blueprint = m.blueprint and d.identifier = m.identifier
  )`;

/**
 * Being seen renews a claim; only a create, or an update that changed a field, makes one that owns (1.1). Seen is
 * recorded even for what is older than stored (1.3).
 */
const WRITE = `
  written as (
    insert into tidemark.entity as e (blueprint, identifier, fields)
    select blueprint, identifier, fields from change where is_new or fields is distinct from stored
     order by blueprint, identifier
    on conflict (blueprint, identifier) do update
      set fields = excluded.fields, version = e.version + 1, updated_at = now()
  ), claimed as (
    insert into tidemark.claim as c (destination, integration, resource, record_key, blueprint, identifier,
                                     kind, position, locator, first_epoch, seen_epoch, observed_at, base, owns)
    select $1, $2, $3, i.record_key, i.blueprint, i.identifier, $5, $4, i.locator, $6, $6, i.observed_at,
           case when i.skipped then i.old_base else i.base end, not i.skipped and coalesce(ch.is_new or ch.fields is distinct from ch.stored, false)
      from incoming i
      left join change ch on ch.blueprint = i.blueprint and ch.identifier = i.identifier
     -- What the strategy leaves alone makes no claim; one that it has keeps what it wrote (7.1).
     where not i.skipped or i.seen_epoch is not null
     order by i.record_key, i.blueprint, i.identifier
    on conflict (destination, integration, resource, record_key, blueprint, identifier) do update
      set kind = excluded.kind, position = excluded.position, locator = excluded.locator,
          seen_epoch = greatest(c.seen_epoch, excluded.seen_epoch),
          observed_at = greatest(c.observed_at, excluded.observed_at),
          -- An equal base is left in place: a large one would be stored anew for every run.
          base = case when excluded.observed_at >= c.observed_at and excluded.base is distinct from c.base
                      then excluded.base else c.base end,
          owns = c.owns or excluded.owns
  )
  select (select count(*) from change where is_new) as created,
         (select count(*) from change where not is_new and fields is distinct from stored) as updated,
         count(*) filter (where i.skipped and not i.outdated and i.seen_epoch is distinct from $6) as skipped,
         count(*) filter (where not i.outdated and not i.skipped and i.seen_epoch is distinct from $6
                            and ch.fields is not distinct from ch.stored) as unchanged,
         (select count(*) from tidemark.staged_entity where attempt = $7) - count(*)
           + count(*) filter (where not i.outdated and i.seen_epoch = $6
                                and ch.fields is not distinct from ch.stored) as duplicates,
         count(*) filter (where i.outdated) as outdated
    from incoming i
    left join change ch on ch.blueprint = i.blueprint and ch.identifier = i.identifier`;

/** Records of unknown identity count as seen by their key; those that no claim knows are counted (1.4). */
const MARK_REJECTED_SEEN = `
  with rejected as (
    select record_key, max(observed_at) as observed_at, count(*) as records
      from tidemark.staged_rejection where attempt = $5 group by record_key
  ), seen as (
    update tidemark.claim c
       set seen_epoch = greatest(c.seen_epoch, $4), observed_at = greatest(c.observed_at, r.observed_at)
      from rejected r
     where c.destination = $1 and c.integration = $2 and c.resource = $3
       and c.record_key = r.record_key and r.record_key <> ''
    returning c.record_key
  )
  select coalesce(sum(records), 0)::int as unidentified from rejected
   where record_key = '' or record_key not in (select record_key from seen)`;

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
    const { resource, position, kind, mappedAttempt } = batch;
    await lockBlueprints(tx, destination, mappedAttempt);
    await tx.query(PLANNING);
    const [written] = await tx.query<Omit<UpsertCounts, 'unidentified'>>(
      `with ${incoming(batch.strategy)}, ${CHANGES}, ${WRITE}`,
      [destination, run.integration, resource, position, kind, run.epoch, mappedAttempt, batch.resources],
    );
    const [rejected] = await tx.query<{ unidentified: number }>(MARK_REJECTED_SEEN, [
      destination,
      run.integration,
      resource,
      run.epoch,
      mappedAttempt,
    ]);
    const counts = { ...written, ...rejected } as UpsertCounts;
    await tx.query(ADD_TO_KIND, [
      run.runId,
      kind,
      mappedAttempt,
      counts.unidentified,
      counts.duplicates,
      counts.outdated,
      counts.created,
      counts.updated,
      counts.unchanged,
      resource,
      counts.skipped,
    ]);
    await dropApplied(tx, batch, counts);
    return counts;
  });
}

/**
 * Writers of a blueprint wait for each other, in one order: two kinds that map to one entity then always see each
 * other's claims, and no two batches can lock each other out.
 */
function lockBlueprints(tx: Queryable, destination: string, mappedAttempt: string): Promise<void> {
  const staged = 'select $1::text as destination, blueprint from tidemark.staged_entity where attempt = $2';
  return lockBlueprintsOf(tx, staged, [destination, mappedAttempt]);
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
