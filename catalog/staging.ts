import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { StagingLostError } from '../domain/errors.ts';
import type { GoneRecord } from '../domain/gone.ts';
import type { Json, RawRecord } from '../domain/json.ts';
import type { Pass, RunRef } from '../domain/run.ts';
import type { Queryable } from './database.ts';

const compress = promisify(deflate);
const decompress = promisify(inflate);
/**
 * Raw pages are read once and soon: speed before size. Every chunk is a way to another thread and back: most pages are
 * one.
 */
const PACKING = { level: 1, chunkSize: 64 * 1024 };
const UNPACKING = { chunkSize: 256 * 1024 };

/** PostgreSQL's clock, as text in full precision: when an observation begins (sync-semantics 6.2). */
export async function databaseClock(db: Queryable): Promise<string> {
  const [row] = await db.query<{ now: string }>('select clock_timestamp()::text as now');
  return (row as { now: string }).now;
}

export interface StagedPage {
  /** Database clock at the start of its fetch. */
  readonly observedAt: string;
  /** The records, as deflated JSON. */
  readonly body: Buffer;
  readonly gone: readonly GoneRecord[];
  /** What was packed, the records' JSON in UTF-8, as long as there is room for that. */
  readonly json?: Buffer;
}

/** Makes a page ready to be staged; `json`: `toJson` of its records. `gone`: records that it says are gone. */
export async function packPage(
  observedAt: string,
  json: Buffer,
  gone: readonly GoneRecord[] = [],
): Promise<StagedPage> {
  return { observedAt, body: await compress(json, PACKING), gone, json };
}

/** Deeper than any field may be (see the mapping's limits), and far less than JSON.stringify can walk. */
const MAX_DEPTH = 500;

/** Stands where a record was cut off. It holds a NUL, so that a field with it counts as failed and is not written. */
const CUT = `\u0000 nested deeper than ${MAX_DEPTH} levels`;

/** The records as JSON text in UTF-8; what is nested too deeply for that is cut off. */
export function toJson(rows: readonly RawRecord[]): Buffer {
  try {
    return Buffer.from(JSON.stringify(rows));
  } catch (error) {
    // JSON.parse can read what JSON.stringify cannot walk.
    if (!(error instanceof RangeError)) throw error;
    return Buffer.from(JSON.stringify(rows.map((row) => cutDeep(row, 0))));
  }
}

function cutDeep(value: Json, depth: number): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return CUT;
  if (Array.isArray(value)) return value.map((item) => cutDeep(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutDeep(item, depth + 1)]));
}

export interface FetchedBatch {
  /** Names this attempt; only the one that the workflow goes on from is ever read (sync-semantics 5.2). */
  readonly attempt: string;
  readonly kind: string;
  readonly resource: string;
  readonly pass: Pass;
  readonly pages: readonly StagedPage[];
  readonly nextCursor: string | null;
  /** The source's clock when it first answered for it, and the latest change that it told of (RFC 3339). */
  readonly clock: string | null;
  readonly modified: string | null;
}

/** Commits a batch's pages together with its next cursor. */
export function stageBatch(tx: Queryable, run: RunRef, batch: FetchedBatch): Promise<unknown> {
  const { attempt, kind, resource, pass, pages, nextCursor, clock, modified } = batch;
  return tx.query(
    `with batch as (
       insert into tidemark.batch (attempt, run_id, kind, resource, pass, next_cursor, clock, modified)
       values ($1, $2, $3, $4, $5, $6, $9, $10)
     )
     insert into tidemark.staged_page (attempt, page, observed_at, body, gone)
     select $1, page, observed_at, body, gone
       from unnest($7::timestamptz[], $8::bytea[], $11::jsonb[]) with ordinality as p (observed_at, body, gone, page)`,
    [
      attempt,
      run.runId,
      kind,
      resource,
      pass,
      nextCursor,
      pages.map((page) => page.observedAt),
      pages.map((page) => page.body),
      clock,
      modified,
      pages.map((page) => JSON.stringify(page.gone)),
    ],
  );
}

export interface ReadPage {
  readonly observedAt: string;
  readonly rows: readonly RawRecord[];
  readonly gone: readonly GoneRecord[];
}

/** The records of a page. */
export async function unpackPage({ observedAt, body, gone, json }: StagedPage): Promise<ReadPage> {
  return { observedAt, gone, rows: JSON.parse((json ?? (await decompress(body, UNPACKING))).toString()) };
}

/** The pages of one attempt, in order. Throws `StagingLostError` when the attempt is unknown. */
export async function* readPages(db: Queryable, attempt: string): AsyncGenerator<StagedPage> {
  const [batch] = await db.query('select from tidemark.batch where attempt = $1', [attempt]);
  if (!batch) throw new StagingLostError(`staged batch ${attempt} is not there any more`);
  for (let page = 1; ; page++) {
    const [row] = await db.query<StagedPage>(
      'select observed_at::text as "observedAt", body, gone from tidemark.staged_page where attempt = $1 and page = $2',
      [attempt, page],
    );
    if (!row) return;
    yield row;
  }
}
