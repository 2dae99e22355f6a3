import { activityInfo } from '@temporalio/activity';
import { startsOf } from '../catalog/checkpoints.ts';
import { quarantinedKinds } from '../catalog/quarantine.ts';
import { lastCompleteRun } from '../catalog/reports.ts';
import {
  type BegunRun,
  beginRun,
  finishKind,
  finishRun,
  type KindEnd,
  planKinds,
  type RunEnd,
  recordWarnings,
} from '../catalog/runs.ts';
import { recordAbsent } from '../catalog/stale.ts';
import { joinTriggers, noticeUncovered } from '../catalog/triggers.ts';
import type { Integration } from '../config/configuration.ts';
import { intervalVariable } from '../config/settings.ts';
import { UsageError } from '../domain/errors.ts';
import { durationOf, type PinnedRun } from '../domain/run.ts';
import { paceWarning } from '../domain/schedule.ts';
import { covers } from '../domain/scope.ts';
import { mayFinish, starvationWarning } from '../domain/starvation.ts';
import { type Reaction, type RunningTask, reactionTo, type TriggerOrigin } from '../domain/trigger.ts';
import type { ActivityDependencies, Pipeline } from './dependencies.ts';

/** A resource as the workflows refer to it. */
export interface ResourceRef {
  readonly key: string;
  readonly position: number;
  /** Only what changed since then is read (RFC 3339); `null`: everything. */
  readonly since: string | null;
}

export interface KindPlan {
  readonly kind: string;
  readonly resources: readonly ResourceRef[];
}

/** What a run is going to do. */
export interface RunPlan {
  readonly run: PinnedRun;
  readonly task: RunningTask;
  /** The plan of deletes that it applies. */
  readonly plan: string | null;
  /** The call that it carries out. */
  readonly call: string | null;
  /** Triggers that it covers, and where the latest of them came from. */
  readonly triggers: number;
  readonly origin: TriggerOrigin;
  /** In configuration order. */
  readonly kinds: readonly KindPlan[];
  readonly concurrency: number;
  /** Milliseconds. */
  readonly cancelDeadline: number;
  readonly searchAttributes: boolean;
  readonly warnings: readonly string[];
  /** The source has something to do before the first kind, or after a complete run. */
  readonly hooks: boolean;
  /** The destination is elsewhere: what it is to hold has to be sent. */
  readonly remote: boolean;
  /** Why nothing can start, e.g. a configuration that does not hold on this worker. */
  readonly problem: string | null;
}

export const createRunActivities = (deps: ActivityDependencies) => ({
  /** Takes the run's epoch and plans its kinds. `null`: no trigger waits. */
  async beginRun({ integration }: { integration: string }): Promise<RunPlan | null> {
    const begun = await beginRun(deps.db, integration, activityInfo().workflowExecution?.runId as string);
    if (!begun) return null;
    try {
      return await planRun(deps, begun);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return { ...IDLE, ...headOf(begun), searchAttributes: deps.searchAttributes, problem: error.message };
    }
  },

  /**
   * What the run does about triggers that it does not cover: a signal alone may be late, or a repetition. Where
   * `onTrigger: join` allows it, the run covers them from now on (sync-semantics 4.3).
   */
  async considerTriggers({ run, task }: { run: PinnedRun; task: RunningTask }): Promise<Reaction> {
    const waiting = await noticeUncovered(deps.db, run);
    const covered = waiting.filter(({ action, scope }) => action === 'resync' && covers(task.scope, scope));
    if (task.onTrigger !== 'join' || task.action !== 'resync' || covered.length === 0) return reactionTo(waiting, task);
    const scopes = covered.map(({ scope }) => scope);
    await joinTriggers(deps.db, run, scopes);
    return reactionTo(await noticeUncovered(deps.db, run), task);
  },

  /** Records how a kind ended. */
  async finishKind({ run, end }: { run: PinnedRun; end: Omit<KindEnd, 'checkpointOverlap'> }): Promise<void> {
    const { integration } = await deps.pipeline(run.configVersion);
    await finishKind(deps.db, run, { ...end, checkpointOverlap: integration.checkpointOverlap });
  },

  /** A second listing came to its end: what it did not return either is absent. */
  async recordAbsent({ run, kind }: { run: PinnedRun; kind: string }): Promise<void> {
    await recordAbsent(deps.db, run, kind);
  },

  /** Records how the run ended and drops what it staged. */
  async finishRun({ run, end }: { run: PinnedRun; end: RunEnd }): Promise<void> {
    await finishRun(deps.db, run, end);
  },
});

const IDLE = { kinds: [], concurrency: 1, cancelDeadline: 0, warnings: [], hooks: false, remote: false } as const;

