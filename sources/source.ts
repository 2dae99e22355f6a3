import type { SourceDefinition } from '../config/definitions.ts';
import type { RawCall } from '../domain/call.ts';
import type { ResolverVector } from '../domain/conflict/resolver-view.ts';
import type { GoneRecord } from '../domain/gone.ts';
import type { Json, RawRecord } from '../domain/json.ts';
import type { TriggerOrigin } from '../domain/trigger.ts';

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
  /** The run that the records are read for. */
  readonly run: { readonly id: string; readonly trigger: TriggerOrigin; readonly startedAt: string };
  /** Aborts requests in flight and waits between them. */
  readonly signal: AbortSignal;
  readonly log: SourceLog;
}

export interface Page {
  readonly rows: readonly RawRecord[];
  /** Records that the source says are gone, after the rows of this page and of those before. Absent: it tells of none. */
  readonly gone?: readonly GoneRecord[];
  /** Where any worker can go on after this page; `null` on the last page. At most 4 KB, opaque to the caller. */
  readonly next: string | null;
  /** More may follow, though there is no cursor: only this very iteration can go on. */
  readonly open?: boolean;
  /** Part of what came with the page before, and was observed with it. */
  readonly continued?: boolean;
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

/** A webhook as it came in, before anything of it was read. */
export interface Delivery {
  /** By their lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface AcceptedDelivery {
  /** The source's own id of the delivery: one that comes again is known by it. */
  readonly id: string;
  /** What kind of event it is. */
  readonly event: string;
  readonly payload: RawRecord;
}

/** What an event says of one record. An event is a hint: where there is a locator, the record is asked for (6.3). */
export interface EventChange {
  readonly kind: string;
  /** The source's own key of the record. */
  readonly key: string;
  /** What `lookup` needs; `null`: only the event itself tells. */
  readonly locator: string | null;
  /** The record as the event shows it; `null`: it says that the record is gone. */
  readonly record: RawRecord | null;
}

export interface SourceHooks {
  /** Throws: the run does not begin. */
  start(run: ListRequest['run'], log: SourceLog): Promise<void>;
  complete(run: ListRequest['run'], log: SourceLog): Promise<void>;
}

export interface SourceRoute {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Begins with a slash. */
  readonly path: string;
  /** Answers with JSON. `call` triggers and accepts calls of this integration. */
  handle(request: RouteRequest): Promise<unknown>;
}

export interface RouteRequest {
  readonly query: Readonly<Record<string, string>>;
  /** Parsed JSON; `null`: there was none. */
  readonly body: Json;
  readonly client: IntegrationCalls;
}

/** What a listener module may ask of its own integration. Each returns the id of a call or a trigger. */
export interface IntegrationCalls {
  syncRawAll(): Promise<string>;
  registerRaw(kind: string, rows: readonly RawRecord[]): Promise<string>;
  unregisterRaw(kind: string, rows: readonly RawRecord[]): Promise<string>;
  updateRawDiff(kind: string, states: RawStates): Promise<string>;
}

export interface RawStates {
  readonly before: readonly RawRecord[];
  readonly after: readonly RawRecord[];
}

export interface SourceEvents {
  /**
   * Proves that the source sent it, in constant time and before anything is parsed. Throws `UsageError` when it is forged,
   * malformed, or no secret is configured.
   */
  accept(delivery: Delivery): AcceptedDelivery;
  /** The records that an event is about; a text: why it concerns none. */
  changes(event: string, payload: RawRecord): readonly EventChange[] | string;
  /** Where the source's own code answers events: the calls that it makes of one, in order; a text: it makes none. */
  handle?(event: string, payload: RawRecord): Promise<readonly RawCall[] | string>;
}

/**
 * A system that is read. Errors: a `SourceError` once the client's own retries are used up; the abort reason when
 * `signal` aborts.
 */
export interface Source {
  /** What runs before the first kind is read, and after a complete run. Absent: nothing. */
  readonly hooks?: SourceHooks;
  /** Paths of its own on the HTTP server, below `/integration/<id>/`. Absent: none. */
  readonly routes?: readonly SourceRoute[];
  /** What decides about records of a kind by code (sync-semantics 7.7); `null`: nothing. Absent: nothing about any. */
  readonly resolver?: (kind: string) => ((vector: ResolverVector) => unknown) | null;
  /** The events that it sends by itself. Absent: it sends none. */
  readonly events?: SourceEvents;
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
   * When single fields of a record last changed (RFC 3339), by the paths under which entities have them; for a field
   * that is mapped to the same path. Absent: it knows at most when the record did.
   */
  timesOf?(record: RawRecord): Readonly<Record<string, string>>;
  /**
   * When people last edited a record that rests on nothing but their edits, RFC 3339: it lives only as long as what they
   * edited, unless they did so later (sync-semantics 8.6). `null`: it rests on a source. Absent: every record does.
   */
  editedAt?(record: RawRecord): string | null;
  /**
   * Whether a record that came by itself (lookup, event) falls under the selector's own fields, so that a listing would
   * return it (sync-semantics 6.5): a closed pull request still exists, but has left the view `state: open`. Absent:
   * the source has no selector fields, and every record does.
   */
  admits?(kind: string, selector: Readonly<Record<string, unknown>>, record: RawRecord): boolean;
}

/** What a source is made of besides its settings. */
export interface SourceContext {
  readonly integration: string;
  /** The folder of the configuration file. */
  readonly directory: string;
}

/** A kind of source that a configuration can name. */
export interface SourceType extends SourceDefinition {
  /** Throws `UsageError` when the settings name what is not there, e.g. a module. */
  create(settings: Readonly<Record<string, unknown>>, context: SourceContext): Source | Promise<Source>;
}
