import type { Json } from './json.ts';

/** What identifies an entity in a destination. Both are non-empty strings. */
export interface EntityKey {
  readonly blueprint: string;
  readonly identifier: string;
}

/** As a key of maps and sets: different entities never give the same text. */
export const identityOf = ({ blueprint, identifier }: EntityKey): string => JSON.stringify([blueprint, identifier]);

/**
 * A field of an entity, by its path: `title`, `team`, `properties.<name>` or `relations.<name>`.
 * The name is everything after the first dot and may hold dots itself.
 */
export type FieldPath = 'title' | 'team' | `properties.${string}` | `relations.${string}`;

/**
 * The content of an entity, flat: field path → value. A key that is there with `null` is an explicit
 * null (sync-semantics 1.5); a key that is not there is absent. Flat, so that merging the bases of several
 * claims is one shallow merge, in SQL as well as here.
 */
export type Fields = Readonly<Record<FieldPath, Json>>;

/** A field whose expression failed: it stays absent, the record is still written (sync-semantics 1.5). */
export interface FieldFailure {
  readonly field: FieldPath;
  readonly reason: string;
}

/** One entity as the mapping made it from a raw record. */
export interface MappedEntity extends EntityKey {
  readonly fields: Fields;
  readonly failures: readonly FieldFailure[];
}

/** An entity as people and programs see it. */
export interface Entity extends EntityKey {
  readonly title: string | null;
  readonly team: string | readonly string[] | null;
  readonly properties: Readonly<Record<string, Json>>;
  readonly relations: Readonly<Record<string, string | readonly string[] | null>>;
}

/** What others say of an entity, as far as it is indexed. */
export interface EntityReferences {
  /** `<blueprint>.<relation>` → how many entities point here by it. */
  readonly referencedBy: Readonly<Record<string, number>>;
  /** RFC 3339 in UTC: the latest change of it and of the rows of links that belong to it; `null`: not indexed yet. */
  readonly changedAt: string | null;
}

/** Unfolds flat fields into the shape of an entity. */
export function toEntity(key: EntityKey, fields: Fields): Entity {
  const properties: [string, Json][] = [];
  const relations: [string, Json][] = [];
  let title: Json = null;
  let team: Json = null;
  for (const [path, value] of Object.entries(fields)) {
    if (path === 'title') title = value;
    else if (path === 'team') team = value;
    else if (path.startsWith('properties.')) properties.push([path.slice('properties.'.length), value]);
    else if (path.startsWith('relations.')) relations.push([path.slice('relations.'.length), value]);
  }
  return {
    blueprint: key.blueprint,
    identifier: key.identifier,
    title: title as Entity['title'],
    team: team as Entity['team'],
    properties: Object.fromEntries(properties),
    relations: Object.fromEntries(relations) as Entity['relations'],
  };
}
