import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';

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

/** Records of a resource that the second look has yet to ask for, at most `limit`. */
export function nextLookups(
  db: Queryable,
  run: RunRef,
  { resource, limit }: { resource: string; limit: number },
): Promise<LookupCandidate[]> {
  return db.query<LookupCandidate>(
    `select record_key as "recordKey", min(locator) as locator from tidemark.delete_candidate
      where run_id = $1 and resource = $2 and verdict is null and locator is not null and record_key <> ''
      group by record_key order by record_key limit $3`,
    [run.runId, resource, limit],
  );
}

export interface Verdict {
  readonly recordKey: string;
  /** `gone`: the source says so. `present`: it is there; the mapping then decides whether its claims are. */
  readonly verdict: 'gone' | 'present';
}

export async function recordVerdicts(
  tx: Queryable,
  run: RunRef,
  { resource, verdicts }: { resource: string; verdicts: readonly Verdict[] },
): Promise<void> {
  await tx.query(
    `update tidemark.delete_candidate d set verdict = v.verdict
       from json_to_recordset($3::json) as v ("recordKey" text, verdict text)
      where d.run_id = $1 and d.resource = $2 and d.record_key = v."recordKey"`,
    [run.runId, resource, JSON.stringify(verdicts)],
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
export function deleteStale(db: Database, run: RunRef): Promise<DeletePhase> {
  return fenced(db, run, async (tx) => {
    const [state] = await tx.query<{ done: boolean; unchanged: boolean }>(
      `select r.deletes_done as done, r.config_version = i.config_version as unchanged
         from tidemark.run r join tidemark.integration i on i.id = r.integration where r.id = $1`,
      [run.runId],
    );
    if (!state?.unchanged) return { kinds: [], configurationChanged: true };
    if (!state.done) {
      await lockDoomedBlueprints(tx, run);
      await tx.query(HAND_OVER, [run.runId]);
      await tx.query(DELETE, [run.runId]);
      await tx.query('update tidemark.run set deletes_done = true where id = $1', [run.runId]);
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

/** Candidates that may go now. A claim that was seen since is not among them. */
const DOOMED = `
  doomed as materialized (
    select d.*, c.base, c.owns from tidemark.delete_candidate d
      join tidemark.run r on r.id = d.run_id
      join tidemark.kind_run k on k.run_id = d.run_id and k.kind = d.kind and k.unidentified = 0
      join tidemark.claim c
        on c.destination = d.destination and c.integration = d.integration and c.resource = d.resource
       and c.record_key = d.record_key and c.blueprint = d.blueprint and c.identifier = d.identifier
     where d.run_id = $1 and d.verdict is not null and c.seen_epoch < r.epoch and c.observed_at < r.started_at
  )`;

/**
 * Records that map to an entity without owning it own it from now on when an owner lets go: or the catalog would
 * lack what a source still has (1.1, 1.2).
 */
const HAND_OVER = `
  with ${DOOMED}
  update tidemark.claim c set owns = true
    from doomed d
   where d.owns and not c.owns and c.destination = d.destination
     and c.blueprint = d.blueprint and c.identifier = d.identifier
     and not exists (
       select from doomed o
        where o.integration = c.integration and o.resource = c.resource and o.record_key = c.record_key
          and o.blueprint = c.blueprint and o.identifier = c.identifier)`;

/** Where no claim owns the entity, it is somebody else's: claims on it end without a trace. */
const DELETE = `
  with ${DOOMED}, ended as (
    delete from tidemark.claim c using doomed d
     where c.destination = d.destination and c.integration = d.integration and c.resource = d.resource
       and c.record_key = d.record_key and c.blueprint = d.blueprint and c.identifier = d.identifier
  ), touched as (
    select d.destination, d.blueprint, d.identifier, min(d.kind) as kind,
           coalesce(array_agg(distinct key) filter (where key is not null), '{}') as keys
      from doomed d left join lateral jsonb_object_keys(d.base) as key on true
     where exists (
       select from tidemark.claim o
        where o.destination = d.destination and o.blueprint = d.blueprint and o.identifier = d.identifier and o.owns)
     group by d.destination, d.blueprint, d.identifier
  ), left_over as (
    select t.blueprint, t.identifier,
           tidemark.jsonb_merge(c.base order by c.integration, c.position, c.resource, c.record_key) as fields
      from touched t
      join tidemark.claim c
        on c.destination = t.destination and c.blueprint = t.blueprint and c.identifier = t.identifier
      left join doomed d
        on d.integration = c.integration and d.resource = c.resource and d.record_key = c.record_key
       and d.blueprint = c.blueprint and d.identifier = c.identifier
     where d.blueprint is null
     group by t.blueprint, t.identifier
  ), kept as (
    update tidemark.entity e
       set fields = (e.fields - t.keys) || l.fields, version = e.version + 1, updated_at = now()
      from left_over l join touched t on t.blueprint = l.blueprint and t.identifier = l.identifier
     where e.blueprint = l.blueprint and e.identifier = l.identifier
       and e.fields is distinct from (e.fields - t.keys) || l.fields
  ), deleted as (
    delete from tidemark.entity e using touched t
     where e.blueprint = t.blueprint and e.identifier = t.identifier
       and not exists (select from left_over l where l.blueprint = t.blueprint and l.identifier = t.identifier)
    returning t.kind
  ), settled as (
    select d.kind, count(*) filter (where d.verdict is null) as unconfirmed, count(*) as candidates
      from tidemark.delete_candidate d
      join tidemark.claim c
        on c.destination = d.destination and c.integration = d.integration and c.resource = d.resource
       and c.record_key = d.record_key and c.blueprint = d.blueprint and c.identifier = d.identifier
      join tidemark.run r on r.id = d.run_id
     where d.run_id = $1 and c.seen_epoch < r.epoch
     group by d.kind
  )
  update tidemark.kind_run k
     set deleted = (select count(*) from deleted where deleted.kind = k.kind),
         unconfirmed = case when k.unidentified = 0 then s.unconfirmed else 0 end,
         held = case when k.unidentified > 0
                then 'unidentified records: ' || k.unidentified || '; ' || s.candidates || ' deletes held' end
    from settled s where k.run_id = $1 and s.kind = k.kind`;
