import { z } from 'zod';
import type { CheckExpression, DestinationDefinition, SourceDefinition } from './definitions.ts';
import { duration } from './duration.ts';
import { expressionText } from './expression-text.ts';
import { size } from './size.ts';

export const DEFAULT_DESTINATION = 'catalog';

/** Ids stand in workflow ids, URLs and names of environment variables. */
export const integrationId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
  error: 'an integration id has 1 to 63 lower-case letters, digits and hyphens, and does not begin with a hyphen',
});

const name = z.string().min(1);
const words = { title: z.string().optional(), description: z.string().optional() };

const THROUGH = 'Sync API: the mapping blueprint whose rows make up the list';

const MAPPING =
  'Sync API: its entities are rows of links. The foreign keys that are its primary key, with their blueprints';

const TRANSLATED = 'Sync API: properties that are written in several languages, as rows of <blueprint>_translation';

export const blueprintSchema = z
  .strictObject({
    ...words,
    properties: z
      .record(name, z.strictObject({ type: z.enum(['string', 'number', 'boolean', 'array', 'object']), ...words }))
      .optional()
      .meta({ description: 'The properties. Where they are given, no others may be mapped' }),
    relations: z
      .record(
        name,
        z.strictObject({
          target: name.meta({ description: 'The blueprint that the relation points to; declared here as well' }),
          many: z.boolean().default(false).meta({ description: 'Whether it holds a list of identifiers' }),
          through: name.optional().meta({ description: THROUGH }),
          ...words,
        }),
      )
      .optional()
      .meta({ description: 'The relations. A relation that is mapped must be here' }),
    mapping: z
      .record(name, name)
      .refine((keys) => Object.keys(keys).length > 1, { error: 'must have at least two foreign keys' })
      .optional()
      .meta({ description: MAPPING }),
    translated: z.array(name).min(1).optional().meta({ description: TRANSLATED }),
  })
  .meta({ description: 'A blueprint: the shape of a kind of entity' });

const TOKEN = 'What callers of the API prove themselves by. Default: one is made at the first start and shown once';

/** What the HTTP server listens on and lets in. */
export const serverSchema = z
  .strictObject({
    host: name.default('127.0.0.1').meta({ description: 'The address to listen on. 0.0.0.0: all of this machine' }),
    port: z.int().min(0).max(65_535).default(8480).meta({ description: 'The port. 0: one that the system picks' }),
    token: z
      .string()
      .regex(/^[\x21-\x7e]+$/, { error: 'must be letters, digits and signs of ASCII, without spaces' })
      .optional()
      .meta({ description: TOKEN }),
    maxBody: size().prefault('64MB').meta({ description: 'What the body of a request may have at most' }),
  })
  .meta({ description: 'The HTTP server' });

/** The keys of the file's top level; what stands in the maps is checked by the schemas of each. */
export const fileSchema = z.strictObject({
  server: z.unknown().optional(),
  blueprints: z.record(name, z.unknown()).default({}),
  integrations: z.record(integrationId, z.unknown()).refine((all) => Object.keys(all).length > 0, {
    error: 'must have at least one integration',
  }),
});

const LOOKUP_LIMIT =
  'Up to this many records of a kind are looked up one by one before they are deleted; above, the kind is listed again';

const ON_TRIGGER =
  'What a trigger does to a resync that runs: abort it and start anew, wait behind it, or be covered by it';

const STARVATION_GUARD = 'After so many aborted resyncs in a row the next one is allowed to finish; 0: never';

export const resyncInterval = duration({ min: '1s' });

const held = z.enum(['hold', 'delete']).default('hold');

const deletesSchema = z
  .strictObject({
    maxShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.3)
      .meta({ description: "The share of a kind's claims above which its deletes are held. 1: no limit" }),
    maxCount: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'The number of deletes of a kind above which they are held. Default: none' }),
    emptySource: held.meta({ description: 'What becomes of the entities of a kind that returned no record at all' }),
    removed: held.meta({ description: 'What becomes of the entities of resources that are no longer configured' }),
    lookupLimit: z.int().min(0).default(200).meta({ description: LOOKUP_LIMIT }),
  })
  .prefault({})
  .meta({ description: 'How deletes are confirmed, and when they wait for approval' });

const policySchema = z.strictObject({
  strategy: z
    .array(z.enum(['create', 'update']))
    .optional()
    .meta({ description: 'What may be done: create, update. Empty: nothing. Default: both' }),
});

/** What an integration names; `null` where it names what is not known, so that only the rest can be checked. */
export interface IntegrationParts<Resource> {
  readonly source: SourceDefinition | null;
  readonly destination: DestinationDefinition | null;
  readonly resource: z.ZodType<Resource>;
}

