import type { StagedBatch } from '../catalog/upsert.ts';
import type { PinnedRun, UpsertCounts } from '../domain/run.ts';
import type { ActivityDependencies } from './dependencies.ts';

export const createUpsertActivity = ({ pipeline }: ActivityDependencies) => ({
  /** Writes what changed of a mapped batch to the destination. */
  async upsert({ run, batch }: { run: PinnedRun; batch: StagedBatch }): Promise<UpsertCounts> {
    const { destination } = await pipeline(run.configVersion);
    return destination.upsert(run, batch);
  },
});
