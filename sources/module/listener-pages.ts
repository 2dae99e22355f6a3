import { SourceError } from '../../domain/errors.ts';
import type { ListRequest, Page } from '../source.ts';
import type { Batch, Rows } from './definition.ts';
import { rowsOf, words } from './rows.ts';

/** A listener of the kind, ready to be called at a cursor of its own. */
export type Call = (cursor: string | null) => Rows | Promise<Rows> | AsyncIterable<Batch>;

/** Rows of a page. A longer list is taken in parts, so that what comes after needs no more memory than for others. */
const PAGE_ROWS = 1_000;

/** Characters. Cursors lie in histories. */
const MAX_CURSOR = 4_096;

/** Where the reading of a kind is: which of its listeners, and that one's own cursor. */
interface Place {
  readonly listener: number;
  readonly cursor: string | null;
}

/**
 * The pages of a kind's listeners, one listener after another, in the order in which they were registered (seed S0.19).
 * A page has a cursor where its listener gave one, or where the next listener begins; otherwise the reading stays open.
 */
export async function* listenerPages(calls: readonly Call[], request: ListRequest): AsyncGenerator<Page> {
  const start = placeOf(request.cursor);
  for (let listener = start.listener; listener < calls.length; listener++) {
    const call = calls[listener] as Call;
    const answer = await call(listener === start.listener ? start.cursor : null);
    if (Array.isArray(answer)) {
      const next = listener + 1 < calls.length ? cursorOf({ listener: listener + 1, cursor: null }) : null;
      yield* pagesOfList(answer, { next, open: false }, request);
      continue;
    }
    for await (const batch of batchesOf(answer, request.kind)) {
      const { rows, cursor } = isBatch(batch) ? batch : { rows: batch, cursor: null };
      const own = ownCursor(cursor, request.kind);
      const end =
        own === null ? { next: null, open: true } : { next: cursorOf({ listener, cursor: own }), open: false };
      yield* pagesOfList(rows, end, request);
    }
  }
}

/** A list that a listener gave at once: its parts were observed together. */
function* pagesOfList(
  list: unknown,
  end: { readonly next: string | null; readonly open: boolean },
  { kind, log }: ListRequest,
): Generator<Page> {
  const rows = rowsOf(list, `the listener of ${kind}`);
  log.info(`Retrieved ${kind} batch of size: ${rows.length}`);
  let from = 0;
  for (; rows.length - from > PAGE_ROWS; from += PAGE_ROWS) {
    yield { rows: rows.slice(from, from + PAGE_ROWS), next: null, open: true, continued: from > 0 };
  }
  yield { rows: from === 0 ? rows : rows.slice(from), ...end, continued: from > 0 };
}

const isBatch = (batch: unknown): batch is { rows: unknown; cursor?: unknown } =>
  typeof batch === 'object' && batch !== null && 'rows' in batch;

function batchesOf(answer: unknown, kind: string): AsyncIterable<unknown> {
  const iterable = answer as Partial<AsyncIterable<unknown>> | null | undefined;
  if (typeof iterable === 'object' && iterable?.[Symbol.asyncIterator]) return answer as AsyncIterable<unknown>;
  throw new SourceError(
    `the listener of ${kind} must return a list of objects, or be an async generator of such lists; it returned ${words(answer)}`,
  );
}

/** What a listener gave as a cursor; none where it gave nothing. */
function ownCursor(cursor: unknown, kind: string): string | null {
  if (cursor === null || cursor === undefined) return null;
  if (typeof cursor !== 'string') {
    throw new SourceError(`the listener of ${kind} gave a cursor that is ${words(cursor)}; a cursor is a text`);
  }
  if (cursor.length <= MAX_CURSOR) return cursor;
  throw new SourceError(
    `the listener of ${kind} gave a cursor of ${cursor.length} characters; at most ${MAX_CURSOR} are kept`,
  );
}

const cursorOf = (place: Place): string => JSON.stringify([place.listener, place.cursor]);

function placeOf(cursor: string | null): Place {
  if (cursor === null) return { listener: 0, cursor: null };
  const [listener, own] = JSON.parse(cursor) as [number, string | null];
  return { listener, cursor: own };
}
