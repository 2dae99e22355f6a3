import type { MappedEntity } from '../domain/entity.ts';
import type { Json, RawRecord } from '../domain/json.ts';

/** A compiled expression. Rejects with `ExpressionError`. */
export interface Expression {
  readonly text: string;
  evaluate(input: Json): Promise<unknown>;
}

/**
 * What became of one raw record (sync-semantics 1.3–1.5).
 * - `mapped`: the query kept it; one entity, or one per item of `itemsToParse`.
 * - `ruled-out`: the query said no; the record does not count as seen.
 * - `rejected`: its identity cannot be evaluated; it goes to quarantine and counts as seen.
 */
export type MappingResult =
  | { readonly type: 'mapped'; readonly entities: readonly MappedEntity[] }
  | { readonly type: 'ruled-out' }
  | { readonly type: 'rejected'; readonly stage: RejectionStage; readonly reason: string };

export type RejectionStage = 'query' | 'itemsToParse' | 'identifier' | 'blueprint';

export interface ResourceMapping {
  /** Throws `MappingError` when the query yields something that is not a boolean (sync-semantics 2.2). */
  map(record: RawRecord): Promise<MappingResult>;
}
