import { cancellationSignal } from '@temporalio/activity';
import type { StagedBatch } from '../catalog/write-batch.ts';
import type { PinnedRun, UpsertCounts } from '../domain/run.ts';
import { type ActivityDependencies, resourceKeys, resourceOf } from './dependencies.ts';
import { putRefusedAside } from './remote.ts';

/** A batch as the workflow names it; what the configuration says of it is added here. */
type BatchRef = Omit<StagedBatch, 'resources' | 'strategy'>;

export const createUpsertActivity = (deps: ActivityDependencies) => ({
  /** Writes what changed of a mapped batch to the destination. */
  async upsert({ run, batch }: { run: PinnedRun; batch: BatchRef }): Promise<UpsertCounts> {
    const parts = await deps.pipeline(run.configVersion);
    const { strategy } = resourceOf(parts, batch.resource);
    const staged = { ...batch, strategy, resources: resourceKeys(parts.integration) };
    const counts = await parts.destination.upsert(run, staged, cancellationSignal());
    await putRefusedAside(deps, run);
    return counts;
  },
});
