import type { Fields } from '../domain/entity.ts';
import type { Strategy } from '../domain/strategy.ts';

/** An entity as the mapping made it from a record. */
export interface StagedEntity {
  /** The source's key of the record; empty where it has none. */
  readonly recordKey: string;
  readonly locator: string | null;
  readonly blueprint: string;
  readonly identifier: string;
  readonly fields: Fields;
  /** Paths of fields whose expression failed. */
  readonly failed: readonly string[];
  readonly observedAt: string;
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
  readonly strategy: Strategy;
}

/** A mapped batch that is ready to be written. */
export interface StagedBatch extends WritableRecords {
  /** The attempt that fetched it. */
  readonly fetchAttempt: string;
  readonly counts: { readonly pages: number; readonly read: number; readonly ruledOut: number };
  readonly fieldFailures: readonly FieldFailureCount[];
  /** Why the mapping could not go on: wrong as such, not for one record. `null`: every page was mapped. */
  readonly failure: string | null;
}
