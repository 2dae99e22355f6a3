import { SCOPE_PREFIX } from '../domain/call.ts';
import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';

/** What the run's read of a kind did not return. */
export interface StaleKind {
  readonly kind: string;
  readonly candidates: number;
  /** Candidates that the source cannot look up one by one. */
  readonly withoutLookup: number;
}

export interface StaleScope {
  /** The keys of the resources that the run read. */
  readonly resources: readonly string[];
  /**
   * The keys of all configured resources, when the run read every kind: claims of others form the group `removed`
   * (sync-semantics 3.4). `null`: the run read some kinds only, and touches nothing else (2.9).
   */
  readonly configured: readonly string[] | null;
}

/**
 * Notes the claims that may be stale: of the resources that were read, seen before this epoch (`<`, never `<=`) and
 * observed before the run began (sync-semantics 3.1). Call it when every kind is complete.
 */
export function findStale(
  db: Database,
  run: RunRef,
  { destination, resources, configured }: StaleScope & { destination: string },
): Promise<StaleKind[]> {
  return fenced(db, run, async (tx) => {
    await tx.query(
      `insert into tidemark.delete_candidate
         (run_id, destination, integration, resource, record_key, blueprint, identifier, kind, locator, removed, verdict)
       select r.id, c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier, c.kind,
              c.locator, x.removed, case when x.removed then 'removed' end
         from tidemark.run r
         join tidemark.claim c on c.destination = $2 and c.integration = r.integration
        cross join lateral (
           select coalesce(not c.resource = any ($4) and c.resource not like '${SCOPE_PREFIX}%', false) as removed) x
        where r.id = $1 and c.seen_epoch < r.epoch and c.observed_at < r.started_at
          and (c.resource = any ($3) or x.removed)
       on conflict do nothing`,
      [run.runId, destination, resources, configured],
    );
    return tx.query<StaleKind>(
      `select d.kind, count(*) as candidates,
              count(*) filter (where d.locator is null or d.record_key = '') as "withoutLookup"
         from tidemark.delete_candidate d
         join tidemark.kind_run k on k.run_id = d.run_id and k.kind = d.kind
        where d.run_id = $1 and not d.removed group by d.kind, k.position order by k.position`,
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
