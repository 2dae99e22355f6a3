import { z } from 'zod';
import { SourceError, UsageError } from '../../domain/errors.ts';
import { isRawRecord, type RawRecord } from '../../domain/json.ts';
import { createWebhookEvents } from '../signed-webhook.ts';
import type { ListRequest, Page, RouteRequest, Source, SourceLog, SourceType } from '../source.ts';
import type { IntegrationDefinition, ListenerArguments, ListenerOptions, ResyncEvent, Settings } from './definition.ts';
import { eventCalls } from './event-calls.ts';
import { type Call, listenerPages } from './listener-pages.ts';
import { loadDefinition } from './load.ts';
import { thrownText, words } from './rows.ts';
import { setUp } from './set-up.ts';
import { kindMistakes, listenersOf } from './verify.ts';

const settings = z.looseObject({
  module: z
    .string()
    .min(1)
    .meta({ description: 'The module that exports the listeners, relative to the configuration file' }),
  /** For the listeners; named here so that the environment can set them. */
  baseUrl: z.string().optional(),
  accessToken: z.string().optional(),
  /** What webhooks are signed with. */
  webhookSecret: z.string().optional(),
});

/** A source whose kinds are read by the user's own listeners. Other keys of `source:` are theirs (`config.get`). */
export const moduleSource: SourceType = {
  type: 'module',
  settings,
  kinds: {},
  kindsOf: () => null,
  async create(values, { directory }) {
    const { module, webhookSecret } = settings.parse(values);
    return createModuleSource(await loadDefinition(module, directory), { values, webhookSecret });
  },
  async verify(values, { directory, resources }) {
    try {
      const definition = await loadDefinition(settings.parse(values).module, directory);
      setUp(definition, values);
      return kindMistakes(definition, resources);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return [{ path: ['source', 'module'], message: error.message }];
    }
  },
};

interface Given {
  readonly values: Readonly<Record<string, unknown>>;
  readonly webhookSecret: string | undefined;
}

/** The source over a definition. Throws `UsageError` when its set-up fails. */
export function createModuleSource(
  definition: IntegrationDefinition<object>,
  { values, webhookSecret }: Given,
): Source {
  const { context, config } = setUp(definition, values);
  const recordKeys = new Map(definition.listeners.flatMap(({ kind, options }) => keyEntry(kind, options)));
  const hookArguments = ({ id, trigger, startedAt }: ListRequest['run'], log: SourceLog) => ({
    ...context,
    config,
    log,
    runId: id,
    trigger: { origin: trigger, time: startedAt },
  });
  return {
    incremental: definition.listeners.flatMap(({ kind, options }) => (kind && options.incremental ? [kind] : [])),
    async *list(request): AsyncGenerator<Page> {
      yield* listenerPages(callsOf(definition, { context, config, request }), request);
    },
    identify(kind, record) {
      const recordKey = recordKeys.get(kind);
      const key = recordKey === undefined ? null : keyOf(record, recordKey);
      return { key, locator: key !== null && definition.lookups.has(kind) ? key : null };
    },
    async lookup({ kind, key, signal, log }) {
      const lookup = definition.lookups.get(kind);
      if (!lookup) throw new SourceError(`the module has no lookup for ${kind}`);
      const record = await lookup({ ...context, key, signal, log, config });
      if (record === null || isRawRecord(record)) return record;
      throw new SourceError(
        `the lookup of ${kind} must return an object, or null for a record that is gone; it returned ${words(record)}`,
      );
    },
    ...(definition.startHooks.length + definition.completeHooks.length > 0 && {
      hooks: {
        async start(run, log) {
          for (const hook of definition.startHooks) await hook(hookArguments(run, log));
        },
        async complete(run, log) {
          for (const hook of definition.completeHooks) await hook(hookArguments(run, log));
        },
      },
    }),
    resolver: (kind) => definition.resolvers.get(kind) ?? definition.resolvers.get(null) ?? null,
    routes: definition.routes.map(({ method, path, listen }) => ({
      method,
      path,
      handle: async (request: RouteRequest) => listen({ ...context, ...request, config }),
    })),
    ...(definition.webhooks.length > 0 && {
      events: {
        ...createWebhookEvents(webhookSecret),
        changes: () => 'the module answers events itself',
        handle: (event, payload) => eventCalls(definition, { event, payload, given: { ...context, config } }),
      },
    }),
  };
}

interface Reading {
  readonly context: object;
  readonly config: Settings;
  readonly request: ListRequest;
}

/** The listeners of a kind, specific and generic ones, as they were registered (seed S0.24). */
function callsOf(definition: IntegrationDefinition<object>, { context, config, request }: Reading): Call[] {
  const { kind, run, since, signal, log } = request;
  const listeners = listenersOf(definition, kind);
  log.info(`Reading ${kind}, selector ${JSON.stringify(request.selector)}`);
  return listeners.map(({ options, listen }) => {
    const selector = selectorOf(request, options.selector);
    const event: ResyncEvent = {
      resourceConfig: { kind, selector: request.selector },
      kind,
      runId: run.id,
      trigger: { origin: run.trigger, time: run.startedAt },
    };
    return (cursor) => {
      const args: ListenerArguments<unknown> = { selector, kind, event, cursor, since, signal, log, config };
      return listen({ ...context, ...args } as never);
    };
  });
}

function selectorOf({ kind, selector }: ListRequest, schema: z.ZodObject | undefined): unknown {
  if (schema === undefined) return selector;
  const parsed = schema.safeParse(selector);
  if (parsed.success) return parsed.data;
  throw new SourceError(`the selector of ${kind} is wrong: ${z.prettifyError(parsed.error)}`);
}

type RecordKey = NonNullable<ListenerOptions<z.ZodObject>['recordKey']>;

const keyEntry = (kind: string | null, { recordKey }: ListenerOptions<z.ZodObject>): [string, RecordKey][] =>
  kind !== null && recordKey !== undefined ? [[kind, recordKey]] : [];

/** Throws where the user's function does, or gives what is no key: the record is then of unknown identity. */
function keyOf(record: RawRecord, recordKey: RecordKey): string | null {
  const value: unknown = typeof recordKey === 'function' ? called(recordKey, record) : valueAt(record, recordKey);
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new SourceError(`a record key is a text or a number; this record's is ${words(value)}`);
}

function called(recordKey: Exclude<RecordKey, string>, record: RawRecord): unknown {
  try {
    return recordKey(record);
  } catch (error) {
    throw new SourceError(`recordKey failed: ${thrownText(error)}`);
  }
}

function valueAt(record: RawRecord, path: string): unknown {
  let value: unknown = record;
  for (const step of path.split('.'))
    value = isRawRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return value;
}
