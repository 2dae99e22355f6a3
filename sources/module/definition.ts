import type { z } from 'zod';
import type { Method, Resolution } from '../../domain/conflict/policy.ts';
import type { ResolverVector } from '../../domain/conflict/resolver-view.ts';
import type { TriggerOrigin } from '../../domain/trigger.ts';
import type { IntegrationCalls, RawStates, RouteRequest, SourceLog, SourceRoute } from '../source.ts';

/**
 * The keys of `source:`, environment settings included, in every listener on every worker (seed S3.8, S3.9). A setting
 * that is empty (`${env:NAME:-}`) counts as not set.
 */
export interface Settings {
  /** The setting as the configuration has it, unchecked; `standard` where it is not set. */
  get(key: string, standard: string): string;
  get(key: string, standard: number): number;
  get(key: string, standard: boolean): boolean;
  get<T>(key: string, standard: T): T;
  get<T = unknown>(key: string): T | undefined;
}

/** What nothing has checked, as `JSON.parse` returns it: the module knows what is in it. */
export type Unchecked = ReturnType<typeof JSON.parse>;

/** A selector without a schema. */
export type UncheckedSelector = Readonly<Record<string, Unchecked>>;

/** What a resync asks a listener for (seed S3.19). */
export interface ResyncEvent {
  /** The entry of `resources:` that is read. */
  readonly resourceConfig: { readonly kind: string; readonly selector: Readonly<Record<string, unknown>> };
  readonly kind: string;
  readonly runId: string;
  /** Where the run's latest trigger came from, and when the run began (RFC 3339). */
  readonly trigger: { readonly origin: TriggerOrigin; readonly time: string };
}

export interface ListenerArguments<Selector> {
  /** The selector of exactly the resource that is read, parsed by the listener's schema where it has one. */
  readonly selector: Selector;
  readonly kind: string;
  readonly event: ResyncEvent;
  /** Go on after the page that carried this cursor; `null`: from the start. */
  readonly cursor: string | null;
  /** Only what changed since then is wanted (RFC 3339); `null`: everything. */
  readonly since: string | null;
  /** Aborts when the reading ends early: hand it to requests. */
  readonly signal: AbortSignal;
  readonly log: SourceLog;
  readonly config: Settings;
}

/** Raw records. Each must be an object as JSON has them; another item fails its kind (seed S0.12). */
export type Rows = readonly object[];

/**
 * A page: rows, or rows with the cursor that any worker can go on after them with: a text of at most 4 KB. The listener
 * may then be called again with it, in any process.
 */
export type Batch = Rows | { readonly rows: Rows; readonly cursor?: string | null | undefined };

/** A list of raw records, or pages of them. Whatever it throws fails its kind. */
export type Listener<Context, Selector> = (
  args: Context & ListenerArguments<Selector>,
) => Rows | Promise<Rows> | AsyncIterable<Batch>;

export interface ListenerOptions<Schema extends z.ZodObject> {
  /** The source's own stable key of a record: a field, by its path, or a function. Default: none. */
  readonly recordKey?: string | ((row: Readonly<Record<string, Unchecked>>) => string | null | undefined);
  /** What the selector holds besides `query`, with its defaults. Default: anything, unchecked (seed S3.11). */
  readonly selector?: Schema;
  /** It obeys `since`. Default: no. */
  readonly incremental?: boolean;
}

/** Reads one record again. Returns `null` when it is gone; whatever it throws leaves the record as it is. */
export type Lookup<Context> = (
  args: Context & {
    readonly key: string;
    readonly signal: AbortSignal;
    readonly log: SourceLog;
    readonly config: Settings;
  },
) => object | null | Promise<object | null>;

/** Something to do before or after a resync. */
export type Hook<Context> = (
  args: Context & {
    readonly runId: string;
    readonly trigger: ResyncEvent['trigger'];
    readonly log: SourceLog;
    readonly config: Settings;
  },
) => unknown;

/** What a webhook's listener does about it; all is applied together, in order. */
export interface EventCalls {
  registerRaw(kind: string, rows: Rows): void;
  unregisterRaw(kind: string, rows: Rows): void;
  updateRawDiff(kind: string, states: RawStates): void;
}

/** Answers an event of the source. Whatever it throws fails the event, and nothing of it is applied. */
export type WebhookListener<Context> = (
  args: Context & {
    readonly payload: Readonly<Record<string, Unchecked>>;
    readonly event: string;
    readonly sync: EventCalls;
    readonly config: Settings;
  },
) => unknown;

/** Answers a request with JSON; `client` asks for resyncs and calls of this integration. */
export type RouteListener<Context> = (
  args: Context & Omit<RouteRequest, 'client'> & { readonly client: IntegrationCalls; readonly config: Settings },
) => unknown;

