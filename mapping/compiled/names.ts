import { FunctionValue } from './function-value.ts';
import { Lambda } from './lambda.ts';
import { Native, PartialNative } from './native.ts';
import { asSequence } from './sequence.ts';

/** Names that objects of JavaScript answer to by themselves, which are keys like any other in a record. */
const INHERITED = new Set(
  [Object.prototype, FunctionValue.prototype, Lambda.prototype, Native.prototype, PartialNative.prototype].flatMap(
    Object.getOwnPropertyNames,
  ),
);

/** Reads a key of a value that is no list. */
export type ReadKey = (value: unknown) => unknown;

export function readerOf(name: string): ReadKey {
  if (INHERITED.has(name)) {
    return (value) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Readonly<Record<string, unknown>>)[name]
        : undefined;
  }
  return (value) =>
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** What a name yields of any value, not settled: of a list, what it yields of the elements. */
export const named = (value: unknown, read: ReadKey): unknown =>
  Array.isArray(value) ? namedInList(value, read) : read(value);

function namedInList(list: readonly unknown[], read: ReadKey): unknown[] {
  const found: unknown[] = [];
  for (const element of list) {
    const value = Array.isArray(element) ? namedInList(element, read) : read(element);
    if (Array.isArray(value)) for (const part of value) found.push(part);
    else if (value !== undefined) found.push(value);
  }
  return asSequence(found);
}
