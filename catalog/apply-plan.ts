import { isRemote, UNKNOWN_ENTITIES } from '../domain/destination.ts';
import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { collectDoomed, endDoomed, lockBlueprintsOf, SAME_CLAIM } from './ending.ts';
import { fenced } from './fence.ts';
import { assignDoomed } from './outbox.ts';
import { supersedePlans } from './plans.ts';

export interface AppliedPlan {
  readonly kind: string | null;
  readonly deleted: number;
  /** What a remote destination has not confirmed, and why: the next complete run sends it. */
  readonly unsent?: string;
  /** Why it was not applied: it is not open any more. */
  readonly refusal: string | null;
}

/**
 * Carries out a plan: ends those of its claims that were not seen since its run began (sync-semantics 3.5). One
 * transaction; repeating it, also by another run, returns the first result. `resources`: the keys of all configured
 * resources.
 */
export function applyPlan(
  db: Database,
  run: RunRef,
  { plan, destination, resources }: { plan: string; destination: string; resources: readonly string[] },
): Promise<AppliedPlan> {
  return fenced(db, run, async (tx) => {
    const row = await lockPlan(tx, plan);
    if (row.state === 'applied') return { kind: row.kind, deleted: row.deleted, refusal: null };
    if (row.state === 'open' && row.configVersion !== row.inForce) {
      const why = 'the configuration has changed';
      await supersedePlans(tx, { integration: run.integration, why });
      return refused(row, plan, `superseded: ${why}`);
    }
    if (row.state !== 'open') return refused(row, plan, `${row.state}: ${row.why}`);
    const named = 'select destination, blueprint from tidemark.plan_claim where plan = $1';
    await lockBlueprintsOf(tx, named, [plan]);
    await collectDoomed(tx, STILL_UNSEEN, [plan]);
    const ended = await endDoomed(tx, { integration: run.integration, resources });
    const deleted = isRemote(destination) ? 0 : ended.reduce((sum, group) => sum + group.deleted, 0);
    if (isRemote(destination)) await assignDoomed(tx, run);
    if (row.kind === null && row.unknown) await tx.query(DELETE_UNKNOWN, [plan, run.runId, run.integration]);
    await record(tx, run, { plan, kind: row.kind, deleted });
    return { kind: row.kind, deleted, refusal: null };
  });
}

/** Entities that nothing here knows have no claims: the plan names them alone (sync-semantics 10). */
const DELETE_UNKNOWN = `
  insert into tidemark.remote_entity as r
    (destination, blueprint, identifier, gone, sent, integration, run_id, removed)
  select d.destination, d.blueprint, d.identifier, true, '{}', $3, $2, true
    from tidemark.plan_claim d
   where d.plan = $1 and d.record_key = '' and d.resource = ''
     and not exists (
       select from tidemark.entity e
        where e.destination = d.destination and e.blueprint = d.blueprint and e.identifier = d.identifier)
  on conflict (destination, blueprint, identifier) do nothing`;

/** What a plan's run has deleted so far. */
export async function appliedDeletes(db: Queryable, run: RunRef, kind: string | null): Promise<number> {
  const [row] = await db.query<{ deleted: number }>(
    `select case when $2::text is null then r.removed_deleted else k.deleted end as deleted
       from tidemark.run r left join tidemark.kind_run k on k.run_id = r.id and k.kind = $2 where r.id = $1`,
    [run.runId, kind],
  );
  return (row as { deleted: number }).deleted;
}

interface LockedPlan {
  /** `null`: no configured kind. */
  readonly kind: string | null;
  /** It names what nothing here knows. */
  readonly unknown: boolean;
  readonly state: string;
  readonly why: string | null;
  readonly configVersion: number;
  /** The configuration version in force now. */
  readonly inForce: number;
  readonly deleted: number;
}

async function lockPlan(tx: Queryable, plan: string): Promise<LockedPlan> {
  const [row] = await tx.query<LockedPlan>(
    `select nullif(p.kind, $2) as kind, p.kind is not distinct from $2 as unknown, p.state, p.why, p.config_version as "configVersion", i.config_version as "inForce",
            coalesce(case when nullif(p.kind, $2) is null then r.removed_deleted else k.deleted end, 0) as deleted
       from tidemark.plan p
       join tidemark.integration i on i.id = p.integration
       left join tidemark.run r on r.id = p.applied_run
       left join tidemark.kind_run k on k.run_id = p.applied_run and k.kind = p.kind
      where p.id = $1 for update of p`,
    [plan, UNKNOWN_ENTITIES],
  );
  return row as LockedPlan;
}

const refused = ({ kind }: LockedPlan, plan: string, state: string): AppliedPlan => ({
  kind,
  deleted: 0,
  refusal: `plan ${plan} is ${state}`,
});

const STILL_UNSEEN = `
  select c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier, c.kind, p.kind is null,
         c.base, c.owns
    from tidemark.plan p
    join tidemark.plan_claim d on d.plan = p.id
    join tidemark.claim c on ${SAME_CLAIM}
   where p.id = $1 and c.seen_epoch < p.epoch and c.observed_at < p.started_at`;

async function record(
  tx: Queryable,
  run: RunRef,
  { plan, kind, deleted }: { plan: string; kind: string | null; deleted: number },
): Promise<void> {
  await tx.query(
    `update tidemark.plan set state = 'applied', why = 'approved', decided_at = clock_timestamp(), applied_run = $2
      where id = $1`,
    [plan, run.runId],
  );
  await tx.query('delete from tidemark.plan_claim where plan = $1', [plan]);
  if (kind === null) {
    await tx.query('update tidemark.run set removed_deleted = $2 where id = $1', [run.runId, deleted]);
    return;
  }
  await tx.query(
    `insert into tidemark.kind_run (run_id, kind, position, state, started_at, finished_at, deleted)
     values ($1, $2, 1, 'complete', clock_timestamp(), clock_timestamp(), $3)`,
    [run.runId, kind, deleted],
  );
}
