import type { StagedBatch } from '../catalog/write-batch.ts';
import type { PinnedRun, UpsertCounts } from '../domain/run.ts';
import { type ActivityDependencies, policyOf, resourceKeys, resourceOf } from './dependencies.ts';

/** A batch as the workflow names it; what the configuration says of it is added here. */
type BatchRef = Omit<StagedBatch, 'resources' | 'strategy' | 'policy'>;

export const createUpsertActivity = ({ pipeline }: ActivityDependencies) => ({
  /** Writes what changed of a mapped batch to the destination. */
  async upsert({ run, batch }: { run: PinnedRun; batch: BatchRef }): Promise<UpsertCounts> {
    const parts = await pipeline(run.configVersion);
    const { strategy } = resourceOf(parts, batch.resource);
    const policy = policyOf(parts, batch.resource);
    return parts.destination.upsert(run, { ...batch, strategy, policy, resources: resourceKeys(parts.integration) });
  },
});
