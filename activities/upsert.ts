import type { StagedBatch } from '../catalog/upsert.ts';
import type { PinnedRun, UpsertCounts } from '../domain/run.ts';
import { type ActivityDependencies, resourceKeys } from './dependencies.ts';

/** A batch as the workflow names it; what the configuration says of it is added here. */
type BatchRef = Omit<StagedBatch, 'resources'>;

export const createUpsertActivity = ({ pipeline }: ActivityDependencies) => ({
  /** Writes what changed of a mapped batch to the destination. */
  async upsert({ run, batch }: { run: PinnedRun; batch: BatchRef }): Promise<UpsertCounts> {
    const { destination, integration } = await pipeline(run.configVersion);
    return destination.upsert(run, { ...batch, resources: resourceKeys(integration) });
  },
});
