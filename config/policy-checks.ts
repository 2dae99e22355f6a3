import { neverUpdated } from '../domain/conflict/never-updated.ts';
import type { FieldPath } from '../domain/entity.ts';
import type { Json } from '../domain/json.ts';
import type { EntityMapping, Integration } from './configuration.ts';
import type { Finding, Path } from './problem.ts';
import { choice } from './suggestion.ts';
import { itemsAt, keysAt, valueAt } from './tree.ts';

/** The fields that a resource maps, in order. */
function mappedFields({ title, team, properties, relations }: EntityMapping): FieldPath[] {
  return [
    ...(title === null ? [] : (['title'] as const)),
    ...(team === null ? [] : (['team'] as const)),
    ...Object.keys(properties).map((name): FieldPath => `properties.${name}`),
    ...Object.keys(relations).map((name): FieldPath => `relations.${name}`),
  ];
}

/**
 * Fields that a policy names and no mapping under it does (seed S2.18). Looks at any tree, also at one that is wrong
 * elsewhere, so that every mistake is found at once.
 */
export function policyFieldFindings(tree: Json): Finding[] {
  return keysAt(tree, ['integrations']).flatMap((id) => {
    const integration = ['integrations', id];
    const resources = itemsAt(tree, [...integration, 'resources']);
    const all = resources.flatMap((resource) => fieldsAt(tree, resource));
    return [
      ...unknownFields(tree, integration, all),
      ...resources.flatMap((resource) => unknownFields(tree, resource, fieldsAt(tree, resource))),
    ];
  });
}

function fieldsAt(tree: Json, resource: Path): string[] {
  const entity = [...resource, 'entity'];
  return [
    ...['title', 'team'].filter((key) => valueAt(tree, [...entity, key]) !== undefined),
    ...['properties', 'relations'].flatMap((key) => keysAt(tree, [...entity, key]).map((name) => `${key}.${name}`)),
  ];
}

function unknownFields(tree: Json, owner: Path, fields: readonly string[]): Finding[] {
  return ['resolution', 'onConflict'].flatMap((key) => {
    const path = [...owner, 'policy', key];
    const unknown = keysAt(tree, path).filter((field) => !fields.includes(field));
    return unknown.map((field): Finding => {
      const message = `no such field is mapped here; ${choice(field, [...new Set(fields)])}`;
      return { path: [...path, field], at: 'key', message, offset: null };
    });
  });
}

/** Fields that are mapped, and that no update could ever change (sync-semantics 7.6). */
export function policyWarnings(integrations: readonly Integration[]): Finding[] {
  return integrations.flatMap(({ id, resources }) =>
    resources.flatMap(({ position, entity, policy, resolve }): Finding[] => {
      const fields = neverUpdated(policy, { fields: mappedFields(entity), resolves: resolve !== null });
      if (fields.length === 0) return [];
      const path = ['integrations', id, 'resources', position, 'policy'];
      const message = `updates never change ${fields.join(', ')}; if they should: other or newer, by defaultResolution or in resolution`;
      return [{ path, at: 'key', message, offset: null }];
    }),
  );
}
