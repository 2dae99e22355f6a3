import type { MappedEntity } from '../domain/entity.ts';
import type { Json, RawRecord } from '../domain/json.ts';

/** A compiled expression. */
export interface Expression {
  readonly text: string;
  /** Rejects with `ExpressionError`. */
  evaluate(input: Json): Promise<unknown>;
  /**
   * The value itself, or a Promise of it where the library has to be asked: no value of JSON is a Promise. Throws or
   * rejects with `ExpressionError`.
   */
  yields(input: Json): unknown;
}

/**
 * What became of one raw record (sync-semantics 1.3–1.5).
 * - `mapped`: the query kept it; one entity, or one per item of `itemsToParse`, each followed by its components. Items
 *   and components whose identity cannot be evaluated are among the rejections: the record goes to quarantine and counts
 *   as seen, its good entities are written.
 * - `ruled-out`: the query said no; the record does not count as seen.
 * - `rejected`: its identity cannot be evaluated; it goes to quarantine and counts as seen.
 */
export type MappingResult =
  | {
      readonly type: 'mapped';
      readonly entities: readonly MappedEntity[];
      readonly rejections: readonly Rejection[];
    }
  | { readonly type: 'ruled-out' }
  | ({ readonly type: 'rejected' } & Rejection);

/** Why a record, or an item of it, has no identity. The text says what would be right. */
export interface Rejection {
  readonly stage: RejectionStage;
  readonly reason: string;
  /** The item's place in what `itemsToParse` yielded, from 0, where it is one of an item. */
  readonly item?: number;
}

export type RejectionStage = 'query' | 'itemsToParse' | 'identifier' | 'blueprint' | 'components';

export interface ResourceMapping {
  /**
   * Throws `MappingError` when the query yields something that is not a boolean, or nothing (sync-semantics 2.2).
   * `anyRecord`: leaves the query out; what is unregistered may have left the selector's view (6.5). A Promise only where
   * an expression needs one: a record whose expressions are all compiled is mapped in one go.
   */
  map(record: RawRecord, options?: { readonly anyRecord: boolean }): MappingResult | Promise<MappingResult>;
}