/** What `syncResolve` may set for a record; what it leaves out is as the file's `policy` says (seed S2.14, S2.16). */
export interface Resolved {
  readonly strategy?: Method | readonly Method[] | null;
  readonly resolution?: Resolution | Readonly<Record<string, Resolution>> | null;
  readonly defaultResolution?: Resolution | null;
}

/**
 * Decides about one record, at once or within 5 seconds: nothing else is written to its blueprint meanwhile. Whatever it
 * throws puts the record into quarantine (sync-semantics 7.7).
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that decides nothing returns nothing
export type Resolver = (vector: ResolverVector) => Resolved | void | null | Promise<Resolved | void | null>;

interface RegisteredListener<Context> {
  /** `null`: every kind. */
  readonly kind: string | null;
  readonly options: ListenerOptions<z.ZodObject>;
  readonly listen: Listener<Context, never>;
}

/** An integration as its module defines it. Made by `defineIntegration`. */
export class IntegrationDefinition<Context extends object> {
  readonly listeners: RegisteredListener<Context>[] = [];
  readonly lookups = new Map<string, Lookup<Context>>();
  readonly startHooks: Hook<Context>[] = [];
  readonly completeHooks: Hook<Context>[] = [];
  readonly webhooks: { readonly event: string; readonly listen: WebhookListener<Context> }[] = [];
  readonly routes: (Pick<SourceRoute, 'method' | 'path'> & { readonly listen: RouteListener<Context> })[] = [];
  /** By kind; `null`: every kind without one of its own. */
  readonly resolvers = new Map<string | null, Resolver>();
  readonly name: string;
  readonly setUp: (setup: { readonly config: Settings }) => Context;

  constructor(name: string, setUp: (setup: { readonly config: Settings }) => Context) {
    this.name = name;
    this.setUp = setUp;
  }

  /** Called for every kind that the configuration reads (seed S0.16). */
  onResync(listener: Listener<Context, UncheckedSelector>): this;
  /** Called for one kind (seed S0.17). Several listeners of a kind are called one after another, their rows joined. */
  onResync<Schema extends z.ZodObject>(
    kind: string,
    options: ListenerOptions<Schema> & { readonly selector: Schema },
    listener: Listener<Context, z.output<Schema>>,
  ): this;
  onResync(
    kind: string,
    options: Omit<ListenerOptions<z.ZodObject>, 'selector'>,
    listener: Listener<Context, UncheckedSelector>,
  ): this;
  onResync(kind: string, listener: Listener<Context, UncheckedSelector>): this;
  onResync(...args: readonly unknown[]): this {
    const kind = typeof args[0] === 'string' ? args[0] : null;
    const options = (args.length === 3 ? args[1] : {}) as ListenerOptions<z.ZodObject>;
    this.listeners.push({ kind, options, listen: args.at(-1) as Listener<Context, never> });
    return this;
  }

  /**
   * Reads one record of a kind again, by its record key, before it is deleted (sync-semantics 3.2); `null`: it is gone.
   * Without it a second listing settles deletes.
   */
  lookup(kind: string, lookup: Lookup<Context>): this {
    this.lookups.set(kind, lookup);
    return this;
  }

  /** Called for each record of every kind, before it is written: sets what is done, and which side of a field stands. */
  syncResolve(resolve: Resolver): this;
  /** Called for one kind, in place of the one for every kind (seed S2.14). */
  syncResolve(kind: string, resolve: Resolver): this;
  syncResolve(...args: readonly [Resolver] | readonly [string, Resolver]): this {
    const [kind, resolve] = args.length === 1 ? [null, args[0]] : args;
    this.resolvers.set(kind, resolve);
    return this;
  }

  /** Called before the first kind is read, in order; one that throws prevents the run. */
  onResyncStart(hook: Hook<Context>): this {
    this.startHooks.push(hook);
    return this;
  }

  /** Called after a complete resync, in order; one that throws leaves a warning. */
  onResyncComplete(hook: Hook<Context>): this {
    this.completeHooks.push(hook);
    return this;
  }

  /** Called for the source's event of that name, once its signature was checked (seed S0.33). */
  onWebhook(event: string, listen: WebhookListener<Context>): this {
    this.webhooks.push({ event, listen });
    return this;
  }

  /** A path of its own on the HTTP server, below `/integration/<id>` (seed S0.26). */
  route(method: SourceRoute['method'], path: string, listen: RouteListener<Context>): this {
    this.routes.push({ method, path: path.startsWith('/') ? path : `/${path}`, listen });
    return this;
  }
}

/**
 * Defines an integration in code: listeners that read the source, and what else it needs. `name` stands in messages.
 * `setUp` makes what every listener is given, such as a client, in each process and for each configuration (seed S3.9).
 * The module exports the definition as its default.
 */
export function defineIntegration<Context extends object = object>(
  name: string,
  setUp: (setup: { readonly config: Settings }) => Context = () => ({}) as Context,
): IntegrationDefinition<Context> {
  return new IntegrationDefinition(name, setUp);
}
