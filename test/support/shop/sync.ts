import { isRawRecord, type Json, type RawRecord } from '../../../domain/json.ts';
import { ShopError } from './errors.ts';
import type { ShopStore, Touched } from './store.ts';

/** One operation of a request. */
export interface Operation {
  readonly key: string;
  readonly entity: string;
  readonly action: 'upsert' | 'delete';
  readonly payload: readonly RawRecord[];
}

export interface SyncAnswer {
  readonly status: number;
  readonly body: Json;
  /** What was written, for the indexers. */
  readonly touched: Touched;
  /** Calls of the shop's writer. */
  readonly writes: number;
}

export interface SyncOptions {
  readonly singleOperation: boolean;
  readonly failOnError: boolean;
}

/** The operations of a body: keyed, or a list. Throws `ShopError` for what is none. */
export function operationsOf(body: Json): { operations: Operation[]; isList: boolean } {
  const isList = Array.isArray(body);
  if (!isList && !isRawRecord(body)) throw invalid('the request', 'must be an object or a list of operations');
  const operations = Object.entries(body as RawRecord).map(([key, operation]) => {
    if (!isRawRecord(operation)) throw invalid(key, 'must be an object');
    const { entity, action, payload } = operation;
    if (typeof entity !== 'string' || entity === '') throw invalid(key, 'entity is missing');
    if (action !== 'upsert' && action !== 'delete') throw invalid(key, `action "${action}" is not supported`);
    if (!Array.isArray(payload)) throw invalid(key, 'payload is missing');
    if (payload.length === 0) throw invalid(key, 'payload is empty');
    if (!payload.every(isRawRecord)) throw invalid(key, 'payload holds something that is not a record');
    return { key, entity, action, payload } as const;
  });
  return { operations, isList };
}

function invalid(key: string, what: string): ShopError {
  const detail = `Invalid sync operation "${key}": ${what}`;
  return new ShopError({ code: 'FRAMEWORK__INVALID_SYNC_OPERATION', detail, field: null });
}

/** `POST /api/v3/_action/sync` (sync-semantics 9). */
export function syncV3(store: ShopStore, body: Json, options: SyncOptions): SyncAnswer {
  const { operations, isList } = operationsOf(body);
  if (options.singleOperation) return inOneOperation(store, operations);
  const touched: Touched = {};
  const results: Record<string, { result: RecordResult[] }> = {};
  let writes = 0;
  const run = (operation: Operation): boolean => {
    const result = operation.payload.map((record, index) => writeOne(store, { operation, record, at: `/${index}` }));
    writes += result.length;
    results[operation.key] = { result: result.map(({ entities, errors }) => ({ entities, errors })) };
    return result.every(({ errors }) => errors.length === 0);
  };
  const all = () => operations.map((operation) => run(operation)).every((good) => good);
  const each = () =>
    operations
      .map((operation) => {
        const good = store.transaction(() => run(operation));
        if (good) for (const { entities } of results[operation.key]?.result ?? []) add(touched, entities as Touched);
        return good;
      })
      .every((good) => good);
  const success = options.failOnError ? store.transaction(all) : each();
  if (options.failOnError) {
    for (const { entities } of Object.values(results).flatMap(({ result }) => result)) {
      if (success) add(touched, entities as Touched);
    }
    // A request that was rolled back reports no ids.
    if (!success) for (const { result } of Object.values(results)) for (const each of result) each.entities = [];
  }
  const data = isList ? Object.values(results) : results;
  const status = success || !options.failOnError ? 200 : 400;
  return { status, body: { success, data, extensions: [] } as unknown as Json, touched, writes };
}

interface RecordResult {
  entities: Touched | [];
  errors: RawRecord[];
}

function writeOne(
  store: ShopStore,
  { operation, record, at }: { operation: Operation; record: RawRecord; at: string },
): RecordResult {
  try {
    const { entity, action } = operation;
    const touched = action === 'upsert' ? store.upsert(entity, record) : store.delete(entity, record);
    return { entities: touched ?? [], errors: [] };
  } catch (error) {
    if (!(error instanceof ShopError)) throw error;
    return { entities: [], errors: [error.shown(at)] };
  }
}

/** v3 with `single-operation: 1`: one transaction; the pointers of errors do not say which operation they are of. */
function inOneOperation(store: ShopStore, operations: readonly Operation[]): SyncAnswer {
  const { written, deleted, errors, status } = atOnce(store, operations, ({ index }) => `/${index}`);
  if (errors.length > 0) return { status, body: { errors }, touched: {}, writes: 1 };
  const data = add(add({}, written), deleted);
  return { status: 200, body: { success: Object.keys(data).length > 0, data }, touched: data, writes: 1 };
}

/** `POST /api/_action/sync` of 6.5 and later: always one transaction (sync-semantics 9). */
export function syncV65(store: ShopStore, body: Json): SyncAnswer {
  const { operations } = operationsOf(body);
  const result = atOnce(store, operations, ({ key, index }) => `/${key}/${index}`);
  const { written, deleted, notFound, errors, status } = result;
  if (errors.length > 0) return { status, body: { errors }, touched: {}, writes: 1 };
  const touched = add(add({}, written), deleted);
  return { status: 200, body: { extensions: [], data: written, notFound, deleted }, touched, writes: 1 };
}

function atOnce(
  store: ShopStore,
  operations: readonly Operation[],
  pointer: (place: { key: string; index: number }) => string,
) {
  const written: Touched = {};
  const deleted: Touched = {};
  const notFound: Touched = {};
  const mistakes: RawRecord[] = [];
  // What the database or the check of a delete refuses: only the first is told, and only when all records are valid.
  let refusal: { status: number; error: RawRecord } | null = null;
  store.transaction(() => {
    for (const { key, entity, action, payload } of operations) {
      for (const [index, record] of payload.entries()) {
        try {
          const touched = action === 'upsert' ? store.upsert(entity, record) : store.delete(entity, record);
          if (touched === null) add(notFound, { [entity]: [typeof record.id === 'string' ? record.id : record] });
          else add(action === 'upsert' ? written : deleted, touched);
        } catch (error) {
          if (!(error instanceof ShopError)) throw error;
          const shown = error.shown(pointer({ key, index }));
          if (error.status === 400) mistakes.push(shown);
          else refusal ??= { status: error.status, error: shown };
        }
      }
    }
    return mistakes.length === 0 && refusal === null;
  });
  const { status, error } = (refusal ?? {}) as { status?: number; error?: RawRecord };
  const errors = mistakes.length > 0 || error === undefined ? mistakes : [error];
  return { written, deleted, notFound, errors, status: mistakes.length > 0 ? 400 : (status ?? 400) };
}

function add(to: Touched, more: Touched): Touched {
  for (const [entity, keys] of Object.entries(more)) to[entity] = [...(to[entity] ?? []), ...keys];
  return to;
}
