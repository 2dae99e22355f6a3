/** A record of which its source says by itself that it is gone: a statement, not the lack of one (sync-semantics 8.6). */
export interface GoneRecord {
  /** The source's own key of the record. */
  readonly key: string;
  /** When it was deleted where it came from, RFC 3339. */
  readonly at: string;
}
