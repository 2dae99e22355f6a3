import { randomUUID } from 'node:crypto';
import { cancellationSignal } from '@temporalio/activity';
import { fenced } from '../catalog/fence.ts';
import { addWarning, isReading, runAbout, startKind } from '../catalog/runs.ts';
import { databaseClock, packPage, type StagedPage, stageBatch, toJson } from '../catalog/staging.ts';
import { MAX_LOSSES, type Pass, type PinnedRun } from '../domain/run.ts';
import type { Page } from '../sources/source.ts';
import { type ActivityDependencies, resourceOf } from './dependencies.ts';
import { endReading, type Reading, type Session } from './reading-sessions.ts';

/** A batch ends at whichever comes first: small history, bounded memory, progress that can be seen. */
const BATCH_PAGES = 10;
/** Of a list that has turned out long: then steps cost more than progress is worth. */
const LONG_BATCH_PAGES = 20;
const LONG_LIST_PAGES = 100;
/** Bytes of JSON. */
const BATCH_LENGTH = 8 * 1024 * 1024;
const BATCH_MS = 5_000;

export interface FetchInput {
  readonly run: PinnedRun;
  readonly kind: string;
  readonly resource: string;
  readonly pass: Extract<Pass, 'read' | 'second-listing'>;
  /** Where the reading begins, or, with a session, where it could begin again; `null`: at the start. */
  readonly cursor: string | null;
  /** Only what changed since then (RFC 3339); `null`: everything. */
  readonly since: string | null;
  /** Pages of the kind that were read before. */
  readonly pagesBefore: number;
  /** The reading that this process holds and is to go on with; `null`: begin one at the cursor. */
  readonly session: string | null;
  /** How often readings of the resource were lost before. */
  readonly losses: number;
}

export interface FetchResult {
  /** Names the staged rows; `null`: there were none. */
  readonly attempt: string | null;
  readonly pages: number;
  readonly rows: number;
  /** The cursor that the next batch goes on at; with a session, the one to begin again at if that is lost. */
  readonly next: string | null;
  /** The reading that goes on. Neither this nor `next`: the source is at its end, unless `failure` says otherwise. */
  readonly session: Session | null;
  /** Why the source could not be read on. The pages before stand (sync-semantics 2.3). */
  readonly failure: string | null;
}

interface Batch {
  /** Packed while the next ones are read. */
  readonly pages: Promise<StagedPage>[];
  rows: number;
  /** Bytes of the pages' JSON. */
  length: number;
  /** The last cursor that there was. */
  next: string | null;
  /** Only the iterator knows where to go on after the last page. */
  open: boolean;
  clock: string | null;
  modified: string | null;
  failure: string | null;
}

export const createFetchActivity = (deps: ActivityDependencies) => ({
  /** Reads a batch of pages from where the cursor stands, and stages it together with its next cursor. */
  async fetch(input: FetchInput): Promise<FetchResult> {
    const { run, kind, resource, pass, cursor, session } = input;
    if (cursor === null && session === null) await startKind(deps.db, run, kind);
    const reading = session === null ? await begin(deps, input) : deps.sessions.take(session);
    let going = false;
    try {
      const batch = await underCancellation(reading, () => read(deps, reading, input));
      const { rows, next, open, clock, modified, failure } = batch;
      const pages = await Promise.all(batch.pages);
      const attempt = pages.length > 0 ? randomUUID() : null;
      if (attempt !== null) {
        const staged = { attempt, kind, resource, pass, pages, nextCursor: next, clock, modified };
        await fenced(deps.db, run, (tx) => stageBatch(tx, run, staged));
        deps.handOver.put(attempt, pages);
      }
      // What an attempt that was given up leaves behind nobody would ever ask for.
      going = open && failure === null && !cancellationSignal().aborted;
      const kept = going ? deps.sessions.keep(reading) : null;
      return { attempt, pages: pages.length, rows, next, session: kept, failure };
    } finally {
      if (!going) await endReading(reading);
    }
  },
});

async function begin(deps: ActivityDependencies, input: FetchInput): Promise<Reading> {
  const { run, kind, resource, pass, cursor, since, losses } = input;
  const pipeline = await deps.pipeline(run.configVersion);
  const controller = new AbortController();
  const { selector } = resourceOf(pipeline, resource);
  const about = await runAbout(deps.db, run);
  if (losses > 0) {
    const warning = `${resource} was begun again (${losses} of ${MAX_LOSSES}): the process that read it was lost; what it had read is counted twice`;
    deps.log.warn(`${run.integration}: ${warning}`);
    await addWarning(deps.db, run, warning);
  }
  const request = { kind, selector, cursor, since, run: about, signal: controller.signal, log: deps.log };
  const pages = pipeline.source.list(request)[Symbol.asyncIterator]();
  return { controller, pages, observedAt: null, isWanted: () => isReading(deps.db, run, { kind, pass }) };
}

/** A cancelled activity aborts what the source does for it. */
async function underCancellation<T>({ controller }: Reading, work: () => Promise<T>): Promise<T> {
  const signal = cancellationSignal();
  const abort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function read(deps: ActivityDependencies, reading: Reading, input: FetchInput): Promise<Batch> {
  const maxPages = input.pagesBefore < LONG_LIST_PAGES ? BATCH_PAGES : LONG_BATCH_PAGES;
  const batch: Batch = { pages: [], rows: 0, length: 0, next: input.cursor, open: false, ...UNTIMED };
  const started = performance.now();
  const full = (): boolean =>
    batch.pages.length >= maxPages || batch.length >= BATCH_LENGTH || performance.now() - started >= BATCH_MS;
  let last = false;
  // After a page that is said to be the last only the source itself can confirm it.
  while (batch.pages.length === 0 || last || !full()) {
    const result = await nextPage(deps, reading);
    if (typeof result === 'string') {
      batch.failure = result;
      break;
    }
    if (result === null) {
      batch.next = null;
      batch.open = false;
      break;
    }
    const { page, observedAt, json } = result;
    // Only the first answer's: a later one's says nothing about what was read before it.
    if (batch.pages.length === 0) batch.clock = instant(page.clock);
    const packing = packPage(observedAt, json, page.gone);
    // Waited for when the batch is whole.
    packing.catch(() => {});
    batch.pages.push(packing);
    batch.rows += page.rows.length;
    batch.length += json.length;
    batch.next = page.next ?? batch.next;
    batch.open = page.next === null;
    last = page.next === null && !page.open;
    batch.modified = [batch.modified, instant(page.modified)].reduce(later);
  }
  return batch;
}

const UNTIMED = { clock: null, modified: null, failure: null } as const;

/** As PostgreSQL and comparisons want it; what is no time counts as not told. */
function instant(text: string | null | undefined): string | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

const later = (one: string | null, other: string | null): string | null => ((one ?? '') > (other ?? '') ? one : other);

/** The next page; `null` at the end; a text: why the source could not be read. Whatever it throws fails its kind. */
async function nextPage(
  deps: ActivityDependencies,
  reading: Reading,
): Promise<{ page: Page; observedAt: string; json: Buffer } | string | null> {
  const asked = await databaseClock(deps.db);
  try {
    const { value: page, done } = await reading.pages.next();
    if (done) return null;
    reading.observedAt = page.continued ? (reading.observedAt ?? asked) : asked;
    return { page, observedAt: reading.observedAt, json: toJson(page.rows) };
  } catch (error) {
    if (cancellationSignal().aborted) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
