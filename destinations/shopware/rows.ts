import {
  type Blueprint,
  type Blueprints,
  blueprintOf,
  linkEnds,
  type RelationDeclaration,
} from '../../domain/blueprint.ts';
import type { EntityKey, Fields } from '../../domain/entity.ts';
import type { KnownEntity, RemoteEntity } from '../remote/remote.ts';
import { contentOf, type Row } from './content.ts';
import { shopId } from './shop-id.ts';
import { UnsendableError } from './unsendable.ts';

/** One row that an entity needs to have written or deleted. */
export interface RowChange {
  readonly action: 'upsert' | 'delete';
  /** The shop's entity: a blueprint, or the mapping entity of a list. */
  readonly entity: string;
  readonly row: Row;
}

/**
 * What makes the shop hold an entity: its own row, links that its lists gained, and deletes of the links that they lost,
 * since a list that is written only ever adds (seed S4.19, S4.20). What earlier requests left there and is not written
 * any more is cleared. Throws `UnsendableError`.
 */
export function rowsToWrite(entity: RemoteEntity, blueprints: Blueprints): RowChange[] {
  const blueprint = blueprintOf(blueprints, entity.blueprint);
  const row = { ...contentOf(entity, blueprint), ...keyOf(entity, blueprint) };
  const links = [...blueprint.relations].flatMap(([name, relation]) => {
    const { through } = relation;
    if (through === null) return [];
    const path = `relations.${name}` as const;
    const link = (identifier: string): RowChange['row'] => linkRow(entity, { blueprints, relation, identifier });
    const wanted = listAt(entity.fields, path);
    const before = entity.held.map((fields) => listAt(fields, path));
    const isThere = (identifier: string) => before.length > 0 && before.every((list) => list.includes(identifier));
    const lost = [...new Set(before.flat())].filter((identifier) => !wanted.includes(identifier));
    return [
      ...wanted.filter((each) => !isThere(each)).map((each) => change('upsert', through, link(each))),
      ...lost.map((each) => change('delete', through, link(each))),
    ];
  });
  return [change('upsert', entity.blueprint, row), ...links];
}

/** What takes an entity out of the shop: the links of its lists first, then its row. Throws `UnsendableError`. */
export function rowsToRemove(entity: KnownEntity, blueprints: Blueprints): RowChange[] {
  const blueprint = blueprintOf(blueprints, entity.blueprint);
  const links = [...blueprint.relations].flatMap(([name, relation]) => {
    const { through } = relation;
    if (through === null) return [];
    const identifiers = new Set(entity.held.flatMap((fields) => listAt(fields, `relations.${name}`)));
    return [...identifiers].map((identifier) =>
      change('delete', through, linkRow(entity, { blueprints, relation, identifier })),
    );
  });
  return [...links, change('delete', entity.blueprint, keyOf(entity, blueprint))];
}

const change = (action: RowChange['action'], entity: string, row: Row): RowChange => ({ action, entity, row });

/** The primary key: an id, or for a row of links the foreign keys that its identifier is made of (seed S4.16). */
function keyOf({ blueprint: name, identifier }: EntityKey, { mapping }: Blueprint): Row {
  if (mapping.size === 0) return { id: shopId(name, identifier) };
  const parts = identifier.split(':').map(decoded);
  if (parts.length !== mapping.size || parts.includes('')) {
    const keys = [...mapping.keys()].join(', ');
    throw new UnsendableError(`the identifier of a ${name} must be the identifiers of ${keys}, joined by colons`);
  }
  return Object.fromEntries(
    [...mapping].map(([key, target], index) => {
      const part = parts[index] ?? '';
      return [key, target === null ? part : shopId(target, part)];
    }),
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

interface Link {
  readonly blueprints: Blueprints;
  readonly relation: RelationDeclaration;
  readonly identifier: string;
}

/** The row of a link from an entity to another. */
function linkRow(entity: EntityKey, { blueprints, relation, identifier }: Link): Row {
  const keys = linkEnds(blueprints, entity.blueprint, relation);
  return {
    [keys.own]: shopId(entity.blueprint, entity.identifier),
    [keys.target]: shopId(relation.target, identifier),
  };
}

function listAt(fields: Fields, path: `relations.${string}`): string[] {
  const value = fields[path] ?? null;
  if (typeof value === 'string') return [value];
  if (value === null) return [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new UnsendableError(`${path}: must be a list of identifiers`);
  }
  return [...new Set(value as string[])];
}
