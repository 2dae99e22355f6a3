import { UNKNOWN_ENTITIES } from '../domain/destination.ts';
import type { EntityKey } from '../domain/entity.ts';
import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';
import { supersedePlans } from './plans.ts';

export interface ReconcileRequest {
  readonly destination: string;
  /** Every so many runs that read everything. */
  readonly every: number;
}

/**
 * Whether the run compares what a remote destination holds with what is known of it here: it was asked to, no run of the
 * integration has done so yet, or it is the turn. A run of some kinds, or of changes only, never takes a turn.
 */
export async function isReconciling(
  db: Queryable,
  run: RunRef,
  { destination, every }: ReconcileRequest,
): Promise<boolean> {
  const [row] = await db.query<{ asked: boolean; whole: boolean; epoch: number | null; since: number }>(
    `select r.reconcile as asked, r.action = 'resync' and r.scope = '{"kinds": null, "since": null}' as whole,
            last.epoch,
            (select count(*) from tidemark.run o
              where o.integration = r.integration and o.epoch > last.epoch and o.epoch < r.epoch
                and o.action = 'resync' and o.scope = r.scope
                and o.outcome in ('complete', 'held', 'incomplete')) as since
       from tidemark.run r
       left join lateral (
         select max(o.epoch) as epoch from tidemark.run o
          where o.integration = r.integration and o.reconciled = $2 and o.epoch < r.epoch
       ) last on true
      where r.id = $1`,
    [run.runId, destination],
  );
  if (!row) return false;
  return row.asked || (row.whole && (row.epoch === null || row.since + 1 >= every));
}

/** Forgets what an attempt before this one was told. Returns the database's clock, from which on the list is read. */
export function beginReconcile(db: Database, run: RunRef): Promise<string> {
  return fenced(db, run, async (tx) => {
    await tx.query('delete from tidemark.remote_owned where run_id = $1', [run.runId]);
    const [row] = await tx.query<{ now: string }>('select clock_timestamp()::text as now');
    return (row as { now: string }).now;
  });
}

/** Notes a page of what the destination says that the integration has written. */
export function noteOwned(db: Database, run: RunRef, keys: readonly EntityKey[]): Promise<void> {
  return fenced(db, run, async (tx) => {
    await tx.query(
      `insert into tidemark.remote_owned (run_id, blueprint, identifier)
       select distinct $1, blueprint, identifier from json_to_recordset($2::json) as k (blueprint text, identifier text)
       on conflict do nothing`,
      [run.runId, JSON.stringify(keys)],
    );
  });
}

/**
 * The list is read to its end: what was confirmed before it began and is not on it, is written again by this run. Returns
 * how many entities that are.
 */
export function rewriteMissing(
  db: Database,
  run: RunRef,
  { destination, since }: { destination: string; since: string },
): Promise<number> {
  return fenced(db, run, async (tx) => {
    const missing = await tx.query(
      `update tidemark.remote_entity r
          set pending = true, sent = null, doubtful = '[]', waits = null, reason = null, batch = null, call = null,
              run_id = null, kind = null
        where r.destination = $1 and r.integration = $2 and not r.gone and r.sent is not null and r.request is null
          and r.confirmed_at < $3::timestamptz
          and not exists (
            select from tidemark.remote_owned o
             where o.run_id = $4 and o.blueprint = r.blueprint and o.identifier = r.identifier)
       returning 1`,
      [destination, run.integration, since, run.runId],
    );
    await tx.query(FORGET_KNOWN, [run.runId, destination]);
    await tx.query('update tidemark.run set reconciled = $2 where id = $1', [run.runId, destination]);
    return missing.length;
  });
}

/**
 * What the destination holds under the integration's name and nothing here knows becomes a plan: it is never deleted
 * unasked. Call it when the run has read and written everything. Returns why it is held; `null`: there is nothing.
 */
export function holdUnknown(db: Database, run: RunRef, destination: string): Promise<string | null> {
  return fenced(db, run, async (tx) => {
    const [state] = await tx.query<{ whole: boolean }>(
      `select reconciled = $2 and scope -> 'kinds' = 'null' as whole from tidemark.run where id = $1`,
      [run.runId, destination],
    );
    if (!state?.whole) return null;
    const id = `${run.runId}.unknown`;
    const known = await tx.query<{ reason: string }>('select reason from tidemark.plan where id = $1', [id]);
    if (known[0]) return `${known[0].reason}; held as plan ${id}`;
    await supersedePlans(tx, {
      integration: run.integration,
      kind: UNKNOWN_ENTITIES,
      why: `run ${run.runId} has asked the destination again`,
    });
    const [found] = await tx.query<{ entities: number }>(`select count(*) as entities from (${UNKNOWN}) u`, [
      run.runId,
      destination,
    ]);
    const entities = found?.entities ?? 0;
    if (entities === 0) return null;
    const reason = `${entities} entities are in the destination under this integration's name, and nothing here knows them`;
    await tx.query(
      `insert into tidemark.plan
         (id, integration, run_id, epoch, config_version, kind, reason, claims, entities, started_at)
       select $1, r.integration, r.id, r.epoch, r.config_version, $2, $3, 0, $4, r.started_at
         from tidemark.run r where r.id = $5`,
      [id, UNKNOWN_ENTITIES, reason, entities, run.runId],
    );
    await tx.query(
      `insert into tidemark.plan_claim (plan, destination, integration, resource, record_key, blueprint, identifier)
       select $3, $2, $4, '', '', blueprint, identifier from (${UNKNOWN}) u`,
      [run.runId, destination, id, run.integration],
    );
    return `${reason}; held as plan ${id}`;
  });
}

/** An entity that another integration holds here is known as well. */
const KNOWN = `(
       exists (
         select from tidemark.entity e
          where e.destination = $2 and e.blueprint = o.blueprint and e.identifier = o.identifier)
       or exists (
         select from tidemark.remote_entity r
          where r.destination = $2 and r.blueprint = o.blueprint and r.identifier = o.identifier))`;

/** What was known when the list was read is not unknown because the run has deleted it since. */
const FORGET_KNOWN = `delete from tidemark.remote_owned o where o.run_id = $1 and ${KNOWN}`;

const UNKNOWN = `
  select o.blueprint, o.identifier from tidemark.remote_owned o where o.run_id = $1 and not ${KNOWN}`;
