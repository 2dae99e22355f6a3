import type { KindState, Outcome } from '../domain/outcome.ts';
import type { PinnedRun, RunRef, TriggerOrigin } from '../domain/run.ts';
import { storableText } from '../domain/text.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';

export interface BegunRun {
  readonly run: PinnedRun;
  /** How many triggers it covers: too many to name them in a history. */
  readonly triggers: number;
  /** Where the latest of them came from. */
  readonly origin: TriggerOrigin;
}

/**
 * Begins a run: takes a new epoch, which fences every earlier run off (sync-semantics 5.1), pins the configuration
 * in force, and covers every trigger that no finished run has done, those of an aborted run included (4.2). A run
 * that was left without an end is closed as aborted. `null`: no trigger waits. A workflow execution begins one run:
 * repeating the call returns it.
 */
export function beginRun(db: Database, integration: string, workflowRunId: string): Promise<BegunRun | null> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ epoch: number; configVersion: number | null }>(
      'select epoch, config_version as "configVersion" from tidemark.integration where id = $1 for update',
      [integration],
    );
    const [begun] = await tx.query<PinnedRun>(
      `select integration, id as "runId", epoch, config_version as "configVersion"
         from tidemark.run where workflow_run_id = $1`,
      [workflowRunId],
    );
    if (begun) return { run: begun, ...(await coveredTriggers(tx, begun.runId)) };
    const waiting = await tx.query('select from tidemark.trigger where integration = $1 and done_at is null limit 1', [
      integration,
    ]);
    if (!row?.configVersion || waiting.length === 0) return null;
    const epoch = row.epoch + 1;
    const runId = `${integration}.${epoch}`;
    await tx.query('update tidemark.integration set epoch = $2 where id = $1', [integration, epoch]);
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
    await tx.query(
      'insert into tidemark.run (id, integration, epoch, config_version, workflow_run_id) values ($1, $2, $3, $4, $5)',
      [runId, integration, epoch, row.configVersion, workflowRunId],
    );
    await tx.query('update tidemark.trigger set run_id = $2 where integration = $1 and done_at is null', [
      integration,
      runId,
    ]);
    const run = { integration, runId, epoch, configVersion: row.configVersion };
    return { run, ...(await coveredTriggers(tx, runId)) };
  });
}

async function coveredTriggers(tx: Queryable, runId: string): Promise<Omit<BegunRun, 'run'>> {
  const [row] = await tx.query<Omit<BegunRun, 'run'>>(
    `select count(*) as triggers, (array_agg(origin order by created_at desc, id))[1] as origin
       from tidemark.trigger where run_id = $1`,
    [runId],
  );
  return row as Omit<BegunRun, 'run'>;
}

/** Whether a trigger waits that the run does not cover. */
export async function hasUncoveredTriggers(db: Queryable, run: RunRef): Promise<boolean> {
  const rows = await db.query(
    `select from tidemark.trigger
      where integration = $1 and done_at is null and run_id is distinct from $2 limit 1`,
    [run.integration, run.runId],
  );
  return rows.length > 0;
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

export interface KindEnd {
  readonly kind: string;
  readonly state: Exclude<KindState, 'pending' | 'running'>;
  readonly error: string | null;
}

/**
 * Records how a kind ended. A complete one drops what lies in quarantine and was not seen again by it
 * (sync-semantics 6.8).
 */
export function finishKind(db: Database, run: RunRef, end: KindEnd): Promise<void> {
  return fenced(db, run, async (tx) => {
    await tx.query(
      `update tidemark.kind_run set state = $3, error = $4, finished_at = clock_timestamp(),
              started_at = coalesce(started_at, clock_timestamp())
        where run_id = $1 and kind = $2`,
      [run.runId, end.kind, end.state, end.error && storableText(end.error)],
    );
    if (end.state === 'complete') {
      await tx.query('delete from tidemark.quarantine where integration = $1 and kind = $2 and last_epoch < $3', [
        run.integration,
        end.kind,
        run.epoch,
      ]);
    }
  });
}

export interface RunEnd {
  readonly outcome: Outcome;
  readonly reason: string | null;
  /** The next run covers this one's triggers: it was aborted by a newer one. */
  readonly handTriggersOver: boolean;
}

/**
 * Records how a run ended and drops what it staged. Not fenced: a run that was overtaken may still say so; the first
 * word stands.
 */
export function finishRun(db: Database, run: RunRef, end: RunEnd): Promise<void> {
  return db.transaction(async (tx) => {
    const ended = await tx.query(
      `update tidemark.run set outcome = $2, reason = $3, finished_at = clock_timestamp()
        where id = $1 and finished_at is null returning id`,
      [run.runId, end.outcome, end.reason && storableText(end.reason)],
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
