import { cancellationSignal } from '@temporalio/activity';
import type { AppliedPlan } from '../catalog/apply-plan.ts';
import type { DeletePhase } from '../catalog/delete-phase.ts';
import type { Pass, PinnedRun } from '../domain/run.ts';
import { type ActivityDependencies, resourceKeys } from './dependencies.ts';

/** Which second look a kind's candidates get before anything is deleted. */
export interface SecondLook {
  readonly kind: string;
  readonly candidates: number;
  readonly pass: Extract<Pass, 'lookup' | 'second-listing'>;
}

export interface FindStaleInput {
  readonly run: PinnedRun;
  /** The kinds that the run read; `null`: every kind. */
  readonly kinds: readonly string[] | null;
}

export const createDeleteActivities = ({ pipeline }: ActivityDependencies) => ({
  /**
   * Finds what the run's complete read did not return. Few candidates are looked up one by one; many, or such that
   * the source cannot look up, are settled by a second listing (sync-semantics 3.2).
   */
  async findStale({ run, kinds }: FindStaleInput): Promise<SecondLook[]> {
    const { integration, destination } = await pipeline(run.configVersion);
    const configured = resourceKeys(integration);
    const read = integration.resources.filter(({ kind }) => kinds?.includes(kind) ?? true).map(({ key }) => key);
    const stale = await destination.findStale(run, {
      resources: read,
      configured: kinds === null ? configured : null,
    });
    return stale.map(({ kind, candidates, withoutLookup }) => {
      const oneByOne = withoutLookup === 0 && candidates <= integration.deletes.lookupLimit;
      return { kind, candidates, pass: oneByOne ? 'lookup' : 'second-listing' };
    });
  },

  /** Deletes what the second look confirmed; what a guard holds becomes a plan. */
  async deleteStale({ run }: { run: PinnedRun }): Promise<DeletePhase> {
    const { destination, integration } = await pipeline(run.configVersion);
    const { removed, ...limits } = integration.deletes;
    const request = { resources: resourceKeys(integration), limits, removed };
    return destination.deleteStale(run, request, cancellationSignal());
  },

  /** Carries out a plan that was approved. */
  async applyPlan({ run, plan }: { run: PinnedRun; plan: string }): Promise<AppliedPlan> {
    const { destination, integration } = await pipeline(run.configVersion);
    return destination.applyPlan(run, { plan, resources: resourceKeys(integration) }, cancellationSignal());
  },
});
