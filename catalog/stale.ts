import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';
import { mergeOrder } from './merge-order.ts';

/** What the run's read of a kind did not return. */
export interface StaleKind {
  readonly kind: string;
  readonly candidates: number;
  /** Candidates that the source cannot look up one by one. */
  readonly withoutLookup: number;
  /** Records of unknown identity in this run: while there are any, none of the kind's candidates may go (1.4). */
  readonly unidentified: number;
}

/**
 * Notes the claims that may be stale: of the given resources, seen before this epoch (`<`, never `<=`) and observed
 * before the run began (sync-semantics 3.1). Call it when every kind is complete.
 */
export function findStale(
  db: Database,
  run: RunRef,
  { destination, resources }: { destination: string; resources: readonly string[] },
): Promise<StaleKind[]> {
  return fenced(db, run, async (tx) => {
    await tx.query(
      `insert into tidemark.delete_candidate
         (run_id, destination, integration, resource, record_key, blueprint, identifier, kind, locator)
       select r.id, c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier, c.kind, c.locator
         from tidemark.run r
         join tidemark.claim c on c.destination = $2 and c.integration = r.integration and c.resource = any ($3)
        where r.id = $1 and c.seen_epoch < r.epoch and c.observed_at < r.started_at
       on conflict do nothing`,
      [run.runId, destination, resources],
    );
    return tx.query<StaleKind>(
      `select d.kind, count(*) as candidates,
              count(*) filter (where d.locator is null or d.record_key = '') as "withoutLookup", k.unidentified
         from tidemark.delete_candidate d
         join tidemark.kind_run k on k.run_id = d.run_id and k.kind = d.kind
        where d.run_id = $1 group by d.kind, k.position, k.unidentified order by k.position`,
      [run.runId],
    );
  });
}

export interface LookupCandidate {
  readonly recordKey: string;
  readonly locator: string;
}

/** The next records of a resource that the second look asks for, by key, at most `limit`. */
export function nextLookups(
  db: Queryable,
  run: RunRef,
  { resource, after, limit }: { resource: string; after: string | null; limit: number },
): Promise<LookupCandidate[]> {
  return db.query<LookupCandidate>(
    `select record_key as "recordKey", min(locator) as locator from tidemark.delete_candidate
      where run_id = $1 and resource = $2 and locator is not null and record_key > coalesce($3, '')
      group by record_key order by record_key limit $4`,
    [run.runId, resource, after, limit],
  );
}

export interface Verdict {
  readonly recordKey: string;
  /** `gone`: the source says so. `present`: it is there; the mapping then decides whether its claims are. */
  readonly verdict: 'gone' | 'present';
}

/** `attempt` names the staged batch that holds the records found present. */
export async function recordVerdicts(
  tx: Queryable,
  run: RunRef,
  { resource, verdicts, attempt }: { resource: string; verdicts: readonly Verdict[]; attempt: string | null },
): Promise<void> {
  await tx.query(
    `update tidemark.delete_candidate d set verdict = v.verdict, attempt = $4
       from json_to_recordset($3::json) as v ("recordKey" text, verdict text)
      where d.run_id = $1 and d.resource = $2 and d.record_key = v."recordKey"`,
    [run.runId, resource, JSON.stringify(verdicts), attempt],
  );
}

/** A second listing of the kind has come to its end: what it did not return either is absent (3.2). */
export function recordAbsent(db: Database, run: RunRef, kind: string): Promise<void> {
  return fenced(db, run, async (tx) => {
    await tx.query(
      `update tidemark.delete_candidate set verdict = 'absent' where run_id = $1 and kind = $2 and verdict is null`,
      [run.runId, kind],
    );
  });
}

export interface DeletedKind {
  readonly kind: string;
  /** Entities deleted: their last claim ended. */
  readonly deleted: number;
  /** Candidates that the second look did not settle: they stay. */
  readonly unconfirmed: number;
  readonly held: string | null;
}

export interface DeletePhase {
  readonly kinds: readonly DeletedKind[];
  /** The configuration in force is not the one that the run pinned: nothing was deleted (3.1). */
  readonly configurationChanged: boolean;
}

/**
 * Ends the claims that the second look confirmed and that are still unseen, deletes each entity whose last claim
 * ended, and gives the others the content of the claims that are left. One transaction; repeating it returns the
 * first result (sync-semantics 1.2, 3.1, 3.6). Kinds with unidentified records are held whole (1.4).
 */
export function deleteStale(db: Database, run: RunRef, resources: readonly string[]): Promise<DeletePhase> {
  return fenced(db, run, async (tx) => {
    // First: an attempt that overlaps with this one has then committed, and is seen.
    await lockDoomedBlueprints(tx, run);
    const [state] = await tx.query<{ done: boolean; unchanged: boolean }>(
      `select r.deletes_done as done, r.config_version = i.config_version as unchanged
         from tidemark.run r join tidemark.integration i on i.id = r.integration where r.id = $1`,
      [run.runId],
    );
    if (!state?.done) {
      if (!state?.unchanged) return { kinds: [], configurationChanged: true };
      await deleteConfirmed(tx, run, resources);
    }
    const kinds = await tx.query<DeletedKind>(
      'select kind, deleted, unconfirmed, held from tidemark.kind_run where run_id = $1 order by position',
      [run.runId],
    );
    return { kinds, configurationChanged: false };
  });
}

