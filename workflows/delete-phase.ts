import { CancellationScope } from '@temporalio/workflow';
import type { SecondLook } from '../activities/delete.ts';
import type { KindPlan, RunPlan } from '../activities/run.ts';
import { activities, labelled } from './activity-options.ts';
import { causeOf, isOwnCancellation } from './cause.ts';
import { readKind, type Shown, sideBySide } from './run-kinds.ts';

/** What stands between the run and `complete`. */
export interface DeletePhaseResult {
  readonly unconfirmed: readonly string[];
  readonly held: readonly string[];
}

/**
 * The delete phase, when every kind is complete: what the read did not return gets a second look; what that
 * confirmed is deleted, in the catalog in one step that is not cancelled in between (sync-semantics 3.1, 3.2, 3.6).
 */
export async function deletePhase(plan: RunPlan, { progress, show }: Shown): Promise<DeletePhaseResult> {
  const { run } = plan;
  const unconfirmed: string[] = [];
  const looks = await activities.findStale.executeWithOptions(labelled('find what the source did not return'), [
    { run, kinds: plan.task.scope.kinds },
  ]);
  if (looks.length > 0) {
    progress.enter('second look');
    show();
    await sideBySide(plan, looks, async (look) => {
      const failure = await lookAgain(plan, look);
      if (failure) unconfirmed.push(failure);
    });
  }
  progress.enter('deleting');
  show();
  const doDelete = () =>
    activities.deleteStale.executeWithOptions(labelled('delete what is gone for certain'), [{ run }]);
  // Deletes elsewhere stop between two calls; here they are one transaction.
  const phase = await (plan.remote ? doDelete() : CancellationScope.nonCancellable(doDelete));
  if (phase.configurationChanged) {
    return { unconfirmed: ['nothing was deleted: the configuration changed during the run'], held: [] };
  }
  for (const { kind, deleted, held } of phase.kinds) progress.deleted(kind, deleted, held);
  for (const { kind, unconfirmed: count } of phase.kinds) {
    if (count > 0 && !unconfirmed.some((text) => text.startsWith(`${kind}: `))) {
      unconfirmed.push(`${kind}: ${count} deletes were not confirmed by the second look`);
    }
  }
  const held = phase.kinds.flatMap(({ kind, held: why }) => (why ? [`${kind}: ${why}`] : []));
  if (phase.removed.held) held.push(`removed: ${phase.removed.held}`);
  if (phase.unknown) held.push(phase.unknown);
  if (phase.unsent) unconfirmed.push(phase.unsent);
  return { unconfirmed, held };
}

/** Why candidates of a kind could not be settled; they stay and are proposed again by the next complete run. */
async function lookAgain(plan: RunPlan, { kind, candidates, pass }: SecondLook): Promise<string | null> {
  try {
    await readKind(plan, { kind: plan.kinds.find((known) => known.kind === kind) as KindPlan, pass });
    return null;
  } catch (error) {
    if (isOwnCancellation(error)) throw error;
    return `${kind}: the second look at ${candidates} deletes failed (${causeOf(error)})`;
  }
}
