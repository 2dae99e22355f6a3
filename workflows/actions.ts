import { CancellationScope, setCurrentDetails } from '@temporalio/workflow';
import type { RunPlan } from '../activities/run.ts';
import { type Outcome, outcomeOf } from '../domain/outcome.ts';
import type { Action } from '../domain/trigger.ts';
import { activities, labelled } from './activity-options.ts';
import { causeOf, isOwnCancellation } from './cause.ts';
import { deletePhase } from './delete-phase.ts';
import type { ResyncProgressRecord } from './resync-progress.ts';
import { runKinds } from './run-kinds.ts';

export interface RunResult {
  readonly outcome: Outcome;
  readonly reason: string | null;
}

type Run = (plan: RunPlan, progress: ResyncProgressRecord) => Promise<RunResult>;

/** What a run does, by its action. */
export const RUN: Readonly<Record<Action, Run>> = { resync, retry, apply, sync };

/** Brings a scope's entities in line with a list of ready ones (sync-semantics 6.7). */
async function sync({ run, call }: RunPlan, progress: ResyncProgressRecord): Promise<RunResult> {
  progress.enter('deleting');
  const { kinds, unsent } = await CancellationScope.nonCancellable(() =>
    activities.syncScope.executeWithOptions(labelled('write the list, delete what it lacks'), [
      { run, call: call as string },
    ]),
  );
  for (const { kind, deleted } of kinds) progress.applied(kind, deleted);
  const held = kinds.flatMap(({ kind, held: why }) => (why ? [`${kind}: ${why}`] : []));
  if (unsent) return { outcome: 'incomplete', reason: [unsent, ...held].join('; ') };
  return { outcome: held.length > 0 ? 'held' : 'complete', reason: held.join('; ') || null };
}

/** Carries out a plan that a person has approved (sync-semantics 3.5). */
async function apply({ run, plan }: RunPlan, progress: ResyncProgressRecord): Promise<RunResult> {
  progress.enter('deleting');
  const { kind, deleted, refusal, unsent } = await CancellationScope.nonCancellable(() =>
    activities.applyPlan.executeWithOptions(labelled(`delete what plan ${plan} names`), [
      { run, plan: plan as string },
    ]),
  );
  if (refusal !== null) return { outcome: 'failed', reason: refusal };
  progress.applied(kind ?? 'removed', deleted);
  if (unsent) return { outcome: 'incomplete', reason: unsent };
  return { outcome: 'complete', reason: null };
}

/** Maps again what lies in quarantine; deletes nothing (sync-semantics 6.8). */
async function retry(plan: RunPlan, progress: ResyncProgressRecord): Promise<RunResult> {
  if (plan.kinds.length === 0) return { outcome: 'complete', reason: 'nothing lies in quarantine' };
  const failures = await runKinds(plan, { pass: 'retry', progress, show: showing(plan, progress) });
  const unsettled = await settle(plan, failures);
  const outcome = outcomeOf({ ...NO_DELETES, kinds: progress.states, deletesUnconfirmed: unsettled.length > 0 });
  return { outcome, reason: [...failures, ...unsettled].join('; ') || null };
}

/**
 * Sends a remote destination what is left over. Returns why that did not succeed. A run that is not complete anyway waits
 * for nothing.
 */
async function settle({ run, remote }: RunPlan, failures: readonly string[]): Promise<string[]> {
  if (!remote) return [];
  try {
    await activities.settleRemote.executeWithOptions(labelled('send what is left over'), [
      { run, patient: failures.length === 0 },
    ]);
    return [];
  } catch (error) {
    if (isOwnCancellation(error)) throw error;
    return [`the destination has not confirmed everything (${causeOf(error)})`];
  }
}

const NO_DELETES = { aborted: false, deletesUnconfirmed: false, deletesHeld: false } as const;

const showing = (plan: RunPlan, progress: ResyncProgressRecord) => (): void =>
  setCurrentDetails(progress.details('running', plan.warnings.join('\n\n') || null));

/** With what the source's own code does before and after. */
async function resync(plan: RunPlan, progress: ResyncProgressRecord): Promise<RunResult> {
  if (!plan.hooks) return readAndDelete(plan, progress);
  await activities.startHooks.executeWithOptions(labelled('onResyncStart'), [{ run: plan.run }]);
  const result = await readAndDelete(plan, progress);
  if (result.outcome === 'complete') {
    await activities.completeHooks.executeWithOptions(labelled('onResyncComplete'), [{ run: plan.run }]);
  }
  return result;
}

async function readAndDelete(plan: RunPlan, progress: ResyncProgressRecord): Promise<RunResult> {
  const show = showing(plan, progress);
  show();
  if (plan.remote) {
    const options = labelled('ask the destination what it needs and holds');
    await activities.beginRemote.executeWithOptions(options, [{ run: plan.run }]);
  }
  const unread = await runKinds(plan, { pass: 'read', progress, show });
  const unsettled = await settle(plan, unread);
  const failures = [...unread, ...unsettled];
  if (failures.length > 0) {
    const reason = `nothing was deleted: ${failures.join('; ')}`;
    const facts = { ...NO_DELETES, kinds: progress.states, deletesUnconfirmed: unsettled.length > 0 };
    return { outcome: outcomeOf(facts), reason };
  }
  // What was not read in full cannot show what is gone (2.8).
  if (plan.task.scope.since !== null) return { outcome: 'complete', reason: null };
  const deletes = await deletePhase(plan, { progress, show });
  const outcome = outcomeOf({
    aborted: false,
    kinds: progress.states,
    deletesUnconfirmed: deletes.unconfirmed.length > 0,
    deletesHeld: deletes.held.length > 0,
  });
  return { outcome, reason: [...deletes.unconfirmed, ...deletes.held].join('; ') || null };
}
