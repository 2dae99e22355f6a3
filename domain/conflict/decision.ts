import type { FieldPath, Fields } from '../entity.ts';
import type { FieldRuleName } from './field-rules.ts';
import type { ResolutionChoice } from './resolution-order.ts';
import type { IncomingSide, Side } from './sides.ts';
import type { Base, StoredRecord } from './vector.ts';
import type { Warning } from './warnings.ts';

/**
 * What becomes of a record. `unchanged` costs no write at the destination; its components are looked at. `skip`: the
 * strategy rules it out, with its components (sync-semantics 7.1, 7.5).
 */
export type Action = 'create' | 'update' | 'unchanged' | 'skip';

/** Why a field has the value that it has, with both sides as they were. */
export interface FieldDecision {
  readonly field: FieldPath;
  /** A row of `FIELD_RULES`. */
  readonly rule: FieldRuleName;
  /** Which resolution applied, and which part of the policy said so; null: the record is new, none was asked for. */
  readonly resolution: ResolutionChoice | null;
  readonly local: Side;
  readonly incoming: IncomingSide;
  /**
   * What the record takes: the source's side, or, where the source gave the field up, what another claim says of it.
   * Null: the local side stands.
   */
  readonly taken: Side | null;
}

export interface Decision {
  readonly action: Action;
  /** What to write; an explicit null clears. Empty unless the action is `create` or `update`. */
  readonly fields: Fields;
  /** Fields to take out: this claim wrote them and names them no more (sync-semantics 1.5). */
  readonly removed: readonly FieldPath[];
  /** One per field that the source gave or gave up; none for a record that is skipped. */
  readonly details: readonly FieldDecision[];
  /**
   * The record once this is written, with the times and origins of its fields (sync-semantics 7.10): the very object
   * `vector.local` where nothing moved. An unchanged record may have later times, which are no write at the
   * destination. Null: there is none, and none is made.
   */
  readonly record: StoredRecord | null;
  /** The claim's base once this is written. */
  readonly base: Base | null;
  /** What the claim writes whatever is there: merged with what other claims do (sync-semantics 1.7). */
  readonly asserted: Fields;
  readonly warnings: readonly Warning[];
}