async function lockDoomedBlueprints(tx: Queryable, run: RunRef): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(key)
       from (select distinct hashtextextended(destination || ' ' || blueprint, 0) as key
               from tidemark.delete_candidate where run_id = $1 order by 1) k`,
    [run.runId],
  );
}

async function deleteConfirmed(tx: Queryable, run: RunRef, resources: readonly string[]): Promise<void> {
  // A table of its own, analyzed: PostgreSQL cannot guess how many these are, and compares all with all if it does.
  await tx.query(
    'create temp table doomed (like tidemark.delete_candidate, base jsonb not null, owns boolean not null) on commit drop',
  );
  await tx.query(FIND_DOOMED, [run.runId]);
  await tx.query('analyze doomed');
  await tx.query(HAND_OVER);
  await tx.query(DELETE, [run.runId, run.integration, resources]);
  await tx.query('update tidemark.run set deletes_done = true where id = $1', [run.runId]);
}

/**
 * Settled by the second look. A record that is there settles its claims only once it was written: those that it still
 * maps to are then seen.
 */
const SETTLED = `(
  d.verdict in ('gone', 'absent') or d.verdict = 'present' and exists (
    select from tidemark.batch b where b.attempt = d.attempt and b.whole))`;

const SAME_CLAIM = `
  c.destination = d.destination and c.integration = d.integration and c.resource = d.resource
  and c.record_key = d.record_key and c.blueprint = d.blueprint and c.identifier = d.identifier`;

/** Candidates that may go now. A claim that was seen since is not among them. */
const FIND_DOOMED = `
  insert into doomed
  select d.*, c.base, c.owns
    from tidemark.delete_candidate d
    join tidemark.run r on r.id = d.run_id
    join tidemark.kind_run k on k.run_id = d.run_id and k.kind = d.kind and k.unidentified = 0
    join tidemark.claim c on ${SAME_CLAIM}
   where d.run_id = $1 and c.seen_epoch < r.epoch and c.observed_at < r.started_at and ${SETTLED}`;

/**
 * Records that map to an entity without owning it own it from now on when an owner lets go: or the catalog would
 * lack what a source still has (1.1, 1.2).
 */
const HAND_OVER = `
  update tidemark.claim c set owns = true
    from (select distinct destination, blueprint, identifier from doomed where owns) e
   where not c.owns and c.destination = e.destination and c.blueprint = e.blueprint and c.identifier = e.identifier
     and not exists (select from doomed d where ${SAME_CLAIM})`;

/** Where no claim owns the entity, it is somebody else's: claims on it end without a trace. */
const DELETE = `
  with ended as (
    delete from tidemark.claim c using doomed d where ${SAME_CLAIM}
  ), touched as (
    select d.destination, d.blueprint, d.identifier, min(d.kind) as kind,
           coalesce(array_agg(distinct key) filter (where key is not null), '{}') as keys
      from doomed d left join lateral jsonb_object_keys(d.base) as key on true
     where exists (
       select from tidemark.claim o
        where o.destination = d.destination and o.blueprint = d.blueprint and o.identifier = d.identifier and o.owns)
     group by d.destination, d.blueprint, d.identifier
  ), left_over as (
    select t.blueprint, t.identifier, tidemark.jsonb_merge(c.base order by ${mergeOrder('c', '$2', '$3')}) as fields
      from touched t
      join tidemark.claim c
        on c.destination = t.destination and c.blueprint = t.blueprint and c.identifier = t.identifier
     where not exists (select from doomed d where ${SAME_CLAIM})
     group by t.blueprint, t.identifier
  ), kept as (
    update tidemark.entity e set fields = (e.fields - t.keys) || l.fields, version = e.version + 1, updated_at = now()
      from left_over l join touched t on t.blueprint = l.blueprint and t.identifier = l.identifier
     where e.blueprint = l.blueprint and e.identifier = l.identifier
       and e.fields is distinct from (e.fields - t.keys) || l.fields
  ), deleted as (
    delete from tidemark.entity e using touched t
     where e.blueprint = t.blueprint and e.identifier = t.identifier
       and not exists (select from left_over l where l.blueprint = t.blueprint and l.identifier = t.identifier)
    returning t.kind
  ), candidate as (
    select d.kind, count(*) filter (where not ${SETTLED}) as unconfirmed, count(*) as candidates
      from tidemark.delete_candidate d
      join tidemark.claim c on ${SAME_CLAIM}
      join tidemark.run r on r.id = d.run_id
     where d.run_id = $1 and c.seen_epoch < r.epoch
     group by d.kind
  )
  update tidemark.kind_run k
     set deleted = (select count(*) from deleted where deleted.kind = k.kind),
         unconfirmed = case when k.unidentified = 0 then c.unconfirmed else 0 end,
         held = case when k.unidentified > 0
                then 'unidentified records: ' || k.unidentified || '; ' || c.candidates || ' deletes held' end
    from candidate c where k.run_id = $1 and c.kind = k.kind`;
