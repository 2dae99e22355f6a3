import type { EntityKey, FieldPath, Fields } from '../entity.ts';
import type { Json, RawRecord } from '../json.ts';
import type { Time } from '../time.ts';
import type { ByField } from './by-field.ts';
import type { Method } from './policy.ts';

/** A record as the destination holds it. */
export interface StoredRecord {
  readonly fields: Fields;
  /** When each field last changed where it came from. No entry: the record's time counts; null: not known. */
  readonly times: ByField<Time | null>;
  /** Who each value came from: an integration, a peer or a person. No entry: not known. */
  readonly origins: ByField<string>;
  /** The record's own modified time; null: not known. */
  readonly modifiedAt: Time | null;
}

/** A record as the source gives it, mapped. */
export interface IncomingRecord {
  /** Explicit nulls clear, what is not there leaves the local value alone (sync-semantics 7.3). */
  readonly fields: Fields;
  /** Fields whose expression failed: absent, but not given up (sync-semantics 1.5). */
  readonly failed: readonly FieldPath[];
  /** The modified time as the source wrote it: it may be missing or unreadable. */
  readonly modifiedAt: Json;
  /** When this content was first observed from this claim. */
  readonly firstObservedAt: Time;
  /** Times and origins of single fields, where the source knows them: a peer does. */
  readonly times?: ByField<Json>;
  readonly origins?: ByField<string>;
}

/**
 * What a claim last brought into the record or found equal there, with the times that these values came with. A value
 * that the record's side won over is not in it.
 */
export interface Base {
  readonly fields: Fields;
  readonly times: ByField<Time>;
}

/** What another claim says of the same entity. */
export interface OtherClaim {
  readonly origin: string;
  /** It comes after this claim where contents are merged (sync-semantics 1.7). */
  readonly isLater: boolean;
  /** What it writes whatever is there: OTHER. */
  readonly asserted: Fields;
  readonly base: Base;
}

/** All that a decision about one record rests on; what a resolver is shown (sync-semantics 7.7). */
export interface Vector extends EntityKey {
  readonly integration: string;
  readonly kind: string;
  readonly method: Method;
  readonly local: StoredRecord | null;
  readonly incoming: IncomingRecord;
  /** Null: this claim is new. */
  readonly base: Base | null;
  /**
   * What this claim last wrote whatever was there. Where a claim that comes later overruled it, it is in no base, and
   * became the content when that claim ended (sync-semantics 1.2).
   */
  readonly asserted: Fields;
  /** The other claims on the entity, a person's among them, in the order in which contents are merged (1.7). */
  readonly others: readonly OtherClaim[];
  /** The source is another Tidemark, which decides about the same conflict on its side (sync-semantics 8.6). */
  readonly peer: boolean;
  /** The record as the source returned it; null where there is none. */
  readonly raw: RawRecord | null;
}

/** Completes a vector by its method (sync-semantics 7.1). */
export function toVector(parts: Omit<Vector, 'method'>): Vector {
  return { ...parts, method: parts.local === null ? 'create' : 'update' };
}
