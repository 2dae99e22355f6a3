import { cancellationSignal } from '@temporalio/activity';
import { readPages, type StagedPage, unpackPage } from '../catalog/staging.ts';
import { appliedBatch, type WrittenBatch } from '../catalog/upsert.ts';
import { MappingError } from '../domain/errors.ts';
import type { PinnedRun } from '../domain/run.ts';
import { BatchMapping } from './batch-mapping.ts';
import { type ActivityDependencies, type Pipeline, policyOf, resourceKeys, resourceOf } from './dependencies.ts';
import { putRefusedAside } from './remote.ts';

export interface UpsertInput {
  readonly run: PinnedRun;
  readonly kind: string;
  readonly resource: string;
  readonly position: number;
  /** The attempt that fetched the batch. */
  readonly attempt: string;
}

export const createUpsertActivity = (deps: ActivityDependencies) => ({
  /**
   * Maps a fetched batch to entities and writes what changed to the destination; records without identity go into
   * quarantine. What was mapped is never stored in between: a repetition maps the staged pages again.
   */
  async upsert(input: UpsertInput): Promise<WrittenBatch> {
    const { run, kind, resource, position, attempt } = input;
    const parts = await deps.pipeline(run.configVersion);
    const handedOver = deps.handOver.take(attempt);
    // What a remote destination has not confirmed yet is still to be sent.
    if (handedOver === null && !parts.destination.remote) {
      const applied = await appliedBatch(deps.db, attempt);
      if (applied) return applied;
    }
    const { batch, failure } = await transform(parts, input, handedOver ?? readPages(deps.db, attempt));
    const fieldFailures = [...batch.fieldFailures.values()];
    for (const { field, records, reason } of fieldFailures) {
      deps.log.warn(`${kind}: ${field} left as it is in ${records} record(s): ${reason}`);
    }
    const { entities, gone, quarantined, counts } = batch;
    const { strategy } = resourceOf(parts, resource);
    const policy = policyOf(parts, resource);
    const mapped = { kind, resource, position, resources: resourceKeys(parts.integration), strategy, policy };
    const rows = { entities, gone, quarantined, counts, fieldFailures, failure };
    const staged = { ...mapped, ...rows, fetchAttempt: attempt };
    const written = await parts.destination.upsert(run, staged, cancellationSignal());
    await putRefusedAside(deps, run, { type: 'batch', batch: attempt });
    return written;
  },
});

/** Maps page by page; a mapping that is wrong as such ends at the page before. */
async function transform(
  pipeline: Pipeline,
  { kind, resource }: UpsertInput,
  pages: Iterable<StagedPage> | AsyncIterable<StagedPage>,
): Promise<{ batch: BatchMapping; failure: string | null }> {
  const batch = new BatchMapping(pipeline, { kind, key: resource });
  try {
    for await (const page of pages) await batch.add(await unpackPage(page));
    return { batch, failure: null };
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return { batch, failure: error.message };
  }
}
