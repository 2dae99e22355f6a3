import type { RecordPolicy } from '../domain/conflict/record-policy.ts';
import type { Fields } from '../domain/entity.ts';
import type { GoneRecord } from '../domain/gone.ts';
import type { RawRecord } from '../domain/json.ts';
import type { RecordStrategy } from '../domain/strategy.ts';

/** An entity as the mapping made it from a record. */
export interface StagedEntity {
  /** The source's key of the record; empty where it has none. */
  readonly recordKey: string;
  readonly locator: string | null;
  readonly blueprint: string;
  readonly identifier: string;
  readonly fields: Fields;
  /** The entry of `components:` that it was mapped by, from 0; absent: it is the record's own. */
  readonly component?: number | undefined;
  /** When single fields last changed where they came from, RFC 3339, where the source knows; absent: it does not. */
  readonly times?: Readonly<Record<string, string>> | undefined;
  /** When people last edited the record, where it rests on that alone; `null`: it does not; absent: no record does. */
  readonly editedAt?: string | null | undefined;
  /** Paths of fields whose expression failed. */
  readonly failed: readonly string[];
  readonly observedAt: string;
  /** When the record last changed at the source; null: not known. */
  readonly modifiedAt: string | null;
  /** The record as the source returned it, where a resolver is to see it. */
  readonly raw: RawRecord | null;
}

export interface RejectedRecord {
  readonly recordKey: string;
  readonly stage: string;
  readonly reason: string;
  /** JSON text. */
  readonly raw: string;
  readonly observedAt: string;
}

/** A field that failed in a batch: in how many records, and why in the first of them. */
export interface FieldFailureCount {
  readonly field: string;
  readonly records: number;
  readonly reason: string;
}

/** What the mapping made of records of one resource: entities, and records that it had to put into quarantine. */
export interface MappedRecords {
  readonly kind: string;
  readonly resource: string;
  readonly entities: readonly StagedEntity[];
  readonly quarantined: readonly RejectedRecord[];
}

/** The same, with what the configuration says about writing it. */
export interface WritableRecords extends MappedRecords {
  /** The resource's place in the configuration: contents of several claims are merged in this order. */
  readonly position: number;
  /** The keys of all resources that the configuration holds. */
  readonly resources: readonly string[];
  readonly strategy: RecordStrategy;
  /** What decides beyond the strategy, record by record; `null`: nothing, all is written at once. */
  readonly policy: RecordPolicy | null;
}

/** A record that its source says is gone. */
export interface StagedGone extends GoneRecord {
  readonly observedAt: string;
}

/** A mapped batch that is ready to be written. */
export interface StagedBatch extends WritableRecords {
  /** The attempt that fetched it. */
  readonly fetchAttempt: string;
  /** What is gone once the records are written. */
  readonly gone: readonly StagedGone[];
  readonly counts: { readonly pages: number; readonly read: number; readonly ruledOut: number };
  readonly fieldFailures: readonly FieldFailureCount[];
  /** Why the mapping could not go on: wrong as such, not for one record. `null`: every page was mapped. */
  readonly failure: string | null;
}
