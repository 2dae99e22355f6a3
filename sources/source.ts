import type { SourceDefinition } from '../config/definitions.ts';
import type { RawRecord } from '../domain/json.ts';

/** Where sources say what they do: `Retrieving public repositories for organizations: acme` (seed S3.14). */
export interface SourceLog {
  info(message: string): void;
  warn(message: string): void;
}

export interface ListRequest {
  readonly kind: string;
  /** The resource's selector, parsed by the source's own definition. */
  readonly selector: Readonly<Record<string, unknown>>;
  /** Go on after the page that carried this as `next`; `null`: from the start. */
  readonly cursor: string | null;
  /**
   * Only records that changed at this time or later (RFC 3339, UTC) are wanted; `null`: every record. Given only for
   * the kinds that `Source.incremental` names (sync-semantics 2.8).
   */
  readonly since: string | null;
  /** Aborts requests in flight and waits between them. */
  readonly signal: AbortSignal;
  readonly log: SourceLog;
}

export interface Page {
  readonly rows: readonly RawRecord[];
  /** Where any worker can go on after this page; `null` on the last page. At most 4 KB, opaque to the caller. */
  readonly next: string | null;
  /** The source's own clock when it answered (RFC 3339), where it tells it: for HTTP the header `Date`. */
  readonly clock?: string | null;
  /** The latest time of change among the rows (RFC 3339), where records tell it. */
  readonly modified?: string | null;
}

/** What the source itself knows a record by. */
export interface RecordIdentity {
  /** The source's own stable key of the record (GitHub: `node_id`). `null`: it has none. */
  readonly key: string | null;
  /** What `lookup` needs to find the record again, e.g. an API path. `null`: it cannot be looked up. */
  readonly locator: string | null;
}

export interface LookupRequest {
  readonly kind: string;
  readonly key: string;
  readonly locator: string;
  readonly signal: AbortSignal;
  readonly log: SourceLog;
}

/**
 * A system that is read. Errors: a `SourceError` once the client's own retries are used up; the abort reason when
 * `signal` aborts.
 */
export interface Source {
  /** Kinds of which it can list just what changed since a time. Absent: none. */
  readonly incremental?: readonly string[];
  /**
   * Every record of a kind, page by page, each page asked for only when the one before was taken. The end of the
   * iteration *is* the source's word that it is at the end: whatever makes the view incomplete throws
   * (sync-semantics 2.2).
   */
  list(request: ListRequest): AsyncIterable<Page>;
  identify(kind: string, record: RawRecord): RecordIdentity | Promise<RecordIdentity>;
  /** The record as it is now; `null`: gone (404, 410, or another record has taken its place). */
  lookup(request: LookupRequest): Promise<RawRecord | null>;
  /**
   * Whether a record that came by itself (lookup, event) falls under the selector's own fields, so that a listing would
   * return it (sync-semantics 6.5): a closed pull request still exists, but has left the view `state: open`. Absent:
   * the source has no selector fields, and every record does.
   */
  admits?(kind: string, selector: Readonly<Record<string, unknown>>, record: RawRecord): boolean;
}

/** A kind of source that a configuration can name. */
export interface SourceType<Created extends Source = Source> extends SourceDefinition {
  create(settings: Readonly<Record<string, unknown>>): Created;
}
