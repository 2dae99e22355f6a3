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
import type { Reaction } from '../domain/trigger.ts';
import { RUN, type RunResult } from './actions.ts';
import { activities, labelled } from './activity-options.ts';
import { causeOf } from './cause.ts';
import { progressQuery, type ResyncInput, type ResyncResult, triggerSignal } from './messages.ts';
import { Nudges } from './nudges.ts';
import { ResyncProgressRecord } from './resync-progress.ts';
import { recordAttributes } from './search-attributes.ts';

/** Why a run ended before its end. */
type Abort = 'trigger' | 'cancellation' | null;

/**
 * One run of an integration. A resync: a child workflow for every kind, and the delete phase only when every kind is
 * complete; a trigger that it does not cover aborts it or waits behind it. Or deletes that were approved, or a retry of
 * what lies in quarantine. The next run is the next execution, so that the Temporal UI shows one execution for each run
 * (sync-semantics 2, 3, 4).
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

  const { result, abort, behind } = await runUntilAborted(plan, { progress, nudges });
  progress.enter('ended');
  await CancellationScope.nonCancellable(() =>
    activities.finishRun.executeWithOptions(labelled(`record: ${result.outcome}`), [
      { run: plan.run, end: { ...result, overtaken: abort === 'trigger', handTriggersOver: abort === 'trigger' } },
    ]),
  );
  recordAttributes(plan.searchAttributes, { ...attributes, outcome: result.outcome });
  setCurrentDetails(progress.details(result.outcome, [result.reason, ...plan.warnings].filter(Boolean).join('\n\n')));

  let another = abort === 'trigger' || behind;
  while (!another && nudges.waiting) {
    another = (await CancellationScope.nonCancellable(() => consider(plan, nudges))) !== 'none';
  }
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

interface RunEnding {
  readonly result: RunResult;
  readonly abort: Abort;
  /** A trigger waits behind the run. */
  readonly behind: boolean;
}

async function runUntilAborted(plan: RunPlan, state: RunState): Promise<RunEnding> {
  if (plan.problem !== null) return { result: { outcome: 'failed', reason: plan.problem }, abort: null, behind: false };
  const scope = new CancellationScope();
  let reaction: Reaction = 'none';
  const watching = new CancellationScope();
  const watch = watching.run(async () => {
    while (reaction !== 'abort') {
      await condition(() => state.nudges.waiting);
      reaction = await consider(plan, state.nudges);
    }
    scope.cancel();
  });
  watch.catch(() => {});
  // A run that came to its end all the same, in the middle of its deletes, is followed as well.
  const ending = (result: RunResult, abort: Abort = null): RunEnding => ({
    result,
    abort,
    behind: (reaction as Reaction) !== 'none',
  });
  try {
    return ending(await scope.run(() => RUN[plan.task.action](plan, state.progress)));
  } catch (error) {
    if (!scope.consideredCancelled) return ending({ outcome: 'failed', reason: causeOf(error) });
    const triggered = (reaction as Reaction) === 'abort';
    const reason = triggered ? 'a newer trigger came in' : 'it was cancelled';
    return ending({ outcome: 'aborted', reason }, triggered ? 'trigger' : 'cancellation');
  } finally {
    watching.cancel();
  }
}

/** What this run does about triggers that it does not cover. */
function consider({ run, task }: RunPlan, nudges: Nudges): Promise<Reaction> {
  return nudges.look(() =>
    activities.considerTriggers.executeWithOptions(labelled('does another trigger wait?'), [{ run, task }]),
  );
}
