import { randomUUID } from 'node:crypto';
import { cancellationSignal } from '@temporalio/activity';
import { fenced } from '../catalog/fence.ts';
import { startKind } from '../catalog/runs.ts';
import { databaseClock, packPage, type StagedPage, stageBatch } from '../catalog/staging.ts';
import type { Pass, PinnedRun } from '../domain/run.ts';
import type { Page } from '../sources/source.ts';
import { type ActivityDependencies, resourceOf } from './dependencies.ts';

/** A batch ends at whichever comes first: small history, bounded memory, progress that can be seen. */
const BATCH_PAGES = 10;
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_MS = 5_000;

export interface FetchInput {
  readonly run: PinnedRun;
  readonly kind: string;
  readonly resource: string;
  readonly pass: Extract<Pass, 'read' | 'second-listing'>;
  readonly cursor: string | null;
  /** Only what changed since then (RFC 3339); `null`: everything. */
  readonly since: string | null;
}

export interface FetchResult {
  /** Names the staged rows; `null`: there were none. */
  readonly attempt: string | null;
  readonly pages: number;
  readonly rows: number;
  /** Where the next batch goes on; `null`: the source is at its end, unless `failure` says otherwise. */
  readonly next: string | null;
  /** Why the source could not be read on. The pages before stand (sync-semantics 2.3). */
  readonly failure: string | null;
}

interface Reading {
  readonly pages: StagedPage[];
  rows: number;
  bytes: number;
  next: string | null;
  clock: string | null;
  modified: string | null;
  failure: string | null;
}

export const createFetchActivity = (deps: ActivityDependencies) => ({
  /** Reads a batch of pages from where the cursor stands, and stages it together with its next cursor. */
  async fetch(input: FetchInput): Promise<FetchResult> {
    const { run, kind, resource, pass, cursor } = input;
    if (cursor === null) await startKind(deps.db, run, kind);
    const reading = await read(deps, input);
    const { pages, rows, next, clock, modified, failure } = reading;
    if (pages.length === 0) return { attempt: null, pages: 0, rows, next, failure };
    const attempt = randomUUID();
    const batch = { attempt, kind, resource, pass, pages, nextCursor: next, clock, modified };
    await fenced(deps.db, run, (tx) => stageBatch(tx, run, batch));
    return { attempt, pages: pages.length, rows, next, failure };
  },
});

const UNTIMED = { clock: null, modified: null, failure: null } as const;

async function read(deps: ActivityDependencies, input: FetchInput): Promise<Reading> {
  const pipeline = await deps.pipeline(input.run.configVersion);
  const pages = pipeline.source
    .list({
      kind: input.kind,
      selector: resourceOf(pipeline, input.resource).selector,
      cursor: input.cursor,
      since: input.since,
      signal: cancellationSignal(),
      log: deps.log,
    })
    [Symbol.asyncIterator]();
  const reading: Reading = { pages: [], rows: 0, bytes: 0, next: input.cursor, ...UNTIMED };
  const started = performance.now();
  const full = (): boolean =>
    reading.pages.length >= BATCH_PAGES || reading.bytes >= BATCH_BYTES || performance.now() - started >= BATCH_MS;
  try {
    // Without a cursor after the last page only the source itself can say whether that was the end.
    while (reading.pages.length === 0 || reading.next === null || !full()) {
      const observedAt = await databaseClock(deps.db);
      const result = await nextPage(pages);
      if (typeof result === 'string') {
        reading.failure = result;
        break;
      }
      if (result === null) {
        reading.next = null;
        break;
      }
      const staged = await packPage(observedAt, result.rows);
      reading.pages.push(staged);
      reading.rows += result.rows.length;
      reading.bytes += staged.body.length;
      reading.next = result.next;
      reading.clock ??= instant(result.clock);
      reading.modified = [reading.modified, instant(result.modified)].reduce(later);
    }
  } finally {
    await pages.return?.();
  }
  return reading;
}

/** As PostgreSQL and comparisons want it; what is no time counts as not told. */
function instant(text: string | null | undefined): string | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

const later = (one: string | null, other: string | null): string | null => ((one ?? '') > (other ?? '') ? one : other);

/** The next page; `null` at the end; a text: why the source could not be read. Whatever it throws fails its kind. */
async function nextPage(pages: AsyncIterator<Page>): Promise<Page | string | null> {
  try {
    const { value, done } = await pages.next();
    return done ? null : value;
  } catch (error) {
    if (cancellationSignal().aborted) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
