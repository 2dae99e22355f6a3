import type { KindState, Outcome } from '../domain/outcome.ts';
import type { Pass, PinnedRun, RunRef } from '../domain/run.ts';
import { union } from '../domain/scope.ts';
import { storableText } from '../domain/text.ts';
import type { Task, TriggerOrigin } from '../domain/trigger.ts';
import { forgetChanges } from './change-log.ts';
import { moveCheckpoints } from './checkpoints.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';
import { forgetTombstones } from './live.ts';
import { supersedePlans } from './plans.ts';
import { forgetSkipped } from './skipped.ts';
import { rfc3339 } from './time.ts';

export interface BegunRun {
  readonly run: PinnedRun;
  readonly task: Task;
  /** The plan that it applies. */
  readonly plan: string | null;
  /** The call that it carries out, a `sync`. */
  readonly call: string | null;
  /** How many triggers it covers: too many to name them in a history. */
  readonly triggers: number;
  /** Where the latest of them came from. */
  readonly origin: TriggerOrigin;
  /** Resyncs in a row before it that newer triggers aborted (sync-semantics 4.4). */
  readonly abortsBefore: number;
}

/**
 * Begins a run: takes a new epoch, which fences every earlier run off (sync-semantics 5.1), pins the configuration
 * in force, and covers triggers that no finished run has done, those of an aborted run included (4.2): all resyncs
 * together, with the union of their scopes, or one approval, or the retries. A run that was left without an end is
 * closed as aborted. `null`: no trigger waits. A workflow execution begins one run: repeating the call returns it.
 */
export function beginRun(db: Database, integration: string, workflowRunId: string): Promise<BegunRun | null> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ epoch: number; configVersion: number | null }>(
      'select epoch, config_version as "configVersion" from tidemark.integration where id = $1 for update',
      [integration],
    );
    const begun = await findBegun(tx, 'workflow_run_id', workflowRunId);
    if (begun) return begun;
    const next = nextOf(await waitingWork(tx, integration));
    if (!row?.configVersion || next === null) return null;
    const epoch = row.epoch + 1;
    const runId = `${integration}.${epoch}`;
    await tx.query('update tidemark.integration set epoch = $2 where id = $1', [integration, epoch]);
    await closeUnended(tx, { integration, epoch, runId });
    await tx.query(
      `insert into tidemark.run
         (id, integration, epoch, config_version, workflow_run_id, action, scope, plan, call, aborts_before)
       select $1, $2, $3, $4, $5, $6, $7, $8, $9,
              coalesce((select case when r.overtaken then r.aborts_before + 1 else 0 end from tidemark.run r
                         where r.integration = $2 and r.action = 'resync' order by r.epoch desc limit 1), 0)`,
      [
        runId,
        integration,
        epoch,
        row.configVersion,
        workflowRunId,
        next.action,
        JSON.stringify(next.scope),
        next.plan,
        next.call,
      ],
    );
    await tx.query(
      `update tidemark.trigger set run_id = $2
        where integration = $1 and done_at is null and action = $3 and plan is not distinct from $4
          and call is not distinct from $5`,
      [integration, runId, next.action, next.plan, next.call],
    );
    await tx.query(
      'update tidemark.run set reconcile = exists (select from tidemark.trigger where run_id = $1 and reconcile) where id = $1',
      [runId],
    );
    return findBegun(tx, 'id', runId);
  });
}

interface WaitingWork extends Task {
  readonly plan: string | null;
  readonly call: string | null;
}

/** Each kind of waiting work once, oldest first. */
function waitingWork(tx: Queryable, integration: string): Promise<WaitingWork[]> {
  return tx.query<WaitingWork>(
    `select action, plan, call, scope from tidemark.trigger where integration = $1 and done_at is null
      group by action, plan, call, scope order by min(created_at)`,
    [integration],
  );
}

/** Approvals, retries and calls go first: they are short, and a resync would make a plan void. */
function nextOf(waiting: readonly WaitingWork[]): WaitingWork | null {
  const first = waiting.find(({ action }) => action !== 'resync') ?? waiting[0];
  if (first === undefined) return null;
  const { action, plan, call } = first;
  const same = waiting.filter((work) => work.action === action && work.plan === plan && work.call === call);
  return { action, plan, call, scope: same.map(({ scope }) => scope).reduce(union) };
}

