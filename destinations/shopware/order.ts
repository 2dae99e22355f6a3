import { type Blueprint, type Blueprints, blueprintOf } from '../../domain/blueprint.ts';
import { identityOf } from '../../domain/entity.ts';
import type { RemoteEntity } from '../remote/remote.ts';

/**
 * How deep a blueprint stands: above everything that it refers to, by relations, by lists and by the foreign keys of a
 * mapping. Lower ranks are written first and deleted last (seed S4.16, sync-semantics 2.7). A circle is cut where it
 * closes; what it puts in the wrong order is settled when all else is written.
 */
export function ranksOf(blueprints: Blueprints): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const rank = (name: string, above: readonly string[]): number => {
    const known = ranks.get(name);
    if (known !== undefined) return known;
    const below = targetsOf(blueprintOf(blueprints, name)).filter((target) => ![...above, name].includes(target));
    const found = Math.max(0, ...below.map((target) => rank(target, [...above, name]) + 1));
    ranks.set(name, found);
    return found;
  };
  for (const name of blueprints.keys()) rank(name, []);
  return ranks;
}

function targetsOf({ relations, mapping }: Blueprint): string[] {
  const related = [...relations.values()].map(({ target }) => target);
  return [...related, ...mapping.values()].filter((target) => target !== null);
}

/** Those that others of the same call refer to come first; otherwise as they came. A circle is cut where it closes. */
export function inOrder(entities: readonly RemoteEntity[], blueprints: Blueprints): RemoteEntity[] {
  const byName = new Map(entities.map((entity) => [identityOf(entity), entity]));
  const ordered = new Set<RemoteEntity>();
  const begun = new Set<RemoteEntity>();
  const visit = (entity: RemoteEntity): void => {
    if (begun.has(entity)) return;
    begun.add(entity);
    for (const name of referredTo(entity, blueprintOf(blueprints, entity.blueprint))) {
      const target = byName.get(name);
      if (target !== undefined) visit(target);
    }
    ordered.add(entity);
  };
  for (const entity of entities) visit(entity);
  return [...ordered];
}

function referredTo({ fields }: RemoteEntity, { relations }: Blueprint): string[] {
  return [...relations].flatMap(([relation, { target }]) => {
    const value = fields[`relations.${relation}`] ?? null;
    const identifiers = Array.isArray(value) ? value : [value];
    return identifiers.flatMap((each) =>
      typeof each === 'string' ? [identityOf({ blueprint: target, identifier: each })] : [],
    );
  });
}
