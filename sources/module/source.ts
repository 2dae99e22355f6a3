import { z } from 'zod';
import { SourceError, UsageError } from '../../domain/errors.ts';
import { isRawRecord, type RawRecord } from '../../domain/json.ts';
import { createWebhookEvents } from '../signed-webhook.ts';
import type { ListRequest, RouteRequest, Source, SourceType } from '../source.ts';
import type { IntegrationDefinition, ListenerArguments, ListenerOptions, ResyncEvent, Settings } from './definition.ts';
import { eventCalls } from './event-calls.ts';
import { type Call, listenerPages } from './listener-pages.ts';
import { loadDefinition } from './load.ts';

const settings = z.looseObject({
  module: z
    .string()
    .min(1)
    .meta({ description: 'The module that exports the listeners, relative to the configuration file' }),
  /** For the listeners; named here so that the environment can set them. */
  baseUrl: z.string().optional(),
  accessToken: z.string().optional(),
  /** What webhooks are signed with. */
  webhookSecret: z.string().min(1).optional(),
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
};

interface Given {
  readonly values: Readonly<Record<string, unknown>>;
  readonly webhookSecret: string | undefined;
}

/** The source over a definition. Throws `UsageError` when its set-up throws. */
export function createModuleSource(
  definition: IntegrationDefinition<object>,
  { values, webhookSecret }: Given,
): Source {
  const config = settingsOf(values);
  const context = setUp(definition, config);
  const optionsOf = (kind: string): ListenerOptions<z.ZodObject> =>
    definition.listeners.find((listener) => listener.kind === kind)?.options ?? {};
  const hookArguments = ({ id, trigger, startedAt }: ListRequest['run']) => ({
    ...context,
    config,
    runId: id,
    trigger: { origin: trigger, time: startedAt },
  });
  return {
    incremental: definition.listeners.flatMap(({ kind, options }) => (kind && options.incremental ? [kind] : [])),
    list: (request) => listenerPages(callsOf(definition, { context, config, request }), request),
    identify(kind, record) {
      const { recordKey } = optionsOf(kind);
      const key = recordKey === undefined ? null : keyOf(record, recordKey);
      return { key, locator: key !== null && definition.lookups.has(kind) ? key : null };
    },
    async lookup({ kind, key, signal, log }) {
      const lookup = definition.lookups.get(kind);
      if (!lookup) throw new SourceError(`the module has no lookup for ${kind}`);
      const record = await lookup({ ...context, key, signal, log, config });
      if (record === null || isRawRecord(record)) return record;
      throw new SourceError(`the lookup of ${kind} ${key} must return an object, or null when it is gone`);
    },
    ...(definition.startHooks.length + definition.completeHooks.length > 0 && {
      hooks: {
        async start(run) {
          for (const hook of definition.startHooks) await hook(hookArguments(run));
        },
        async complete(run) {
          for (const hook of definition.completeHooks) await hook(hookArguments(run));
        },
      },
    }),
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

function setUp(definition: IntegrationDefinition<object>, config: Settings): object {
  try {
    return definition.setUp({ config });
  } catch (error) {
    throw new UsageError(`the set-up of the module ${definition.name} failed: ${(error as Error).message}`);
  }
}

const settingsOf = (values: Readonly<Record<string, unknown>>): Settings => ({
  get: <T>(key: string, standard?: T) => (values[key] ?? standard) as T,
});

interface Reading {
  readonly context: object;
  readonly config: Settings;
  readonly request: ListRequest;
}

/** The listeners of a kind, specific and generic ones, as they were registered. */
function callsOf(definition: IntegrationDefinition<object>, { context, config, request }: Reading): Call[] {
  const { kind, run, since, signal, log } = request;
  const listeners = definition.listeners.filter((listener) => listener.kind === kind || listener.kind === null);
  if (listeners.length === 0) {
    const known = definition.listeners.map((listener) => listener.kind ?? '(every kind)').join(', ') || 'none';
    throw new SourceError(`the module has no listener for the kind ${kind}; it has: ${known}`);
  }
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

function keyOf(record: RawRecord, recordKey: NonNullable<ListenerOptions<z.ZodObject>['recordKey']>): string | null {
  const value = typeof recordKey === 'function' ? recordKey(record) : valueAt(record, recordKey.split('.'));
  return value === null || value === undefined || value === '' ? null : String(value);
}

function valueAt(record: RawRecord, steps: readonly string[]): unknown {
  let value: unknown = record;
  for (const step of steps) value = isRawRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return typeof value === 'object' ? undefined : value;
}