function headOf({ run, task, plan, call, triggers, origin }: BegunRun) {
  return { run, task: { ...task, onTrigger: 'restart', mayFinish: false }, plan, call, triggers, origin } as const;
}

async function planRun(deps: ActivityDependencies, begun: BegunRun): Promise<RunPlan> {
  const { db, searchAttributes } = deps;
  const { run, task, abortsBefore } = begun;
  const pipeline = await deps.pipeline(run.configVersion);
  const { concurrency, cancelDeadline, onTrigger, starvationGuard: guard } = pipeline.integration;
  const kinds = await kindsOf(deps, begun, pipeline);
  await planKinds(
    db,
    run,
    kinds.map(({ kind }) => kind),
  );
  const warnings = [...inFull(begun, kinds, pipeline), ...(await starving(deps, begun, guard))];
  for (const warning of [...warnings, ...(await hurried(deps, begun, pipeline))]) {
    deps.log.warn(`${run.integration}: ${warning}`);
  }
  await recordWarnings(db, run, warnings);
  return {
    ...headOf(begun),
    task: { ...task, onTrigger, mayFinish: mayFinish({ abortsBefore, guard }) },
    kinds,
    concurrency,
    cancelDeadline,
    searchAttributes,
    warnings,
    hooks: pipeline.source.hooks !== undefined,
    remote: pipeline.destination.remote !== undefined,
    problem: null,
  };
}

/** The kinds that the run is about, in the order in which the configuration first names them. */
async function kindsOf({ db }: ActivityDependencies, begun: BegunRun, pipeline: Pipeline): Promise<KindPlan[]> {
  const { run, task } = begun;
  const { action, scope } = task;
  if (action === 'apply' || action === 'sync') return [];
  const known = kindPlans(pipeline.integration);
  const unknown = scope.kinds?.filter((kind) => !known.some((plan) => plan.kind === kind)) ?? [];
  if (unknown.length > 0) {
    const names = known.map(({ kind }) => kind).join(', ');
    throw new UsageError(`${run.integration} has no kind ${unknown.join(', ')}; it has: ${names}`);
  }
  const wanted = known.filter(({ kind }) => scope.kinds?.includes(kind) ?? true);
  if (action === 'retry') {
    const quarantined = await quarantinedKinds(db, run.integration);
    return wanted.filter(({ kind }) => quarantined.includes(kind));
  }
  if (scope.since === null) return wanted;
  const readable = wanted.filter(({ kind }) => pipeline.source.incremental?.includes(kind));
  const resources = readable.flatMap((plan) => plan.resources.map(({ key }) => key));
  const starts = await startsOf(db, run, { since: scope.since, resources });
  return wanted.map((plan) => ({
    ...plan,
    resources: plan.resources.map((ref) => ({ ...ref, since: starts.get(ref.key) ?? null })),
  }));
}

function kindPlans({ resources }: Integration): KindPlan[] {
  const kinds = new Map<string, ResourceRef[]>();
  for (const { kind, key, position } of resources) {
    kinds.set(kind, [...(kinds.get(kind) ?? []), { key, position, since: null }]);
  }
  return [...kinds].map(([kind, refs]) => ({ kind, resources: refs }));
}

/** An incremental run reads more than it was asked to where it cannot do otherwise, and says so. */
function inFull({ task }: BegunRun, kinds: readonly KindPlan[], { source }: Pipeline): string[] {
  if (task.scope.since === null) return [];
  return kinds.flatMap(({ kind, resources }) => {
    if (!source.incremental?.includes(kind)) return [`${kind} is read in full: its source cannot tell what changed`];
    return resources
      .filter(({ since }) => since === null)
      .map(({ key }) => `${key} is read in full: no complete run with this configuration has left a checkpoint yet`);
  });
}

async function starving({ db }: ActivityDependencies, begun: BegunRun, guard: number): Promise<string[]> {
  const { run, task, abortsBefore } = begun;
  if (task.action !== 'resync' || abortsBefore === 0) return [];
  const last = await lastCompleteRun(db, run.integration);
  const lastComplete = last && durationOf(last);
  const variable = intervalVariable(run.integration);
  return [starvationWarning({ abortsBefore, guard, lastComplete, variable })].filter((text) => text !== null);
}

/** For the log alone: it is about the integration rather than the run, and `status` says it as of now. */
async function hurried({ db }: ActivityDependencies, { task }: BegunRun, { integration }: Pipeline): Promise<string[]> {
  const { id, scheduledResyncInterval: interval } = integration;
  if (task.action !== 'resync' || interval === null) return [];
  const last = await lastCompleteRun(db, id);
  const lastComplete = last && durationOf(last);
  const warning = paceWarning({ intervalSeconds: interval / 1000, lastComplete, variable: intervalVariable(id) });
  return [warning].filter((text) => text !== null);
}
