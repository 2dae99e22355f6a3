import { ORIGINALS } from '../built-ins.ts';
import { coded } from '../coded.ts';
import { FunctionValue } from './function-value.ts';
import type { Marked } from './sequence.ts';

/** A number that can be reckoned with; throws for an infinite one, as jsonata does. */
export function isNumeric(value: unknown): value is number {
  if (typeof value !== 'number' || Number.isNaN(value)) return false;
  if (!Number.isFinite(value)) throw coded('D1001', { value });
  return true;
}

/** Functions of expressions and of jsonata, and those that are handed to jsonata's functions. */
export const isFunction = (value: unknown): boolean => typeof value === 'function' || value instanceof FunctionValue;

/** What a condition makes of a value: `$boolean`, with nothing taken for no. */
export function isTrue(value: unknown): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value !== '';
    case 'number':
      return isNumeric(value) && value !== 0;
    case 'object':
      if (value === null || value instanceof FunctionValue) return false;
      if (Array.isArray(value)) return value.length === 1 ? isTrue(value[0]) : anyTrue(value);
      return Object.keys(value).length > 0;
    default:
      return false;
  }
}

/** Looks at all of them: one that is infinite is an error wherever it stands. */
const anyTrue = (values: readonly unknown[]): boolean => values.filter(isTrue).length > 0;

const asText = ORIGINALS.string?.implementation as (value: unknown) => string;

/** What `&` makes of a value: `$string`, with nothing taken for an empty text. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  return Number.isInteger(value) ? JSON.stringify(value) : asText(value);
}

export function isDeepEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (!isObject(left) || !isObject(right)) return false;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((value, index) => isDeepEqual(value, right[index]));
  }
  const names = Object.getOwnPropertyNames(left);
  if (names.length !== Object.getOwnPropertyNames(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && isDeepEqual(left[name], right[name]));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof FunctionValue);

/** Keys of an object or a list; none of anything else. */
export const keysOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null && !(value instanceof FunctionValue) ? Object.keys(value) : [];

export const isConstructed = (list: Marked): boolean => list.cons === true;
