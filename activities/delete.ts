import type { DeletePhase } from '../catalog/stale.ts';
import type { Pass, PinnedRun } from '../domain/run.ts';
import { type ActivityDependencies, resourceKeys } from './dependencies.ts';

/** Which second look a kind's candidates get before anything is deleted. */
export interface SecondLook {
  readonly kind: string;
  readonly candidates: number;
  readonly pass: Exclude<Pass, 'read'>;
}

export const createDeleteActivities = ({ pipeline }: ActivityDependencies) => ({
  /**
   * Finds what the run's complete read did not return. Few candidates are looked up one by one; many, or such that
   * the source cannot look up, are settled by a second listing (sync-semantics 3.2). A kind with records of unknown
   * identity gets no second look: its deletes are held anyway (1.4).
   */
  async findStale({ run }: { run: PinnedRun }): Promise<SecondLook[]> {
    const { integration, destination } = await pipeline(run.configVersion);
    const stale = await destination.findStale(run, resourceKeys(integration));
    return stale
      .filter(({ unidentified }) => unidentified === 0)
      .map(({ kind, candidates, withoutLookup }) => {
        const oneByOne = withoutLookup === 0 && candidates <= integration.deletes.lookupLimit;
        return { kind, candidates, pass: oneByOne ? 'lookup' : 'second-listing' };
      });
  },

  /** Deletes what the second look confirmed. */
  async deleteStale({ run }: { run: PinnedRun }): Promise<DeletePhase> {
    const { destination, integration } = await pipeline(run.configVersion);
    return destination.deleteStale(run, resourceKeys(integration));
  },
});
