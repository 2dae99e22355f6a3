import type { Json } from '../domain/json.ts';

/** Deeper parts are shared. */
const DEPTH = 1_000;

/**
 * The same value with empty lists of its own. jsonata 2.2.2 writes into an empty list that it groups: after
 * `labels{name: color}` the record's `labels` would hold one undefined element, for every expression that follows.
 */
export function ownEmptyLists(value: Json, depth = 0): Json {
  if (typeof value !== 'object' || value === null || depth > DEPTH) return value;
  if (Array.isArray(value)) {
    if (value.length === 0) return [];
    const items = value.map((item) => ownEmptyLists(item, depth + 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const entries = Object.entries(value).map(([key, part]): [string, Json] => [key, ownEmptyLists(part, depth + 1)]);
  return entries.some(([key, part]) => part !== (value as { readonly [key: string]: Json })[key])
    ? Object.fromEntries(entries)
    : value;
}
