import { randomUUID } from 'node:crypto';
import type { PinnedRun, RunRef } from '../domain/run.ts';
import type { Scope } from '../domain/scope.ts';
import type { Action, Task, TriggerOrigin } from '../domain/trigger.ts';
import type { Database, Queryable } from './database.ts';
import { rfc3339 } from './time.ts';

export interface NewTrigger {
  /** A UUID, where it may be committed more than once: the first one stands. Default: a new one. */
  readonly id?: string | undefined;
  readonly integration: string;
  readonly origin: TriggerOrigin;
  readonly action: Action;
  readonly scope: Scope;
  /** The plan that it approves. */
  readonly plan: string | null;
  /** The call that it asks to carry out, a `sync`. */
  readonly call: string | null;
  /** Compare what a remote destination holds with what is known of it. Default: when it is the turn. */
  readonly reconcile?: boolean | undefined;
}

/** Commits a trigger; returns its id. Nothing is lost if the process dies before Temporal hears of it. */
export async function insertTrigger(db: Queryable, trigger: NewTrigger): Promise<string> {
  const { integration, origin, action, scope, plan, call, reconcile = false, id = randomUUID() } = trigger;
  await db.query(
    `insert into tidemark.trigger (id, integration, origin, action, scope, plan, call, reconcile, config_version)
     values ($1, $2, $3, $4, $5, $6, $7, $8, (select config_version from tidemark.integration where id = $2))
     on conflict (id) do nothing`,
    [id, integration, origin, action, JSON.stringify(scope), plan, call, reconcile],
  );
  return id;
}

export interface TriggerState {
  /** The run that covers it, so far; an aborted run hands its triggers to the next. */
  readonly runId: string | null;
  /** Covered by a run that has ended and was not aborted. */
  readonly done: boolean;
}

export async function readTrigger(db: Queryable, id: string): Promise<TriggerState | null> {
  const [row] = await db.query<TriggerState>(
    'select run_id as "runId", done_at is not null as done from tidemark.trigger where id = $1',
    [id],
  );
  return row ?? null;
}

/** A trigger with what it asks for. */
export interface TriggerReport extends TriggerState, Task {
  readonly integration: string;
  /** RFC 3339 in UTC. */
  readonly createdAt: string;
}

export async function readTriggerReport(db: Queryable, id: string): Promise<TriggerReport | null> {
  const [row] = await db.query<TriggerReport>(
    `select integration, action, scope, ${rfc3339('created_at')} as "createdAt", run_id as "runId",
            done_at is not null as done
       from tidemark.trigger where id = $1`,
    [id],
  );
  return row ?? null;
}

/** The approval of a plan that waits or runs, or that the plan was applied by; `null`: nobody has approved it. */
export async function approvalOf(db: Queryable, plan: string): Promise<string | null> {
  const [row] = await db.query<{ id: string }>(
    `select t.id from tidemark.trigger t join tidemark.plan p on p.id = t.plan
      where t.plan = $1 and (t.done_at is null or t.run_id = p.applied_run) order by t.created_at limit 1`,
    [plan],
  );
  return row?.id ?? null;
}

/**
 * What waits that a run does not cover; each task once, however many triggers ask for it. They count as noticed by the
 * run.
 */
export function noticeUncovered(db: Queryable, run: RunRef): Promise<Task[]> {
  return db.query<Task>(
    `with noticed as (
       update tidemark.trigger set noticed_by = $2
        where integration = $1 and done_at is null and run_id is distinct from $2 returning action, scope
     )
     select distinct action, scope from noticed`,
    [run.integration, run.runId],
  );
}

/**
 * Lets a run cover the waiting resyncs of the given scopes, if it has not fetched yet and is of their configuration
 * (sync-semantics 4.3, `join`). A kind whose first request is about to leave waits for this, or is seen.
 */
export async function joinTriggers(db: Database, run: PinnedRun, scopes: readonly Scope[]): Promise<void> {
  await db.transaction(async (tx) => {
    const kinds = await tx.query<{ state: string }>(
      'select state from tidemark.kind_run where run_id = $1 order by position for update',
      [run.runId],
    );
    if (kinds.length === 0 || kinds.some(({ state }) => state !== 'pending')) return;
    await tx.query(
      `update tidemark.trigger set run_id = $2
        where integration = $1 and done_at is null and run_id is distinct from $2 and action = 'resync'
          and not reconcile and config_version = $3 and scope = any ($4::jsonb[])`,
      [run.integration, run.runId, run.configVersion, scopes.map((scope) => JSON.stringify(scope))],
    );
  });
}

export interface WaitingTrigger {
  readonly integration: string;
  readonly trigger: string;
}

/**
 * Triggers that no run in progress has taken up for `olderThanSeconds`: their signal may have been lost with the
 * process that was to send it. The oldest of each integration: one signal wakes the run that covers them all.
 */
export function lostTriggers(db: Queryable, olderThanSeconds: number): Promise<WaitingTrigger[]> {
  return db.query<WaitingTrigger>(
    `select distinct on (t.integration) t.integration, t.id::text as trigger from tidemark.trigger t
      where t.done_at is null and t.created_at < clock_timestamp() - make_interval(secs => $1)
        and not exists (
          select from tidemark.run r where r.id in (t.run_id, t.noticed_by) and r.finished_at is null)
      order by t.integration, t.created_at`,
    [olderThanSeconds],
  );
}
