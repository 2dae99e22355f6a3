import { SourceError } from '../../domain/errors.ts';
import { isRawRecord, type RawRecord } from '../../domain/json.ts';
import { jsonOf, named } from '../http-client/answer.ts';
import type { HttpClient, RequestOptions } from '../http-client/client.ts';
import { shown } from '../http-client/origin.ts';
import { instant } from '../instant.ts';
import type { LookupRequest, RecordIdentity } from '../source.ts';
import { evaluated, word } from './evaluation.ts';
import type { Kind } from './kinds.ts';
import { fieldsIn, fieldsOf, fillPath, only } from './template.ts';
import { joined } from './walk.ts';

/** The API's own key of a record, and where it can be read again. */
export async function identify(kind: Kind, record: RawRecord): Promise<RecordIdentity> {
  const key = await keyOf(kind, record);
  return { key, locator: key === null ? null : locatorOf(kind, key, record) };
}

/**
 * The record as it is now; `null`: gone. An answer that does not have the key asked for proves nothing and throws
 * `SourceError`, unless the path says nothing of the key: then another record has taken its place.
 */
export async function lookUp(http: HttpClient, kind: Kind, request: LookupRequest): Promise<RawRecord | null> {
  const known = knownOf(request);
  const path = lookupPath(kind, request.key, known);
  if (path === null)
    throw new SourceError(`${kind.name} ${request.key} cannot be looked up any more: its lookup changed`);
  const record = await readOne(http, kind, { path, options: request });
  if (record === null) return null;
  const as = kind.parent?.as ?? null;
  const parent = as === null ? undefined : known[as];
  const found = as !== null && isRawRecord(parent) ? joined(record, as, parent) : record;
  const key = await keyOf(kind, found);
  if (key === request.key) return found;
  const isByKey = fieldsOf(kind.settings.lookup ?? '').includes('key');
  if (key !== null && !isByKey) return null;
  const answered = key === null ? "without the record's key" : 'with another record';
  throw new SourceError(
    `GET ${shown(http.url(path))} answered ${answered}, so whether ${kind.name} ${request.key} is there is unknown: ` +
      'check item and recordKey',
  );
}

/** Whether a record that was listed before is still there; `null`: it cannot be looked up. */
export async function isStillThere(
  http: HttpClient,
  kind: Kind,
  record: RawRecord,
  options: RequestOptions,
): Promise<boolean | null> {
  const { key, locator } = await identify(kind, record);
  if (key === null || locator === null) return null;
  return (await lookUp(http, kind, { kind: kind.name, key, locator, ...options })) !== null;
}

/** The latest time of change among the records (RFC 3339); `null`: none tells. */
export async function latestChange(kind: Kind, rows: readonly RawRecord[]): Promise<string | null> {
  if (kind.modified === null) return null;
  let latest: string | null = null;
  for (const [index, row] of rows.entries()) {
    const where = `modified of ${kind.name}, item ${index} of the page,`;
    const text = word(await evaluated(kind.modified, row, where), where);
    if (text === null) continue;
    const time = instant(text);
    if (time === null) throw new SourceError(`${where} yields a text that is not a time, such as 2026-01-31T12:00:00Z`);
    if (latest === null || time > latest) latest = time;
  }
  return latest;
}

async function keyOf({ name, recordKey }: Kind, record: RawRecord): Promise<string | null> {
  if (recordKey === null) return null;
  const where = `recordKey of ${name}`;
  return word(await evaluated(recordKey, record, where), where);
}

/**
 * What the path of a lookup is filled with, besides the key, and what the API does not tell with the record: the fields
 * of its parent. Not the path itself, so that one that is mended in the settings counts for records listed before.
 */
function locatorOf(kind: Kind, key: string, record: RawRecord): string | null {
  if (lookupPath(kind, key, record) === null) return null;
  const fields = fieldsOf(kind.settings.lookup ?? '').filter((field) => field !== 'key');
  return JSON.stringify(only(kind.parent?.as ? [...fields, kind.parent.as] : fields, record));
}

/** `null`: the kind has no lookup, or the record lacks a field of its path. */
function lookupPath({ settings }: Kind, key: string, known: RawRecord): string | null {
  if (settings.lookup === undefined) return null;
  const fieldOf = fieldsIn(known);
  const path = fillPath(settings.lookup, (field) => (field === 'key' ? key : fieldOf(field)));
  return 'missing' in path ? null : path.text;
}

function knownOf({ kind, key, locator }: LookupRequest): RawRecord {
  try {
    const known: unknown = JSON.parse(locator);
    if (isRawRecord(known)) return known;
  } catch {
    // Said below.
  }
  throw new SourceError(`${kind} ${key} cannot be looked up: another source has listed it under the same integration`);
}

async function readOne(
  http: HttpClient,
  kind: Kind,
  { path, options }: { path: string; options: RequestOptions },
): Promise<RawRecord | null> {
  const answer = await http.get(http.url(path), options);
  if (answer === null) return null;
  const document = jsonOf(answer);
  const where = `GET ${shown(answer.url)}: item`;
  const value = kind.item === null ? document : await evaluated(kind.item, document, where);
  if (isRawRecord(value)) return value;
  throw new SourceError(
    `${kind.item === null ? `GET ${shown(answer.url)} answered` : `${where} yields`} ${named(value)}, not an object`,
  );
}
