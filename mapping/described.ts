/** What an expression yielded, in the words of error messages: a type, never the value. */
export function described(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value !== 'object') return value === '' ? 'an empty text' : (NAMES[typeof value] ?? `a ${typeof value}`);
  return '_jsonata_lambda' in value || '_jsonata_function' in value ? 'a function' : 'an object';
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  function: 'a function',
};
