import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { Fields } from '../domain/entity.ts';
import { StagingLostError } from '../domain/errors.ts';
import type { Json, RawRecord } from '../domain/json.ts';
import type { Pass, RunRef } from '../domain/run.ts';
import { storableText } from '../domain/text.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';

const compress = promisify(deflate);
const decompress = promisify(inflate);
/** Raw pages are read once and soon: speed before size. */
const COMPRESSION_LEVEL = 1;

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
}

/** Makes a page ready to be staged, so that a batch in memory is small. */
export async function packPage(observedAt: string, rows: readonly RawRecord[]): Promise<StagedPage> {
  return { observedAt, body: await compress(toJson(rows), { level: COMPRESSION_LEVEL }) };
}

/** Deeper than any field may be (see the mapping's limits), and far less than JSON.stringify can walk. */
const MAX_DEPTH = 500;

/** Stands where a record was cut off. It holds a NUL, so that a field with it counts as failed and is not written. */
const CUT = `\u0000 nested deeper than ${MAX_DEPTH} levels`;

function toJson(rows: readonly RawRecord[]): string {
  try {
    return JSON.stringify(rows);
  } catch (error) {
    // JSON.parse can read what JSON.stringify cannot walk.
    if (!(error instanceof RangeError)) throw error;
    return JSON.stringify(rows.map((row) => cutDeep(row, 0)));
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
     insert into tidemark.staged_page (attempt, page, observed_at, body)
     select $1, page, observed_at, body
       from unnest($7::timestamptz[], $8::bytea[]) with ordinality as p (observed_at, body, page)`,
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
    ],
  );
}

export interface ReadPage {
  readonly observedAt: string;
  readonly rows: readonly RawRecord[];
}

/** The pages of one attempt, in order. Throws `StagingLostError` when the attempt is unknown. */
export async function* readPages(db: Queryable, attempt: string): AsyncGenerator<ReadPage> {
  const [batch] = await db.query('select from tidemark.batch where attempt = $1', [attempt]);
  if (!batch) throw new StagingLostError(`staged batch ${attempt} is not there any more`);
  for (let page = 1; ; page++) {
    const [row] = await db.query<{ observedAt: string; body: Buffer }>(
      'select observed_at::text as "observedAt", body from tidemark.staged_page where attempt = $1 and page = $2',
      [attempt, page],
    );
    if (!row) return;
    yield { observedAt: row.observedAt, rows: JSON.parse((await decompress(row.body)).toString()) };
  }
}

export interface StagedEntity {
  /** The source's key of the record; empty where it has none. */
  readonly recordKey: string;
  readonly locator: string | null;
  readonly blueprint: string;
  readonly identifier: string;
  readonly fields: Fields;
  /** Paths of fields whose expression failed. */
  readonly failed: readonly string[];
  readonly observedAt: string;
}

export interface RejectedRecord {
  readonly recordKey: string;
  readonly stage: string;
  readonly reason: string;
  /** JSON text. */
  readonly raw: string;
  readonly observedAt: string;
}

export interface MappedBatch {
  readonly attempt: string;
  readonly fetchAttempt: string;
  readonly kind: string;
  readonly resource: string;
  readonly entities: readonly StagedEntity[];
  readonly quarantined: readonly RejectedRecord[];
  readonly counts: { readonly pages: number; readonly read: number; readonly ruledOut: number };
  readonly fieldFailures: readonly FieldFailureCount[];
  /** Every page was mapped. */
  readonly whole: boolean;
}

/** A field that failed in a batch: in how many records, and why in the first of them. */
export interface FieldFailureCount {
  readonly field: string;
  readonly records: number;
  readonly reason: string;
}

/** Commits what the mapping made of a batch: entities, and the records that it had to put into quarantine. */
export function stageMapped(db: Database, run: RunRef, batch: MappedBatch): Promise<void> {
  return fenced(db, run, (tx) => insertMapped(tx, run, batch));
}

/** The same, within the caller's transaction. */
export async function insertMapped(
  tx: Queryable,
  by: Pick<RunRef, 'integration' | 'epoch'>,
  batch: MappedBatch,
): Promise<void> {
  const { attempt, fetchAttempt, quarantined, counts } = batch;
  const entities = batch.entities.map((entity) => ({
    ...entity,
    locator: entity.locator && storableText(entity.locator),
  }));
  await tx.query(
    `insert into tidemark.mapped_batch (attempt, fetch_attempt, pages, read, ruled_out, quarantined, field_failures, whole)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      attempt,
      fetchAttempt,
      counts.pages,
      counts.read,
      counts.ruledOut,
      quarantined.length,
      JSON.stringify(batch.fieldFailures.map(sayable)),
      batch.whole,
    ],
  );
  if (entities.length > 0) {
    await tx.query(
      `insert into tidemark.staged_entity
         (attempt, ordinal, record_key, locator, blueprint, identifier, fields, failed, observed_at)
       select $1, ordinal, "recordKey", locator, blueprint, identifier, fields, failed, "observedAt"
         from rows from (json_to_recordset($2::json) as ("recordKey" text, locator text, blueprint text,
           identifier text, fields jsonb, failed text[], "observedAt" timestamptz)) with ordinality
           as r ("recordKey", locator, blueprint, identifier, fields, failed, "observedAt", ordinal)`,
      [attempt, JSON.stringify(entities)],
    );
  }
  if (quarantined.length > 0) await quarantine(tx, by, batch);
}

/** Reasons quote records, whatever these hold. */
function sayable<T extends { readonly reason: string }>(row: T): T {
  return { ...row, reason: storableText(row.reason) };
}

async function quarantine(tx: Queryable, by: Pick<RunRef, 'integration' | 'epoch'>, batch: MappedBatch): Promise<void> {
  const rows = JSON.stringify(batch.quarantined);
  await tx.query(
    `insert into tidemark.staged_rejection (attempt, ordinal, record_key, observed_at)
     select $1, ordinal, "recordKey", "observedAt"
       from rows from (json_to_recordset($2::json) as ("recordKey" text, "observedAt" timestamptz)) with ordinality
         as r ("recordKey", "observedAt", ordinal)`,
    [batch.attempt, rows],
  );
  await storeQuarantined(tx, by, batch);
}

/** Puts records of a resource into quarantine, or notes that they are still to be there. */
export async function storeQuarantined(
  tx: Queryable,
  by: Pick<RunRef, 'integration' | 'epoch'>,
  batch: Pick<MappedBatch, 'kind' | 'resource' | 'quarantined'>,
): Promise<void> {
  const rows = JSON.stringify(batch.quarantined.map(sayable));
  await tx.query(
    `insert into tidemark.quarantine as q
       (integration, resource, key, kind, stage, reason, raw, first_seen, last_seen, last_epoch)
     select distinct on (key) $1, $2, coalesce(nullif("recordKey", ''), 'md5:' || md5(raw)) as key, $3, stage, reason,
            raw, "observedAt", "observedAt", $4
       from json_to_recordset($5::json)
         as r ("recordKey" text, stage text, reason text, raw text, "observedAt" timestamptz)
      order by key, "observedAt" desc
     on conflict (integration, resource, key) do update set
       stage = excluded.stage, reason = excluded.reason, raw = excluded.raw,
       last_seen = greatest(q.last_seen, excluded.last_seen), last_epoch = excluded.last_epoch`,
    [by.integration, batch.resource, batch.kind, by.epoch, rows],
  );
}
