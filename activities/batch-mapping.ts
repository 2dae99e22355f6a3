import type { FieldFailureCount, RejectedRecord, StagedEntity, StagedGone } from '../catalog/mapped-batch.ts';
import type { ReadPage } from '../catalog/staging.ts';
import type { Resource } from '../config/configuration.ts';
import type { RawRecord } from '../domain/json.ts';
import { isStorableText } from '../domain/text.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import type { RecordIdentity, Source } from '../sources/source.ts';
import type { Pipeline } from './dependencies.ts';

/** Key, blueprint and identifier of a claim share one entry of an index, which takes 2,704 bytes. */
const MAX_KEY_BYTES = 1_000;

/** What most entities have failed. */
const NONE: readonly string[] = [];

/** Collects what the mapping makes of a batch, page by page. A page that fails as such leaves nothing behind. */
export class BatchMapping {
  readonly entities: StagedEntity[] = [];
  readonly gone: StagedGone[] = [];
  readonly quarantined: RejectedRecord[] = [];
  readonly fieldFailures = new Map<string, FieldFailureCount>();
  readonly counts = { pages: 0, read: 0, ruledOut: 0 };
  private readonly source: Source;
  private readonly kind: string;
  private readonly mapping: ResourceMapping;
  private readonly keepsRaw: boolean;

  /** Maps records of one resource. */
  constructor({ source, mappings, policies }: Pipeline, { kind, key }: Pick<Resource, 'kind' | 'key'>) {
    this.source = source;
    this.kind = kind;
    this.mapping = mappings.get(key) as ResourceMapping;
    this.keepsRaw = Boolean(policies.get(key)?.resolve);
  }

  /** `anyRecord`: those that the query rules out as well. */
  async add({ rows, gone, observedAt }: ReadPage, options = { anyRecord: false }): Promise<void> {
    const results = [];
    for (const record of rows) {
      const mapped = this.mapping.map(record, options);
      results.push({ record, result: mapped instanceof Promise ? await mapped : mapped });
    }
    this.counts.pages += 1;
    this.gone.push(...gone.map((each) => ({ ...each, observedAt })));
    this.counts.read += rows.length;
    for (const { record, result } of results) {
      if (result.type === 'ruled-out') {
        this.counts.ruledOut += 1;
        continue;
      }
      const known = this.identify(record);
      const identity = known instanceof Promise ? await known : known;
      if ('reason' in identity) {
        this.reject(record, { stage: 'record key', reason: identity.reason, recordKey: '', observedAt });
        continue;
      }
      const { recordKey, locator } = identity;
      if (result.type === 'rejected') {
        this.reject(record, { ...result, recordKey, observedAt });
        continue;
      }
      const raw = this.keepsRaw ? record : null;
      const editedAt = this.source.editedAt?.(record);
      for (const { blueprint, identifier, fields, failures, component, modifiedAt } of result.entities) {
        const times = component === undefined ? this.source.timesOf?.(record) : undefined;
        const failed = failures.length === 0 ? NONE : failures.map((failure) => failure.field);
        const entity = { blueprint, identifier, fields, component, modifiedAt, failed };
        this.entities.push({ recordKey, locator, observedAt, ...entity, times, editedAt, raw });
        const where = component === undefined ? '' : `components[${component}].`;
        for (const { field, reason } of failures) this.countFailure(where + field, reason);
      }
      const [rejection] = result.rejections;
      if (rejection) this.reject(record, { ...rejection, recordKey, observedAt });
    }
  }

  private identify(record: RawRecord): LedgerKey | Promise<LedgerKey> {
    try {
      const identity = this.source.identify(this.kind, record);
      return identity instanceof Promise ? identity.then(ledgerKey, keyless) : ledgerKey(identity);
    } catch (error) {
      return keyless(error);
    }
  }

  private reject(record: RawRecord, why: Omit<RejectedRecord, 'raw'>): void {
    const { recordKey, stage, reason, observedAt } = why;
    this.quarantined.push({ recordKey, stage, reason, observedAt, raw: JSON.stringify(record) });
  }

  private countFailure(field: string, reason: string): void {
    const known = this.fieldFailures.get(field);
    this.fieldFailures.set(field, known ? { ...known, records: known.records + 1 } : { field, records: 1, reason });
  }
}

/** The record's key as the ledger can hold it, or why it cannot. */
type LedgerKey = { readonly recordKey: string; readonly locator: string | null } | { readonly reason: string };

function ledgerKey({ key, locator }: RecordIdentity): LedgerKey {
  if (key === null) return { recordKey: '', locator };
  if (!isStorableText(key)) return { reason: "the source's key of the record holds a NUL or half a surrogate pair" };
  const bytes = Buffer.byteLength(key);
  if (bytes <= MAX_KEY_BYTES) return { recordKey: key, locator };
  return {
    reason: `the source's key of the record has ${bytes} bytes; at most ${MAX_KEY_BYTES} fit the ledger's index`,
  };
}

const keyless = (error: unknown): LedgerKey => ({
  reason: `the source cannot tell the record's key: ${error instanceof Error ? error.message : String(error)}`,
});
