import type { Blueprint, Blueprints, PropertyType } from '../domain/blueprint.ts';
import { isRawRecord } from '../domain/json.ts';
import { blueprintSchema } from './schema.ts';

/** The blueprints that stored configurations declare; where two declare one, the later of them counts. */
export function declaredBlueprints(documents: readonly unknown[]): Blueprints {
  const all = new Map<string, Blueprint>();
  for (const document of documents) {
    const { blueprints } = isRawRecord(document) ? document : {};
    for (const [name, raw] of isRawRecord(blueprints) ? Object.entries(blueprints) : []) {
      const blueprint = toBlueprint(raw);
      if (blueprint) all.set(name, blueprint);
    }
  }
  return all;
}

/** What was stored has been checked; what a later version could not read any more declares nothing. */
function toBlueprint(raw: unknown): Blueprint | null {
  const { success, data } = blueprintSchema.safeParse(withoutNulls(raw ?? {}));
  if (!success) return null;
  const properties = Object.entries(data.properties ?? {}).map(([name, { type }]): [string, PropertyType] => [
    name,
    type,
  ]);
  const relations = Object.entries(data.relations ?? {}).map(
    ([name, { target, many, through }]) => [name, { target, many, through: through ?? null }] as const,
  );
  return {
    properties: new Map(properties),
    relations: new Map(relations),
    mapping: new Map(Object.entries(data.mapping ?? {})),
    translated: data.translated ?? [],
  };
}

/** A key with nothing after it is not set. */
function withoutNulls(value: unknown): unknown {
  if (!isRawRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (part === null ? [] : [[key, withoutNulls(part)]])),
  );
}
