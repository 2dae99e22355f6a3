/** A record whose identity could not be evaluated, kept raw (sync-semantics 1.4, 6.8). Times are RFC 3339 in UTC. */
export interface QuarantinedRecord {
  readonly kind: string;
  readonly resource: string;
  /** The source's own key of the record, or a digest of it. */
  readonly key: string;
  /** What could not be evaluated, e.g. `identifier`. */
  readonly stage: string;
  readonly reason: string;
  /** The record as JSON text. */
  readonly raw: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
}
