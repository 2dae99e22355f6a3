import { z } from 'zod';
import type { DestinationDefinition, SourceDefinition } from './definitions.ts';
import {
  blueprintSchema,
  integrationId,
  integrationSchema,
  PATCHABLE_KEYS,
  resourceSchema,
  serverSchema,
  tombstonesSchema,
} from './schema.ts';

export interface Definitions {
  readonly sources: readonly SourceDefinition[];
  readonly destinations: readonly DestinationDefinition[];
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * The JSON schema of the configuration, for editors (`# yaml-language-server: $schema=…`). Made of the schemas that the
 * program itself checks with. Draft 7, which every editor knows. It allows what comes before those checks as well: an
 * optional key with nothing after it, and a reference to the environment where a number or a word is expected.
 */
export function configurationJsonSchema({ sources, destinations }: Definitions): JsonSchema {
  const integrations = sources.flatMap((source) => {
    const resources = resourceSchemas(source);
    return destinations.map((destination) =>
      integrationSchema({ source, destination, resource: z.union(resources), checkExpression: () => null }),
    );
  });
  const file = z
    .strictObject({
      server: serverSchema.optional(),
      tombstones: tombstonesSchema,
      blueprints: z.record(z.string(), blueprintSchema.nullable()).optional().meta({ description: BLUEPRINTS }),
      integrations: z.record(integrationId, z.union(integrations)).meta({ description: 'The integrations, by id' }),
    })
    .meta({ title: 'Tidemark configuration' });
  const schema = loosened(z.toJSONSchema(file, { io: 'input', target: 'draft-7' }));
  return { ...schema, definitions: { reference: REFERENCE } };
}

/**
 * The JSON schema (2020-12) of what a patch may replace, without references to the environment, made of the same
 * schemas.
 */
export function patchJsonSchema({ sources, destinations }: Definitions): JsonSchema {
  const resources = sources.flatMap((source) => resourceSchemas(source));
  const [destination = null] = destinations;
  const integration = integrationSchema({
    source: null,
    destination,
    resource: z.union(resources),
    checkExpression: () => null,
  });
  const patch = integration
    .pick(Object.fromEntries(PATCHABLE_KEYS.map((key) => [key, true])) as PatchableMask)
    .partial();
  const { $schema: _, ...schema } = z.toJSONSchema(patch, { io: 'input', target: 'draft-2020-12' });
  return schema;
}

type PatchableMask = { [Key in (typeof PATCHABLE_KEYS)[number]]: true };

function resourceSchemas(source: SourceDefinition) {
  // Where kinds are the user's own, any name will do.
  if (source.kindsOf) return [resourceSchema({ kind: null, checkExpression: () => null })];
  const kinds = Object.entries(source.kinds).map(([name, selector]) => ({ name, selector }));
  return kinds.map((kind) => {
    const schema = resourceSchema({ kind, checkExpression: () => null });
    return Object.hasOwn(source.defaults?.mappings ?? {}, kind.name) ? schema.partial({ entity: true }) : schema;
  });
}

const BLUEPRINTS = 'The blueprints of the catalog. Optional, but a relation that is mapped needs its target here';

const REFERENCE: JsonSchema = {
  description: 'A value from the environment',
  type: 'string',
  pattern: '\\$\\{env:[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}',
};

/** The schema with what is allowed before the checks, at every depth. */
function loosened(schema: JsonSchema): JsonSchema {
  const loose: JsonSchema = { ...schema };
  for (const key of ['anyOf', 'oneOf'] as const) if (schema[key]) loose[key] = schema[key].map(loosened);
  for (const key of ['items', 'additionalProperties'] as const) {
    const inner = schema[key];
    if (typeof inner === 'object' && !Array.isArray(inner)) loose[key] = withForms(inner, isExpression(inner));
  }
  if (schema.properties === undefined) return loose;
  const properties = Object.entries(schema.properties).map(([key, property]): [string, JsonSchema | boolean] => {
    const isOptional = !schema.required?.includes(key);
    return [key, typeof property === 'boolean' ? property : withForms(property, isOptional)];
  });
  return { ...loose, properties: Object.fromEntries(properties) };
}

/** Title, description and default stay outside, where editors look for them. */
function withForms(property: JsonSchema, mayBeUnset: boolean): JsonSchema {
  const more: JsonSchema[] = mayBeReference(property) ? [{ $ref: '#/definitions/reference' }] : [];
  if (mayBeUnset) more.push({ type: 'null' });
  const schema = loosened(property);
  if (more.length === 0) return schema;
  const { title, description, default: standard, ...form } = schema;
  const words = Object.entries({ title, description, default: standard }).filter(([, value]) => value !== undefined);
  const forms = form.anyOf !== undefined && Object.keys(form).length === 1 ? form.anyOf : [form];
  return { ...Object.fromEntries(words), anyOf: [...forms, ...more] };
}

/** Text, number or boolean: only expressions are; a mapped field without one is not mapped. */
function isExpression({ type }: JsonSchema): boolean {
  return Array.isArray(type);
}

/** Words, numbers and texts with a form. Other text holds a reference already; maps and lists cannot come from one. */
function mayBeReference({ type, pattern, format, enum: words, allOf }: JsonSchema): boolean {
  const hasForm = [pattern, format, words, allOf].some((rule) => rule !== undefined);
  return type === 'string' ? hasForm : type === 'number' || type === 'integer' || type === 'boolean';
}