async function closeUnended(
  tx: Queryable,
  { integration, epoch, runId }: { integration: string; epoch: number; runId: string },
): Promise<void> {
  await tx.query(
    `update tidemark.run set outcome = 'aborted', finished_at = clock_timestamp(), reason = $3
      where integration = $1 and finished_at is null and epoch < $2`,
    [integration, epoch, `left without an end; followed by ${runId}`],
  );
  await tx.query(
    `update tidemark.kind_run k set state = 'aborted', finished_at = clock_timestamp()
       from tidemark.run r
      where r.id = k.run_id and r.integration = $1 and r.epoch < $2 and k.state in ('pending', 'running')`,
    [integration, epoch],
  );
}

async function findBegun(tx: Queryable, by: 'id' | 'workflow_run_id', value: string): Promise<BegunRun | null> {
  const [row] = await tx.query<PinnedRun & Task & Omit<BegunRun, 'run' | 'task'>>(
    `select r.integration, r.id as "runId", r.epoch, r.config_version as "configVersion", r.action, r.scope, r.plan, r.call,
            r.aborts_before as "abortsBefore", count(t.id) as triggers,
            (array_agg(t.origin order by t.created_at desc, t.id))[1] as origin
       from tidemark.run r left join tidemark.trigger t on t.run_id = r.id
      where r.${by} = $1 group by r.id`,
    [value],
  );
  if (!row) return null;
  const { integration, runId, epoch, configVersion, action, scope, ...rest } = row;
  return { run: { integration, runId, epoch, configVersion }, task: { action, scope }, ...rest };
}

export interface RunAbout {
  readonly id: string;
  /** Where the latest of its triggers came from. */
  readonly trigger: TriggerOrigin;
  /** RFC 3339 in UTC. */
  readonly startedAt: string;
}

/** What sources are told of the run that they are read for. */
export async function runAbout(db: Queryable, run: RunRef): Promise<RunAbout> {
  const [row] = await db.query<RunAbout>(
    `select r.id, ${rfc3339('r.started_at')} as "startedAt",
            coalesce((select t.origin from tidemark.trigger t where t.run_id = r.id
                       order by t.created_at desc, t.id limit 1), 'sdk') as trigger
       from tidemark.run r where r.id = $1`,
    [run.runId],
  );
  return row as RunAbout;
}

/** Adds what a run has to say; once, however often it is said. */
export async function addWarning(db: Queryable, run: RunRef, warning: string): Promise<void> {
  await db.query('update tidemark.run set warnings = warnings || $2::text where id = $1 and $2 <> all (warnings)', [
    run.runId,
    storableText(warning),
  ]);
}

/** What a run has to say beside its outcome, e.g. that triggers abort run after run. */
export async function recordWarnings(db: Queryable, run: RunRef, warnings: readonly string[]): Promise<void> {
  await db.query('update tidemark.run set warnings = $2 where id = $1', [run.runId, warnings]);
}

/** Lists the kinds that a run is going to read, in configuration order. */
export function planKinds(db: Database, run: RunRef, kinds: readonly string[]): Promise<void> {
  return fenced(db, run, async (tx) => {
    await tx.query(
      `insert into tidemark.kind_run (run_id, kind, position)
       select $1, kind, position from unnest($2::text[]) with ordinality as k (kind, position)
       on conflict do nothing`,
      [run.runId, kinds],
    );
  });
}

/** A kind's first request is about to leave. */
export async function startKind(db: Queryable, run: RunRef, kind: string): Promise<void> {
  await db.query(
    `update tidemark.kind_run set state = 'running', started_at = clock_timestamp()
      where run_id = $1 and kind = $2 and state = 'pending'`,
    [run.runId, kind],
  );
}

/**
 * Whether a run still reads a kind: it has not ended, none has overtaken it, and the kind goes on. A second listing
 * belongs to a kind that is complete already.
 */
export async function isReading(
  db: Queryable,
  run: RunRef,
  { kind, pass }: { readonly kind: string; readonly pass: Pass },
): Promise<boolean> {
  const [row] = await db.query(
    `select from tidemark.run r join tidemark.integration i on i.id = r.integration
       join tidemark.kind_run k on k.run_id = r.id and k.kind = $3
      where r.id = $1 and r.finished_at is null and i.epoch = $2 and (k.state in ('pending', 'running') or $4)`,
    [run.runId, run.epoch, kind, pass === 'second-listing'],
  );
  return row !== undefined;
}