/** What an integration's entry must look like, for the source and the destination that it names. */
export function integrationSchema<Resource>({ source, destination, resource }: IntegrationParts<Resource>) {
  return z
    .strictObject({
      source: source === null ? ANY_TYPE : sourceSchema(source),
      destination: destination === null ? ANY_TYPE : destinationSchema(destination),
      cancelDeadline: duration({ min: '2s' })
        .prefault('5s')
        .meta({ description: 'How long a cancelled run may take to stop before it is left behind. At least 2s' }),
      concurrency: z.int().min(1).max(64).default(4).meta({ description: 'Kinds that are read side by side' }),
      scheduledResyncInterval: resyncInterval
        .optional()
        .meta({ description: 'A resync by itself, so often. 2h is nearly always enough; longer than a run takes' }),
      onTrigger: z.enum(['restart', 'queue', 'join']).default('restart').meta({ description: ON_TRIGGER }),
      starvationGuard: z.int().min(0).default(5).meta({ description: STARVATION_GUARD }),
      checkpointOverlap: duration({ min: '0s' })
        .prefault('10m')
        .meta({ description: 'How far before its checkpoint an incremental run begins to read' }),
      deletes: deletesSchema,
      policy: policySchema.optional().meta({ description: 'For all resources; each may have its own' }),
      resources: z
        .array(resource)
        .min(1)
        .meta({ description: 'What is read, and how each raw record becomes an entity' }),
    })
    .meta({ description: 'One source, mapped to one destination' });
}

/** The keys of an integration that can be changed from outside the file (interface.md, `PATCH /v1/integration/{id}`). */
export const PATCHABLE_KEYS = [
  'resources',
  'policy',
  'deletes',
  'scheduledResyncInterval',
  'onTrigger',
  'concurrency',
] as const;

/** Every key of an integration. */
export function integrationKeys(): string[] {
  return Object.keys(integrationSchema({ source: null, destination: null, resource: z.unknown() }).shape);
}

export type IntegrationInput = z.output<ReturnType<typeof integrationSchema<unknown>>>;

type Open = z.ZodType<{ type: string } & Record<string, unknown>>;

/** The type itself is checked apart, with a message of its own. */
const ANY_TYPE = z.looseObject({}) as unknown as Open;

function sourceSchema({ type, settings }: SourceDefinition): Open {
  return settings
    .safeExtend({ type: z.literal(type) })
    .meta({ description: 'Where the records come from' }) as unknown as Open;
}

function destinationSchema({ type, settings }: DestinationDefinition): Open {
  const word = z.literal(type);
  return settings
    .safeExtend({ type: type === DEFAULT_DESTINATION ? word.default(type) : word })
    .prefault({})
    .meta({ description: 'Where the entities go' }) as unknown as Open;
}

export interface ResourceParts {
  /** `null`: the kind is not known, so its selector cannot be checked. */
  readonly kind: { readonly name: string; readonly selector: z.ZodObject } | null;
  readonly checkExpression: CheckExpression;
}

/** What an entry of `resources:` must look like, for the kind that it names. */
export function resourceSchema({ kind, checkExpression }: ResourceParts) {
  const expression = expressionText(checkExpression);
  const fields = kind === null ? z.looseObject({}) : kind.selector;
  const query = expression
    .default('true')
    .meta({ description: 'JSONata, boolean: which records are kept. Default: true' });
  return z.strictObject({
    kind: (kind === null ? z.unknown().optional() : z.literal(kind.name)) as z.ZodType<string>,
    selector: (fields.safeExtend({ query }) as unknown as Selector)
      .prefault({} as never)
      .meta({ description: 'Which records of the kind are read' }),
    entity: entitySchema(expression),
    itemsToParse: expression.optional().meta({ description: 'JSONata to an array: one entity per item of it' }),
    policy: policySchema.optional().meta({ description: "Instead of the integration's" }),
  });
}

export type ResourceInput = z.output<ReturnType<typeof resourceSchema>>;

type Selector = z.ZodType<{ query: string } & Record<string, unknown>>;

function entitySchema(expression: ReturnType<typeof expressionText>) {
  return z
    .strictObject({
      identifier: expression.meta({ description: 'JSONata: what the entity is known by; text' }),
      blueprint: expression.meta({ description: `JSONata; a fixed name is written '"githubRepository"'` }),
      title: expression.optional(),
      team: expression.optional(),
      properties: z.record(name, expression).default({}),
      relations: z.record(name, expression).default({}),
    })
    .meta({ description: 'How a raw record becomes an entity. A field that is not named is not mapped' });
}
