import { ConflictError, NotFoundError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import type { RunRef } from '../domain/run.ts';
import { storableText } from '../domain/text.ts';
import type { Database, Queryable } from './database.ts';
import { rfc3339 } from './time.ts';

const PLANS = `
  select p.id as plan, p.integration, p.run_id as run, p.epoch, p.config_version as "configVersion", p.kind, p.reason,
         p.claims, p.entities, p.state, p.why, ${rfc3339('p.created_at')} as "createdAt",
         ${rfc3339('p.decided_at')} as "decidedAt", p.applied_run as "appliedRun"
    from tidemark.plan p`;

/** The latest plans of an integration, newest first; open ones before all others. */
export function listPlans(db: Queryable, integration: string, limit: number): Promise<Plan[]> {
  return db.query<Plan>(`${PLANS} where p.integration = $1 order by p.state <> 'open', p.epoch desc, p.id limit $2`, [
    integration,
    limit,
  ]);
}

/** One plan. Throws `NotFoundError` when the integration has none of that name. */
export async function readPlan(db: Queryable, integration: string, plan: string): Promise<Plan> {
  const [found] = await db.query<Plan>(`${PLANS} where p.integration = $1 and p.id = $2`, [integration, plan]);
  if (found) return found;
  throw new NotFoundError(`${integration} has no plan ${plan}; \`tidemark plans ${integration}\` lists them`);
}

/** The entities that a plan would delete or let go of, by blueprint and identifier; none once it is decided. */
export function planEntities(
  db: Queryable,
  plan: string,
  limit: number,
): Promise<{ readonly blueprint: string; readonly identifier: string }[]> {
  return db.query(
    `select distinct blueprint, identifier from tidemark.plan_claim where plan = $1
      order by blueprint, identifier limit $2`,
    [plan, limit],
  );
}

/**
 * Stores the doomed claims of one kind (`null`: of the group `removed`) as a plan and takes them out of `doomed`. Returns
 * its id. Of claims that own nothing, none is counted: nobody would notice their end.
 */
export async function proposePlan(
  tx: Queryable,
  run: RunRef,
  { id, kind, reason }: { id: string; kind: string | null; reason: string },
): Promise<string> {
  const group = kind === null ? 'removed and $2::text is null' : 'not removed and kind = $2';
  await tx.query(
    `insert into tidemark.plan (id, integration, run_id, epoch, config_version, kind, reason, claims, entities, started_at)
     select $1, r.integration, r.id, r.epoch, r.config_version, $2, $3, d.claims, d.entities, r.started_at
       from tidemark.run r,
            (select count(*) as claims, count(distinct (blueprint, identifier)) as entities
               from doomed where owns and ${group}) d
      where r.id = $4`,
    [id, kind, storableText(reason), run.runId],
  );
  await tx.query(
    `insert into tidemark.plan_claim
     select $1, destination, integration, resource, record_key, blueprint, identifier from doomed where ${group}`,
    [id, kind],
  );
  await tx.query(`delete from doomed where ${group.replace('$2', '$1')}`, [kind]);
  return id;
}

/** Makes open plans void: those of one kind (`null`: of the group `removed`), or all. */
export async function supersedePlans(
  tx: Queryable,
  { integration, kind, why }: { integration: string; kind?: string | null; why: string },
): Promise<void> {
  await decide(tx, {
    state: 'superseded',
    why,
    where: `integration = $3 and ($4 or kind is not distinct from $5)`,
    values: [integration, kind === undefined, kind ?? null],
  });
}

/** Keeps what the plan would delete; the next complete run proposes anew. Throws `ConflictError` when it is not open. */
export async function rejectPlan(db: Database, integration: string, plan: string): Promise<void> {
  await db.transaction(async (tx) => {
    const rejected = await decide(tx, {
      state: 'rejected',
      why: 'rejected by a person',
      where: 'integration = $3 and id = $4',
      values: [integration, plan],
    });
    if (rejected > 0) return;
    const { state, why } = await readPlan(tx, integration, plan);
    if (state !== 'rejected') throw new ConflictError(`plan ${plan} is ${state} and cannot be rejected: ${why}`);
  });
}

interface Decision {
  readonly state: 'superseded' | 'rejected';
  readonly why: string;
  /** Which of the open plans; its parameters begin with `$3`. */
  readonly where: string;
  readonly values: readonly unknown[];
}

async function decide(tx: Queryable, { state, why, where, values }: Decision): Promise<number> {
  const decided = await tx.query<{ id: string }>(
    `update tidemark.plan set state = $1, why = $2, decided_at = clock_timestamp()
      where state = 'open' and ${where} returning id`,
    [state, why, ...values],
  );
  if (decided.length > 0) {
    await tx.query('delete from tidemark.plan_claim where plan = any ($1)', [decided.map(({ id }) => id)]);
  }
  return decided.length;
}
