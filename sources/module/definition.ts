import type { z } from 'zod';
import type { RawRecord } from '../../domain/json.ts';
import type { TriggerOrigin } from '../../domain/trigger.ts';
import type { IntegrationCalls, RawStates, RouteRequest, SourceLog, SourceRoute } from '../source.ts';

/** The keys of `source:` besides `type` and `module`, environment settings included (seed S3.8). */
export interface Settings {
  /** The setting; `standard` where it is not set. */
  get<T = unknown>(key: string, standard?: T): T;
}

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

export type Rows = readonly object[];

/** A page: rows, or rows with the cursor that any worker can go on after them with. */
export type Batch = Rows | { readonly rows: Rows; readonly cursor?: string | null | undefined };

/** A list of raw records, or pages of them. Whatever it throws fails its kind. */
export type Listener<Context, Selector> = (
  args: Context & ListenerArguments<Selector>,
) => Rows | Promise<Rows> | AsyncIterable<Batch>;

export interface ListenerOptions<Schema extends z.ZodObject> {
  /** The source's own stable key of a record: a field, by its path, or a function. Default: none. */
  readonly recordKey?: string | ((row: RawRecord) => string | null | undefined);
  /** What the selector may hold besides `query`; strict or not as it says. Default: anything. */
  readonly selector?: Schema;
  /** It obeys `since`. Default: no. */
  readonly incremental?: boolean;
}

export type Lookup<Context> = (
  args: Context & {
    readonly key: string;
    readonly signal: AbortSignal;
    readonly log: SourceLog;
    readonly config: Settings;
  },
) => object | null | Promise<object | null>;

export type Hook<Context> = (
  args: Context & { readonly runId: string; readonly trigger: ResyncEvent['trigger']; readonly config: Settings },
) => void | Promise<void>;

/** What a webhook's listener does about it; all is applied together, in order. */
export interface EventCalls {
  registerRaw(kind: string, rows: Rows): void;
  unregisterRaw(kind: string, rows: Rows): void;
  updateRawDiff(kind: string, states: RawStates): void;
}

export type WebhookListener<Context> = (
  args: Context & {
    readonly payload: RawRecord;
    readonly event: string;
    readonly sync: EventCalls;
    readonly config: Settings;
  },
) => void | Promise<void>;

export type RouteListener<Context> = (
  args: Context & Omit<RouteRequest, 'client'> & { readonly client: IntegrationCalls; readonly config: Settings },
) => unknown;

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
  readonly name: string;
  readonly setUp: (setup: { readonly config: Settings }) => Context;

  constructor(name: string, setUp: (setup: { readonly config: Settings }) => Context) {
    this.name = name;
    this.setUp = setUp;
  }

  /** Called for every kind that the configuration reads (seed S0.16). */
  onResync(listener: Listener<Context, Readonly<Record<string, unknown>>>): this;
  /** Called for one kind (seed S0.17). */
  onResync<Schema extends z.ZodObject = z.ZodObject>(
    kind: string,
    options: ListenerOptions<Schema>,
    listener: Listener<Context, z.output<Schema>>,
  ): this;
  onResync(kind: string, listener: Listener<Context, Readonly<Record<string, unknown>>>): this;
  onResync(...args: readonly unknown[]): this {
    const kind = typeof args[0] === 'string' ? args[0] : null;
    const options = (args.length === 3 ? args[1] : {}) as ListenerOptions<z.ZodObject>;
    this.listeners.push({ kind, options, listen: args.at(-1) as Listener<Context, never> });
    return this;
  }

  /** Reads one record of a kind again, by its key; `null`: it is gone. Without it, a second listing settles deletes. */
  lookup(kind: string, lookup: Lookup<Context>): this {
    this.lookups.set(kind, lookup);
    return this;
  }

  /** Before the first kind is read, in order; one that throws prevents the run. */
  onResyncStart(hook: Hook<Context>): this {
    this.startHooks.push(hook);
    return this;
  }

  /** After a complete resync, in order. */
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
 * Defines an integration in code: listeners that read the source, and what else it needs. `setUp` makes what every
 * listener is given, such as a client, in each worker process (seed S3.9).
 */
export function defineIntegration<Context extends object = object>(
  name: string,
  setUp: (setup: { readonly config: Settings }) => Context = () => ({}) as Context,
): IntegrationDefinition<Context> {
  return new IntegrationDefinition(name, setUp);
}
