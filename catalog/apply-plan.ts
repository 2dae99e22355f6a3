import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { collectDoomed, endDoomed, lockBlueprintsOf, SAME_CLAIM, WRITTEN } from './ending.ts';
import { fenced } from './fence.ts';
import { supersedePlans } from './plans.ts';

export interface AppliedPlan {
  readonly kind: string | null;
  readonly deleted: number;
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
  { plan, resources }: { plan: string; resources: readonly string[] },
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
    const deleted = ended.reduce((sum, group) => sum + group.deleted, 0);
    await record(tx, run, { plan, kind: row.kind, deleted });
    return { kind: row.kind, deleted, refusal: null };
  });
}

interface LockedPlan {
  readonly kind: string | null;
  readonly state: string;
  readonly why: string | null;
  readonly configVersion: number;
  /** The configuration version in force now. */
  readonly inForce: number;
  readonly deleted: number;
}

async function lockPlan(tx: Queryable, plan: string): Promise<LockedPlan> {
  const [row] = await tx.query<LockedPlan>(
    `select p.kind, p.state, p.why, p.config_version as "configVersion", i.config_version as "inForce",
            coalesce(case when p.kind is null then r.removed_deleted else k.deleted end, 0) as deleted
       from tidemark.plan p
       join tidemark.integration i on i.id = p.integration
       left join tidemark.run r on r.id = p.applied_run
       left join tidemark.kind_run k on k.run_id = p.applied_run and k.kind = p.kind
      where p.id = $1 for update of p`,
    [plan],
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
         ${WRITTEN}, c.owns
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
