import type { FailedField, KindReport, RunReport } from '../domain/run.ts';
import type { Queryable } from './database.ts';
import { rfc3339 } from './time.ts';

const KINDS = `
  select run_id as run, kind, state, error, held, ${rfc3339('started_at')} as "startedAt",
         ${rfc3339('finished_at')} as "finishedAt", pages, read, ruled_out as "ruledOut", quarantined, unidentified,
         duplicates, outdated, created, updated, unchanged, skipped, deleted, unconfirmed + unsent as unconfirmed, plan
    from tidemark.kind_run where run_id = any ($1) order by run_id, position`;

const RUNS = `
  select r.id as run, r.integration, r.epoch, coalesce(r.outcome, 'running') as outcome, r.reason,
         r.warnings, r.action, r.scope, r.plan, r.config_version as "configVersion",
         r.workflow_run_id as "workflowRunId",
         json_build_object('deleted', r.removed_deleted, 'held', r.removed_held, 'plan', r.removed_plan) as removed,
         array(select t.id::text from tidemark.trigger t where t.run_id = r.id order by t.created_at) as triggers,
         ${rfc3339('r.started_at')} as "startedAt", ${rfc3339('r.finished_at')} as "finishedAt"
    from tidemark.run r`;

async function withKinds(db: Queryable, runs: readonly Omit<RunReport, 'kinds'>[]): Promise<RunReport[]> {
  const ids = [runs.map((run) => run.run)];
  const kinds = await db.query<KindReport & { run: string }>(KINDS, ids);
  const failures = await db.query<FailedField & { run: string; kind: string }>(
    `select run_id as run, kind, resource, field, records, reason from tidemark.field_failure
      where run_id = any ($1) order by run_id, resource, field`,
    ids,
  );
  return runs.map((run) => ({
    ...run,
    kinds: kinds
      .filter((kind) => kind.run === run.run)
      .map(({ run: _, ...kind }) => ({
        ...kind,
        failedFields: failures
          .filter((failure) => failure.run === run.run && failure.kind === kind.kind)
          .map(({ run: __, kind: ___, ...failure }) => failure),
      })),
  }));
}

/** One run with its kinds. */
export async function readRun(db: Queryable, runId: string): Promise<RunReport | null> {
  const runs = await db.query<Omit<RunReport, 'kinds'>>(`${RUNS} where r.id = $1`, [runId]);
  return (await withKinds(db, runs))[0] ?? null;
}

/** The latest runs of an integration, newest first. */
export async function listRuns(db: Queryable, integration: string, limit: number): Promise<RunReport[]> {
  const runs = await db.query<Omit<RunReport, 'kinds'>>(
    `${RUNS} where r.integration = $1 order by r.epoch desc limit $2`,
    [integration, limit],
  );
  return withKinds(db, runs);
}

/** The last complete run of an integration that read every record of every kind (sync-semantics 2.9). */
export async function lastCompleteRun(db: Queryable, integration: string): Promise<RunReport | null> {
  const runs = await db.query<Omit<RunReport, 'kinds'>>(
    `${RUNS} where r.integration = $1 and r.outcome = 'complete' and r.action = 'resync'
        and r.scope = '{"kinds": null, "since": null}' order by r.epoch desc limit 1`,
    [integration],
  );
  return (await withKinds(db, runs))[0] ?? null;
}
