import { randomUUID } from 'node:crypto';
import {
  type FieldFailureCount,
  type QuarantinedRecord,
  type ReadPage,
  readPages,
  type StagedEntity,
  stageMapped,
} from '../catalog/staging.ts';
import { MappingError } from '../domain/errors.ts';
import type { RawRecord } from '../domain/json.ts';
import type { PinnedRun } from '../domain/run.ts';
import { isStorableText } from '../domain/text.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import type { Source } from '../sources/source.ts';
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
    const { source, mappings } = await deps.pipeline(run.configVersion);
    const batch = new BatchMapping(source, kind, mappings.get(resource) as ResourceMapping);
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

/** Key, blueprint and identifier of a claim share one entry of an index, which takes 2,704 bytes. */
const MAX_KEY_BYTES = 1_000;

/** Collects what the mapping makes of a batch, page by page. A page that fails as such leaves nothing behind. */
class BatchMapping {
  readonly entities: StagedEntity[] = [];
  readonly quarantined: QuarantinedRecord[] = [];
  readonly fieldFailures = new Map<string, FieldFailureCount>();
  readonly counts = { pages: 0, read: 0, ruledOut: 0 };
  private readonly source: Source;
  private readonly kind: string;
  private readonly mapping: ResourceMapping;

  constructor(source: Source, kind: string, mapping: ResourceMapping) {
    this.source = source;
    this.kind = kind;
    this.mapping = mapping;
  }

  async add({ rows, observedAt }: ReadPage): Promise<void> {
    const results = [];
    for (const record of rows) results.push({ record, result: await this.mapping.map(record) });
    this.counts.pages += 1;
    this.counts.read += rows.length;
    for (const { record, result } of results) {
      if (result.type === 'ruled-out') {
        this.counts.ruledOut += 1;
        continue;
      }
      const identity = await this.identify(record);
      if ('reason' in identity) {
        this.reject(record, { stage: 'record key', reason: identity.reason, recordKey: '', observedAt });
        continue;
      }
      const { recordKey, locator } = identity;
      if (result.type === 'rejected') {
        this.reject(record, { ...result, recordKey, observedAt });
        continue;
      }
      for (const { blueprint, identifier, fields, failures } of result.entities) {
        const failed = failures.map((failure) => failure.field);
        this.entities.push({ recordKey, locator, blueprint, identifier, fields, failed, observedAt });
        for (const { field, reason } of failures) this.countFailure(field, reason);
      }
      const [rejection] = result.rejections;
      if (rejection) this.reject(record, { ...rejection, recordKey, observedAt });
    }
  }

  /** The record's key as the ledger can hold it, or why it cannot. */
  private async identify(
    record: RawRecord,
  ): Promise<{ recordKey: string; locator: string | null } | { reason: string }> {
    try {
      const { key, locator } = await this.source.identify(this.kind, record);
      if (key === null) return { recordKey: '', locator };
      if (!isStorableText(key))
        return { reason: "the source's key of the record holds a NUL or half a surrogate pair" };
      const bytes = Buffer.byteLength(key);
      if (bytes <= MAX_KEY_BYTES) return { recordKey: key, locator };
      return {
        reason: `the source's key of the record has ${bytes} bytes; at most ${MAX_KEY_BYTES} fit the ledger's index`,
      };
    } catch (error) {
      return {
        reason: `the source cannot tell the record's key: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
  }

  private reject(record: RawRecord, why: Omit<QuarantinedRecord, 'raw'>): void {
    const { recordKey, stage, reason, observedAt } = why;
    this.quarantined.push({ recordKey, stage, reason, observedAt, raw: JSON.stringify(record) });
  }

  private countFailure(field: string, reason: string): void {
    const known = this.fieldFailures.get(field);
    this.fieldFailures.set(field, known ? { ...known, records: known.records + 1 } : { field, records: 1, reason });
  }
}
