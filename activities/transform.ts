import { randomUUID } from 'node:crypto';
import { readPages, stageMapped } from '../catalog/staging.ts';
import { MappingError } from '../domain/errors.ts';
import type { PinnedRun } from '../domain/run.ts';
import { BatchMapping } from './batch-mapping.ts';
import type { ActivityDependencies } from './dependencies.ts';

export interface TransformInput {
  readonly run: PinnedRun;
  readonly kind: string;
  readonly resource: string;
  /** The attempt that fetched the batch. */
  readonly attempt: string;
}

export interface TransformResult {
  /** Names the mapped rows. */
  readonly attempt: string;
  readonly entities: number;
  readonly quarantined: number;
  /** Why the mapping could not go on: wrong as such, not for one record. The pages before stand. */
  readonly failure: string | null;
}

export const createTransformActivity = (deps: ActivityDependencies) => ({
  /** Maps a fetched batch to entities and stages them; records without identity go into quarantine. */
  async transform({ run, kind, resource, attempt: fetchAttempt }: TransformInput): Promise<TransformResult> {
    const batch = new BatchMapping(await deps.pipeline(run.configVersion), { kind, key: resource });
    let failure: string | null = null;
    try {
      for await (const page of readPages(deps.db, fetchAttempt)) await batch.add(page);
    } catch (error) {
      if (!(error instanceof MappingError)) throw error;
      failure = error.message;
    }
    for (const { field, records, reason } of batch.fieldFailures.values()) {
      deps.log.warn(`${kind}: ${field} left as it is in ${records} record(s): ${reason}`);
    }
    const attempt = randomUUID();
    const { entities, quarantined, counts } = batch;
    const fieldFailures = [...batch.fieldFailures.values()];
    await stageMapped(deps.db, run, {
      attempt,
      fetchAttempt,
      kind,
      resource,
      entities,
      quarantined,
      counts,
      fieldFailures,
      whole: failure === null,
    });
    return { attempt, entities: entities.length, quarantined: quarantined.length, failure };
  },
});
