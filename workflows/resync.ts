import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { RunPlan } from '../activities/run.ts';
import { type Outcome, outcomeOf } from '../domain/outcome.ts';
import { activities, labelled } from './activity-options.ts';
import { causeOf } from './cause.ts';
import { deletePhase } from './delete-phase.ts';
import { progressQuery, type ResyncInput, type ResyncResult, triggerSignal } from './messages.ts';
import { Nudges } from './nudges.ts';
import { ResyncProgressRecord } from './resync-progress.ts';
import { runKinds } from './run-kinds.ts';
import { recordAttributes } from './search-attributes.ts';

/** Why a run ended before its end. */
type Abort = 'trigger' | 'cancellation' | null;

interface RunResult {
  readonly outcome: Outcome;
  readonly reason: string | null;
}

/**
 * One resync of an integration: a child workflow for every kind, and the delete phase only when every kind is
 * complete. A trigger that this run does not cover aborts it; the next run is the next execution, so that the
 * Temporal UI shows one execution for each run (sync-semantics 2, 3, 4.2).
 */
export async function resyncWorkflow({ integration }: ResyncInput): Promise<ResyncResult> {
  const nudges = new Nudges();
  const progress = new ResyncProgressRecord();
  setHandler(triggerSignal, () => nudges.receive());
  setHandler(progressQuery, () => progress.report);

  const plan = await nudges.look(() =>
    activities.beginRun.executeWithOptions(labelled('take an epoch, plan the kinds'), [{ integration }]),
  );
  if (plan === null) {
    if (nudges.waiting) return continueAsNew<typeof resyncWorkflow>({ integration });
    return { run: null, outcome: null, reason: 'no trigger was waiting' };
  }
  progress.begun(plan);
  const attributes = { integration, trigger: plan.origin };
  recordAttributes(plan.searchAttributes, { ...attributes, outcome: 'running' });

  const { result, abort } = await runUntilAborted(plan, { progress, nudges });
  progress.enter('ended');
  await CancellationScope.nonCancellable(() =>
    activities.finishRun.executeWithOptions(labelled(`record: ${result.outcome}`), [
      { run: plan.run, end: { ...result, handTriggersOver: abort === 'trigger' } },
    ]),
  );
  recordAttributes(plan.searchAttributes, { ...attributes, outcome: result.outcome });
  setCurrentDetails(progress.details(result.outcome, result.reason));

  let another = abort === 'trigger';
  while (!another && nudges.waiting) another = await CancellationScope.nonCancellable(() => anotherWaits(plan, nudges));
  // No await from here on: then the server refuses to close over a signal that has just come in, and none is lost.
  if (another) return continueAsNew<typeof resyncWorkflow>({ integration });
  if (abort === 'cancellation') throw new CancelledFailure(`run ${plan.run.runId} was cancelled`);
  if (result.outcome === 'failed') {
    throw ApplicationFailure.create({
      message: result.reason ?? 'no kind was complete',
      type: 'RunFailed',
      nonRetryable: true,
    });
  }
  return { run: plan.run.runId, ...result };
}

interface RunState {
  readonly progress: ResyncProgressRecord;
  readonly nudges: Nudges;
}

async function runUntilAborted(plan: RunPlan, state: RunState): Promise<{ result: RunResult; abort: Abort }> {
  if (plan.problem !== null) return { result: { outcome: 'failed', reason: plan.problem }, abort: null };
  const scope = new CancellationScope();
  let triggered = false;
  const watching = new CancellationScope();
  const watch = watching.run(async () => {
    do await condition(() => state.nudges.waiting);
    while (!(await anotherWaits(plan, state.nudges)));
    triggered = true;
    scope.cancel();
  });
  watch.catch(() => {});
  try {
    return { result: await scope.run(() => runAll(plan, state.progress)), abort: null };
  } catch (error) {
    if (!scope.consideredCancelled) return { result: { outcome: 'failed', reason: causeOf(error) }, abort: null };
    const reason = triggered ? 'a newer trigger came in' : 'it was cancelled';
    return { result: { outcome: 'aborted', reason }, abort: triggered ? 'trigger' : 'cancellation' };
  } finally {
    watching.cancel();
  }
}

/** Whether a trigger waits that this run does not cover. */
function anotherWaits({ run }: RunPlan, nudges: Nudges): Promise<boolean> {
  return nudges.look(() =>
    activities.hasUncoveredTriggers.executeWithOptions(labelled('does another trigger wait?'), [{ run }]),
  );
}

async function runAll(plan: RunPlan, progress: ResyncProgressRecord): Promise<RunResult> {
  const show = (): void => setCurrentDetails(progress.details('running', null));
  show();
  const failures = await runKinds(plan, { progress, show });
  const facts = { aborted: false, deletesUnconfirmed: false, deletesHeld: false };
  if (failures.length > 0) {
    const reason = `nothing was deleted: ${failures.join('; ')}`;
    return { outcome: outcomeOf({ ...facts, kinds: progress.states }), reason };
  }
  const deletes = await deletePhase(plan, { progress, show });
  const outcome = outcomeOf({
    ...facts,
    kinds: progress.states,
    deletesUnconfirmed: deletes.unconfirmed.length > 0,
    deletesHeld: deletes.held.length > 0,
  });
  return { outcome, reason: [...deletes.unconfirmed, ...deletes.held].join('; ') || null };
}
