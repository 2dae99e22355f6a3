import { SourceError } from '../../domain/errors.ts';
import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';
import { shown } from './origin.ts';
import type { SettingNames } from './setting-names.ts';

/** What the API answered, its body still unread. */
export interface Answer {
  /** Where it came from in the end, after redirects. */
  readonly url: string;
  /** The `Link` header, where there is one. */
  readonly link: string | null;
  /** The API's own clock when it answered (the header `Date`, as RFC 3339), where it tells it. */
  readonly clock: string | null;
  /** By their lower-case names. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  readonly names: SettingNames;
}

/** The answer as one record. Throws `SourceError` when it is anything else. */
export function recordOf(answer: Answer): RawRecord {
  const value = jsonOf(answer);
  if (!isRawRecord(value)) throw new SourceError(`GET ${shown(answer.url)} answered ${named(value)}, not an object`);
  return value;
}

/** The answer as a list of records. Throws `SourceError`, with the index of the first item that is not an object. */
export function recordsOf(answer: Answer): RawRecord[] {
  const value = jsonOf(answer);
  if (!Array.isArray(value)) throw new SourceError(`GET ${shown(answer.url)} answered ${named(value)}, not an array`);
  const bad = value.findIndex((item) => !isRawRecord(item));
  if (bad >= 0) {
    throw new SourceError(`GET ${shown(answer.url)}: item ${bad} of the array is ${named(value[bad])}, not an object`);
  }
  return value;
}

/** The API's own words about an error, as they came; empty where it says nothing. */
export function messageOf(body: unknown): string {
  if (!Buffer.isBuffer(body)) return '';
  try {
    const { message } = JSON.parse(body.toString());
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}

/** The answer as JSON. Throws `SourceError` when it is none. */
export function jsonOf({ url, body, names }: Answer): Json {
  // Own parsing in place of axios's, which hands out a body that is not JSON as a string. `fatal`: bytes that are not
  // UTF-8 would otherwise come out as replacement characters in somebody's catalog.
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new SourceError(
      `GET ${shown(url)} answered something that is not JSON (${body.length} bytes): ` +
        `check that ${names.address} is the address of the API, not of its web pages`,
    );
  }
}

/** What a value is, in a sentence; never the value itself. */
export function named(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
