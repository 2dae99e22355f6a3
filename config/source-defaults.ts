import { isRawRecord, type Json, type RawRecord } from '../domain/json.ts';
import type { ConfigurationContext, DefaultMapping, SourceDefaults } from './definitions.ts';
import { literalOf } from './expression-text.ts';

/**
 * A configuration in which resources without `entity:` have their source's default mapping, and the blueprints that these
 * map to are declared. What is written stays as it is: an `entity:` of one's own is taken whole, and so is a blueprint of
 * the same name. What is stored holds the defaults, so that a later version's do not change it.
 */
export function withSourceDefaults(raw: Json, { sources }: Pick<ConfigurationContext, 'sources'>): Json {
  if (!isRawRecord(raw) || !isRawRecord(raw.integrations)) return raw;
  const needed: RawRecord[] = [];
  const integrations = Object.entries(raw.integrations).map(([id, integration]): [string, Json] => {
    const type = isRawRecord(integration) && isRawRecord(integration.source) ? integration.source.type : null;
    const { defaults } = sources.find((source) => source.type === type) ?? {};
    if (!defaults || !isRawRecord(integration) || !Array.isArray(integration.resources)) return [id, integration];
    const resources = integration.resources.map((resource) => {
      const mapping = mappingFor(resource, defaults);
      if (mapping === null) return resource;
      needed.push(blueprintsFor(mapping, defaults));
      return { ...(resource as RawRecord), entity: mapping };
    });
    return [id, { ...integration, resources }];
  });
  if (needed.length === 0) return raw;
  const own = isRawRecord(raw.blueprints) ? raw.blueprints : {};
  const isOwn = raw.blueprints === undefined || raw.blueprints === null || isRawRecord(raw.blueprints);
  const blueprints = isOwn ? { ...Object.assign({}, ...needed), ...own } : (raw.blueprints as Json);
  return { ...raw, blueprints, integrations: Object.fromEntries(integrations) };
}

/** `null`: it has one, or there is none for its kind. */
function mappingFor(resource: Json, { mappings }: SourceDefaults): DefaultMapping | null {
  if (!isRawRecord(resource) || (resource.entity ?? null) !== null) return null;
  const { kind } = resource;
  return typeof kind === 'string' && Object.hasOwn(mappings, kind) ? (mappings[kind] as DefaultMapping) : null;
}

/** The blueprint that a mapping names, and those that its relations lead to. */
function blueprintsFor({ blueprint }: DefaultMapping, { blueprints }: SourceDefaults): RawRecord {
  const found: Record<string, RawRecord> = {};
  const waiting = [literalOf(blueprint)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === null || Object.hasOwn(found, name)) continue;
    const declared = blueprints[name] as RawRecord;
    found[name] = declared;
    const relations = isRawRecord(declared.relations) ? Object.values(declared.relations) : [];
    waiting.push(...relations.map((relation) => String((relation as RawRecord).target)));
  }
  return found;
}
