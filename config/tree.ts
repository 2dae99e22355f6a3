import { isRawRecord, type Json } from '../domain/json.ts';
import type { Path } from './problem.ts';

/** The value at a path; `undefined` where there is none. */
export function valueAt(tree: Json, path: Path): Json | undefined {
  let value: Json | undefined = tree;
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step];
    else value = isRawRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
}

/** The keys of the map at a path; none where there is no map. */
export function keysAt(tree: Json, path: Path): string[] {
  const value = valueAt(tree, path);
  return isRawRecord(value) ? Object.keys(value) : [];
}

/** The paths of the items of the list at a path; none where there is no list. */
export function itemsAt(tree: Json, path: Path): Path[] {
  const value = valueAt(tree, path);
  return Array.isArray(value) ? value.map((_, index) => [...path, index]) : [];
}

/** A copy in which one value is another. A path that leads nowhere leaves the tree as it is. */
export function withValueAt(tree: Json, path: Path, value: Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(tree)) return tree.map((item, index) => (index === step ? withValueAt(item, rest, value) : item));
  if (!isRawRecord(tree) || (rest.length > 0 && !Object.hasOwn(tree, step))) return tree;
  return { ...tree, [step]: withValueAt(tree[step] ?? null, rest, value) };
}

/**
 * A copy in which a key with nothing after it is not there: `title:` and `title: null` mean that it is not set. Names
 * that are given in the file keep theirs, so that an entry without content is noticed; a blueprint may be declared by
 * its name alone.
 */
export function withoutUnset(tree: Json, path: Path = []): Json {
  if (Array.isArray(tree)) return tree.map((item, index) => withoutUnset(item, [...path, index]));
  if (!isRawRecord(tree)) return tree;
  const entries = Object.entries(tree).flatMap(([key, value]): [string, Json][] => {
    if (value !== null) return [[key, withoutUnset(value, [...path, key])]];
    if (isStrategy(path, key)) return [[key, null]];
    if (path.length === 1 && path[0] === 'blueprints') return [[key, {}]];
    return isNameGiven(path) ? [[key, null]] : [];
  });
  return Object.fromEntries(entries);
}

/** Nothing after it allows nothing, which is not the same as no such key (sync-semantics 7.1). */
function isStrategy(path: Path, key: string): boolean {
  return key === 'strategy' && path.at(-1) === 'policy' && (path.length === 3 || path.length === 5);
}

function isNameGiven(path: Path): boolean {
  if (path.length === 1) return path[0] === 'integrations';
  if (path.length === 4) return path[2] === 'source' && path[3] === 'kinds';
  return path.length === 3 && path[0] === 'blueprints' && (path[2] === 'properties' || path[2] === 'relations');
}