export interface KindEnd {
  readonly kind: string;
  readonly state: Exclude<KindState, 'pending' | 'running'>;
  readonly error: string | null;
  /** Milliseconds that the next incremental run reads again before what this one has reached. */
  readonly checkpointOverlap: number;
}

/**
 * Records how a kind ended. A complete one drops what lies in quarantine and was not seen again by it
 * (sync-semantics 6.8), makes older plans for its deletes void (3.5), and moves its checkpoint (2.8).
 */
export function finishKind(db: Database, run: PinnedRun, end: KindEnd): Promise<void> {
  return fenced(db, run, async (tx) => {
    await tx.query(
      `update tidemark.kind_run set state = $3, error = $4, finished_at = clock_timestamp(),
              started_at = coalesce(started_at, clock_timestamp())
        where run_id = $1 and kind = $2`,
      [run.runId, end.kind, end.state, end.error && storableText(end.error)],
    );
    if (end.state !== 'complete') return;
    const [begun] = await tx.query<Task>('select action, scope from tidemark.run where id = $1', [run.runId]);
    const { action, scope } = begun as Task;
    const whole = action === 'resync' && scope.since === null;
    // What an incremental run did not read, it did not see.
    if (whole || action === 'retry') await dropUnseenQuarantine(tx, run, end.kind);
    if (whole) await forgetTombstones(tx, run.runId, end.kind);
    if (whole) await forgetSkipped(tx, run.integration, { kind: end.kind, epoch: run.epoch });
    await forgetChanges(tx);
    if (whole) await supersedePlans(tx, { integration: run.integration, kind: end.kind, why: `run ${run.runId}` });
    if (action === 'resync') await moveCheckpoints(tx, run, { scope, kind: end.kind, overlap: end.checkpointOverlap });
  });
}

async function dropUnseenQuarantine(tx: Queryable, run: RunRef, kind: string): Promise<void> {
  await tx.query('delete from tidemark.quarantine where integration = $1 and kind = $2 and last_epoch < $3', [
    run.integration,
    kind,
    run.epoch,
  ]);
}

export interface RunEnd {
  readonly outcome: Outcome;
  readonly reason: string | null;
  /** A newer trigger aborted it. */
  readonly overtaken: boolean;
  /** The next run covers this one's triggers. */
  readonly handTriggersOver: boolean;
}

/**
 * Records how a run ended and drops what it staged. Not fenced: a run that was overtaken may still say so; the first
 * word stands.
 */
export function finishRun(db: Database, run: RunRef, end: RunEnd): Promise<void> {
  return db.transaction(async (tx) => {
    const ended = await tx.query(
      `update tidemark.run set outcome = $2, reason = $3, overtaken = $4, finished_at = clock_timestamp()
        where id = $1 and finished_at is null returning id`,
      [run.runId, end.outcome, end.reason && storableText(end.reason), end.overtaken],
    );
    if (ended.length > 0) {
      await tx.query(
        `update tidemark.kind_run set state = 'aborted', finished_at = clock_timestamp()
          where run_id = $1 and state in ('pending', 'running')`,
        [run.runId],
      );
      if (!end.handTriggersOver) {
        await tx.query('update tidemark.trigger set done_at = clock_timestamp() where run_id = $1', [run.runId]);
      }
    }
    await tx.query(
      `delete from tidemark.batch b using tidemark.run r
        where r.id = b.run_id and r.integration = $1 and r.epoch <= $2`,
      [run.integration, run.epoch],
    );
    await tx.query(
      `delete from tidemark.delete_candidate d using tidemark.run r
        where r.id = d.run_id and r.integration = $1 and r.epoch <= $2`,
      [run.integration, run.epoch],
    );
  });
}

export interface UnfinishedRun extends RunRef {
  readonly workflowRunId: string;
}

/** Runs that have not said how they ended. */
export function unfinishedRuns(db: Queryable): Promise<UnfinishedRun[]> {
  return db.query<UnfinishedRun>(
    `select integration, id as "runId", epoch, workflow_run_id as "workflowRunId"
       from tidemark.run where finished_at is null`,
  );
}
