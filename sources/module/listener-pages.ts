import { SourceError } from '../../domain/errors.ts';
import { isRawRecord, type RawRecord } from '../../domain/json.ts';
import type { ListRequest, Page } from '../source.ts';
import type { Batch, Rows } from './definition.ts';

/** A listener of the kind, ready to be called at a cursor of its own. */
export type Call = (cursor: string | null) => Rows | Promise<Rows> | AsyncIterable<Batch>;

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
  const { kind, log } = request;
  const start = placeOf(request.cursor);
  for (let listener = start.listener; listener < calls.length; listener++) {
    const call = calls[listener] as Call;
    const answer = await call(listener === start.listener ? start.cursor : null);
    const next = listener + 1 < calls.length ? cursorOf({ listener: listener + 1, cursor: null }) : null;
    if (Array.isArray(answer)) {
      log.info(`Retrieved ${kind} batch of size: ${answer.length}`);
      yield { rows: rowsOf(answer, kind), next };
      continue;
    }
    for await (const batch of pagesOf(answer, kind)) {
      const { rows, cursor = null } = isBatch(batch) ? batch : { rows: batch as Rows };
      const checked = rowsOf(rows, kind);
      log.info(`Retrieved ${kind} batch of size: ${checked.length}`);
      if (cursor === null) yield { rows: checked, next: null, open: true };
      else yield { rows: checked, next: cursorOf({ listener, cursor: String(cursor) }) };
    }
  }
}

const isBatch = (batch: unknown): batch is Extract<Batch, { rows: unknown }> =>
  typeof batch === 'object' && batch !== null && 'rows' in batch;

function pagesOf(answer: unknown, kind: string): AsyncIterable<Batch> {
  const iterable = answer as Partial<AsyncIterable<Batch>> | null | undefined;
  if (typeof iterable === 'object' && iterable?.[Symbol.asyncIterator]) return answer as AsyncIterable<Batch>;
  throw new SourceError(
    `the listener of ${kind} must return a list of objects, or be an async generator of such lists; it returned ${words(answer)}`,
  );
}

/** Every item must be an object as JSON has them (seed S0.12). */
function rowsOf(rows: unknown, kind: string): readonly RawRecord[] {
  if (!Array.isArray(rows)) {
    throw new SourceError(`the listener of ${kind} must yield lists of objects; it yielded ${words(rows)}`);
  }
  const bad = rows.findIndex((row) => !isRawRecord(row));
  if (bad < 0) return rows as readonly RawRecord[];
  throw new SourceError(`the listener of ${kind} gave an item that is no object: item ${bad} is ${words(rows[bad])}`);
}

function words(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const cursorOf = (place: Place): string => JSON.stringify([place.listener, place.cursor]);

function placeOf(cursor: string | null): Place {
  if (cursor === null) return { listener: 0, cursor: null };
  const [listener, own] = JSON.parse(cursor) as [number, string | null];
  return { listener, cursor: own };
}
