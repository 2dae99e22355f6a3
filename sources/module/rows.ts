import { SourceError } from '../../domain/errors.ts';
import { isRawRecord, type RawRecord } from '../../domain/json.ts';

/** Objects that JSON would make something else of. A promise is the commonest: `rows.map(async …)`. */
const NO_RECORDS = [Promise, Date, Map, Set] as const;

/**
 * What user code gave as raw records: a list of objects as JSON has them (seed S0.12). `what` begins the message.
 * Throws `SourceError` that names the first bad item by its index, from 0.
 */
export function rowsOf(rows: unknown, what: string): readonly RawRecord[] {
  if (!Array.isArray(rows)) throw new SourceError(`${what} must give a list of objects; it gave ${words(rows)}`);
  const bad = rows.findIndex((row) => !isRawRecord(row) || NO_RECORDS.some((type) => row instanceof type));
  if (bad < 0) return rows;
  throw new SourceError(`${what} gave an item that is no object of JSON: item ${bad} is ${words(rows[bad])}`);
}

/** What kind of value it is, for messages: never the value itself. */
export function words(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const type = NO_RECORDS.find((candidate) => value instanceof candidate);
  if (type) return `a ${type.name}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** User code may throw anything. */
export const thrownText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
