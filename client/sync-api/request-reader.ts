import { UsageError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { JsonReader, STREAMED } from './json-values.ts';

/** What a request says, piece by piece, in the order in which it comes. */
export type RequestEvent = {
  /** Its number, from 0, and its key, or its index in the list. */
  readonly operation: number;
  readonly key: string;
} & (
  | { readonly type: 'part'; readonly name: string; readonly value: Json }
  | { readonly type: 'record'; readonly index: number; readonly value: Json }
  | { readonly type: 'end'; readonly isObject: boolean }
);

/** Records and operations that one request may have: what is answered about them is held in memory. */
const MAX_RECORDS = 250_000;
const MAX_OPERATIONS = 10_000;

export interface RequestReading {
  /** Known once the first operation begins. */
  readonly isList: () => boolean;
  readonly events: AsyncGenerator<readonly RequestEvent[]>;
}

/**
 * Reads the body of a request: operations under keys, or in a list. Only what has come in and was not yet taken is held.
 * Throws `UsageError` for what is no JSON, has a key twice, is nested too deeply, or is too much.
 */
export function readRequest(body: AsyncIterable<Uint8Array>): RequestReading {
  const state = new RequestState();
  return { isList: () => state.isList, events: state.read(body) };
}

class RequestState {
  isList = false;
  private waiting: RequestEvent[] = [];
  private operations = 0;
  private records = 0;

  async *read(body: AsyncIterable<Uint8Array>): AsyncGenerator<readonly RequestEvent[]> {
    const json = new JsonReader({
      isStreamed: (path, isList) => this.isStreamed(path, isList),
      onValue: (path, value) => this.onValue(path, value),
    });
    for await (const chunk of body) {
      json.write(chunk);
      yield* this.taken();
    }
    json.end();
    yield* this.taken();
    if (this.operations === 0) {
      throw new UsageError(
        'the body has no operation; it holds at least one, as { "<key>": { "entity", "action", "payload" } }',
      );
    }
  }

  private *taken(): Generator<readonly RequestEvent[]> {
    const events = this.waiting;
    this.waiting = [];
    if (events.length > 0) yield events;
  }

  private isStreamed(path: readonly (string | number)[], isList: boolean): boolean {
    if (path.length === 0) this.isList = isList;
    if (path.length < 2) return path.length === 0 || !isList;
    return path.length === 2 && path[1] === 'payload' && isList;
  }

  private onValue(path: readonly (string | number)[], value: Json | typeof STREAMED): void {
    const [operation, key] = [this.operations, String(path[0])];
    if (path.length === 3) {
      if (++this.records > MAX_RECORDS) throw new UsageError(`a request may have ${MAX_RECORDS} records; send several`);
      this.waiting.push({ type: 'record', operation, key, index: path[2] as number, value: value as Json });
    } else if (path.length === 2) {
      if (value !== STREAMED) this.waiting.push({ type: 'part', operation, key, name: String(path[1]), value });
    } else if (path.length === 1) {
      if (++this.operations > MAX_OPERATIONS) throw new UsageError(`a request may have ${MAX_OPERATIONS} operations`);
      this.waiting.push({ type: 'end', operation, key, isObject: value === STREAMED });
    } else {
      throw new UsageError('the body must be an object of operations by key, or a list of operations');
    }
  }
}
