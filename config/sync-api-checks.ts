import type { Json } from '../domain/json.ts';
import { clipped, type Finding, type Path } from './problem.ts';
import { choice } from './suggestion.ts';
import { itemsAt, keysAt, valueAt } from './tree.ts';

/**
 * What the declarations for the Sync API say about each other (sync-semantics 9): foreign keys name blueprints, a list
 * that is made up of links names the mapping that joins both ends, and what is translated is a property.
 */
export function syncApiFindings(tree: Json, blueprint: string): Finding[] {
  return [
    ...foreignKeyFindings(tree, blueprint),
    ...throughFindings(tree, blueprint),
    ...translatedFindings(tree, blueprint),
  ];
}

function foreignKeyFindings(tree: Json, blueprint: string): Finding[] {
  const declared = keysAt(tree, ['blueprints']);
  const mapping = ['blueprints', blueprint, 'mapping'];
  return keysAt(tree, mapping).flatMap((key) => {
    const target = valueAt(tree, [...mapping, key]);
    if (typeof target !== 'string' || declared.includes(target)) return [];
    return [wrong([...mapping, key], `unknown blueprint ${quoted(target)}; ${choice(target, declared)}`)];
  });
}

function throughFindings(tree: Json, blueprint: string): Finding[] {
  const relations = ['blueprints', blueprint, 'relations'];
  return keysAt(tree, relations).flatMap((relation) => {
    const path = [...relations, relation, 'through'];
    const through = valueAt(tree, path);
    if (typeof through !== 'string') return [];
    const message = throughProblem(tree, blueprint, { relation: [...relations, relation], through });
    return message === null ? [] : [wrong(path, message)];
  });
}

function throughProblem(
  tree: Json,
  blueprint: string,
  { relation, through }: { relation: Path; through: string },
): string | null {
  const mappings = keysAt(tree, ['blueprints']).filter(
    (name) => keysAt(tree, ['blueprints', name, 'mapping']).length > 0,
  );
  if (!mappings.includes(through)) {
    return `${quoted(through)} is no blueprint with \`mapping\`; ${choice(through, mappings)}`;
  }
  if (valueAt(tree, [...relation, 'many']) !== true) return 'a relation that is made up of links needs `many: true`';
  const keys = keysAt(tree, ['blueprints', through, 'mapping']);
  const ends = keys.map((key) => valueAt(tree, ['blueprints', through, 'mapping', key]));
  const wanted = [blueprint, valueAt(tree, [...relation, 'target'])];
  const left = wanted.reduce<(Json | undefined)[]>((rest, end) => {
    const at = rest.indexOf(end);
    return at < 0 ? rest : rest.toSpliced(at, 1);
  }, ends);
  if (left.length === ends.length - 2) return null;
  return `${quoted(through)} has no foreign keys to both ${wanted.map((end) => quoted(String(end))).join(' and ')}`;
}

function translatedFindings(tree: Json, blueprint: string): Finding[] {
  const properties = keysAt(tree, ['blueprints', blueprint, 'properties']);
  if (properties.length === 0) return [];
  return itemsAt(tree, ['blueprints', blueprint, 'translated']).flatMap((path) => {
    const property = valueAt(tree, path);
    if (typeof property !== 'string' || properties.includes(property)) return [];
    return [wrong(path, `${quoted(property)} is no property of ${quoted(blueprint)}; ${choice(property, properties)}`)];
  });
}

const quoted = (text: string): string => JSON.stringify(clipped(text));

const wrong = (path: Path, message: string): Finding => ({ path, at: 'value', message, offset: null });
