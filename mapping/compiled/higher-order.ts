import { coded } from '../coded.ts';
import { arityOf, type Callback } from './apply.ts';
import type { Run } from './run.ts';
import { asSequence } from './sequence.ts';
import { isTrue, keysOf } from './values.ts';

type List = readonly unknown[] | undefined;

/** Calls with the value, and with its place and the whole where the function takes them. */
function called(run: Run, callback: Callback, [value, place, whole]: readonly [unknown, unknown, unknown]): unknown {
  run.tick();
  const arity = arityOf(callback);
  return callback.apply(run, arity >= 3 ? [value, place, whole] : arity >= 2 ? [value, place] : [value]);
}

function map(this: Run, list: List, callback: Callback): unknown {
  if (list === undefined) return undefined;
  const results: unknown[] = [];
  for (let index = 0; index < list.length; index++) {
    const result = called(this, callback, [list[index], index, list]);
    if (result !== undefined) results.push(result);
  }
  return asSequence(results);
}

function filter(this: Run, list: List, callback: Callback): unknown {
  if (list === undefined) return undefined;
  return asSequence(list.filter((value, index) => isTrue(called(this, callback, [value, index, list]))));
}

function single(this: Run, list: List, callback?: Callback): unknown {
  if (list === undefined) return undefined;
  let found = -1;
  for (let index = 0; index < list.length; index++) {
    if (callback !== undefined && !isTrue(called(this, callback, [list[index], index, list]))) continue;
    if (found >= 0) throw coded('D3138', { index });
    found = index;
  }
  if (found < 0) throw coded('D3139');
  return list[found];
}

function reduce(this: Run, list: List, callback: Callback, initial?: unknown): unknown {
  if (list === undefined) return undefined;
  const arity = arityOf(callback);
  if (arity < 2) throw coded('D3050', { index: 1 });
  const begins = initial === undefined && list.length > 0;
  let result = begins ? list[0] : initial;
  for (let index = begins ? 1 : 0; index < list.length; index++) {
    this.tick();
    result = callback.apply(this, [result, list[index], index, list].slice(0, arity));
  }
  return result;
}

function each(this: Run, object: unknown, callback: Callback): unknown {
  const results: unknown[] = [];
  for (const key of keysOf(object)) {
    const result = called(this, callback, [(object as Record<string, unknown>)[key], key, object]);
    if (result !== undefined) results.push(result);
  }
  return asSequence(results);
}

function sift(this: Run, object: unknown, callback: Callback): unknown {
  const kept: [string, unknown][] = [];
  for (const key of keysOf(object)) {
    const value = (object as Record<string, unknown>)[key];
    if (isTrue(called(this, callback, [value, key, object]))) kept.push([key, value]);
  }
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function sort(this: Run, list: List, after?: Callback): unknown {
  if (list === undefined || list.length <= 1) return list;
  if (after !== undefined) return mergeSorted(list, (left, right) => this.tick() ?? after(left, right));
  const type = typeof list[0];
  if ((type !== 'number' && type !== 'string') || list.some((value) => typeof value !== type)) {
    throw coded('D3070', { index: 1 });
  }
  const values = list as readonly string[];
  return [...values].sort((left, right) => (left > right ? 1 : left < right ? -1 : 0));
}

/** Stable; `after` says whether the left one belongs after the right one. It is asked about the pairs that jsonata asks about. */
export function mergeSorted<T>(list: readonly T[], after: (left: T, right: T) => unknown): T[] {
  if (list.length <= 1) return [...list];
  const middle = list.length >> 1;
  const left = mergeSorted(list.slice(0, middle), after);
  const right = mergeSorted(list.slice(middle), after);
  const merged: T[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) {
    merged.push((after(left[l] as T, right[r] as T) ? right[r++] : left[l++]) as T);
  }
  while (l < left.length) merged.push(left[l++] as T);
  while (r < right.length) merged.push(right[r++] as T);
  return merged;
}

/** jsonata's functions that call a function: its own are asynchronous. */
export const HIGHER_ORDER = { map, filter, single, reduce, each, sift, sort };
