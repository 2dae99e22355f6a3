import type { Database, Queryable } from '../../catalog/database.ts';
import { indexWritten, markFor } from '../../catalog/indexing.ts';
import {
  deleteRows,
  existing,
  findByCriteria,
  lockForSync,
  prepareSync,
  stageChunk,
  writeChunk,
} from '../../catalog/sync-write.ts';
import { type Blueprints, blueprintOf, linksTo } from '../../domain/blueprint.ts';
import { type EntityKey, identityOf } from '../../domain/entity.ts';
import type { Synced, SyncedOperation, SyncOptions, WrittenRow } from '../../domain/sync-api.ts';
import { linkKey } from './criteria.ts';
import { Operation, type RecordState } from './operation.ts';
import { deleteKey, type RecordRows, upsertRows } from './record-rows.ts';
import { type RequestEvent, readRequest } from './request-reader.ts';
import { RowChunk } from './row-chunk.ts';

export interface SyncRequest {
  /** The body, from its beginning each time. */
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly options: SyncOptions;
  readonly blueprints: Blueprints;
}

/**
 * Carries out a request in one transaction (sync-semantics 9): its records are read and put aside first, so that all that
 * is wrong is known before anything is written; then they are written in the order in which they came, under the locks of
 * all blueprints that they touch. Throws `UsageError` for a body that is no request.
 */
export function runSync(db: Database, request: SyncRequest): Promise<Synced> {
  return db.transaction(async (tx) => {
    await markFor(tx, request.options.indexing);
    await prepareSync(tx);
    const run = new SyncRun(tx, request);
    const isList = await run.read();
    const hasErrors = run.operations.some((operation) => operation.hasErrors);
    const isRefused = hasErrors && !leavesOut(request.options);
    if (!isRefused) await run.write();
    if (!isRefused && request.options.indexing === 'immediate') await indexWritten(tx, request.blueprints);
    return { isList, hasErrors, operations: run.operations.map((operation) => told(operation, isRefused)) };
  });
}

/** Operations with mistakes are left out, the others written. */
const leavesOut = ({ dialect, singleOperation, failOnError }: SyncOptions): boolean =>
  dialect === 'v3' && !singleOperation && !failOnError;

/** Nothing was written of an operation with a mistake, and nothing at all of a request that was refused. */
function told(operation: Operation, isRefused: boolean): SyncedOperation {
  const { key, action, records, errors } = operation;
  const isWritten = !isRefused && !operation.hasErrors;
  const all = errors.length > 0 ? [{ rows: [], missing: [], errors }, ...records] : records;
  return {
    key,
    action: action ?? 'upsert',
    records: isWritten ? all : all.map((record) => ({ rows: [], missing: [], errors: record.errors })),
  };
}

/** What is done, in order, when everything has been read. */
type Step =
  | { readonly type: 'write'; readonly chunk: number; readonly operation: Operation }
  | { readonly type: 'delete'; readonly doomed: readonly Doomed[]; readonly operation: Operation }
  | { readonly type: 'criteria'; readonly operation: Operation };

interface Doomed extends EntityKey {
  readonly record: RecordState;
  readonly row: WrittenRow;
}

class SyncRun {
  readonly operations: Operation[] = [];
  private readonly tx: Queryable;
  private readonly request: SyncRequest;
  private readonly steps: Step[] = [];
  private readonly touched = new Set<string>();
  private chunk = new RowChunk();
  private doomed: Doomed[] = [];
  private chunks = 0;
  private hasLookedAhead = false;
  /** The chunk that PostgreSQL takes in while the next one is read. */
  private staging: Promise<void> = Promise.resolve();

  constructor(tx: Queryable, request: SyncRequest) {
    this.tx = tx;
    this.request = request;
  }

  /** Returns whether the operations came as a list. */
  async read(): Promise<boolean> {
    const { events, isList } = readRequest(this.request.open());
    try {
      for await (const some of events) for (const event of some) await this.take(event);
    } finally {
      // It must not fail unheard while the transaction is rolled back.
      await this.staging.catch(() => {});
    }
    const last = this.operations.at(-1);
    if (last) await this.close(last);
    await this.staging;
    return isList();
  }

  async write(): Promise<void> {
    for (const { blueprint } of this.dependentsOf([...this.touched])) this.touched.add(blueprint);
    await lockForSync(this.tx, [...this.touched]);
    for (const step of this.steps) {
      if (leavesOut(this.request.options) && step.operation.hasErrors) continue;
      if (step.type === 'write') await writeChunk(this.tx, step.chunk);
      else if (step.type === 'delete') await this.delete(step.doomed);
      else await this.delete(await this.findDoomed(step.operation));
    }
  }

  private async take(event: RequestEvent): Promise<void> {
    const operation = this.operation(event);
    if (event.type === 'part') operation.say(event.name, event.value);
    else if (event.type === 'record') await this.takeRecord(operation, event);
    else await this.end(operation, event.isObject);
  }

  private operation(event: RequestEvent): Operation {
    const known = this.operations[event.operation];
    if (known) return known;
    const operation = new Operation(event.key);
    this.operations.push(operation);
    return operation;
  }

  private async takeRecord(operation: Operation, event: Extract<RequestEvent, { type: 'record' }>): Promise<void> {
    if (!operation.isSaid && !this.hasLookedAhead) await this.lookAhead();
    const { action, entity } = operation;
    const record: RecordState = { rows: [], missing: [], errors: [] };
    operation.records.push(record);
    if (action === null || entity === null) return;
    const [rowsOf, put] = action === 'upsert' ? [upsertRows, this.upsert] : [deleteKey, this.remove];
    const read = rowsOf(this.request.blueprints, entity, event.value, [event.key, event.index]);
    record.errors.push(...read.errors);
    if (read.errors.length === 0) await put.call(this, operation, record, read);
  }

  /** A payload may come before the words that say what it is for: then these are looked up, once, for all operations. */
  private async lookAhead(): Promise<void> {
    this.hasLookedAhead = true;
    for await (const some of readRequest(this.request.open()).events) {
      for (const event of some) {
        if (event.type === 'part') this.operation(event).say(event.name, event.value);
        else this.operation(event);
      }
    }
  }

  private async upsert(operation: Operation, record: RecordState, read: RecordRows): Promise<void> {
    await this.closeDeletes(operation);
    const { dialect, singleOperation } = this.request.options;
    // Written one by one, a row that comes twice is written twice.
    const isRepeated = dialect === 'v3' && !singleOperation && this.chunk.hasAny(read.rows);
    if (this.chunk.isFull || isRepeated) await this.closeChunk(operation);
    record.rows = read.written;
    this.chunk.add(record, read);
  }

  private async remove(operation: Operation, record: RecordState, { rows, written }: RecordRows): Promise<void> {
    await this.closeChunk(operation);
    rows.forEach(({ blueprint, identifier }, index) => {
      this.doomed.push({ blueprint, identifier, record, row: written[index] as WrittenRow });
    });
  }

  private async end(operation: Operation, isObject: boolean): Promise<void> {
    operation.check(this.request.blueprints, isObject);
    if (operation.criteria) {
      await this.close(operation);
      this.touched.add(operation.entity ?? '');
      this.steps.push({ type: 'criteria', operation });
    } else if (leavesOut(this.request.options)) {
      await this.close(operation);
    }
  }

  private async close(operation: Operation): Promise<void> {
    await this.closeChunk(operation);
    await this.closeDeletes(operation);
  }

  private async closeChunk(operation: Operation): Promise<void> {
    const { rows, unproven } = this.chunk;
    if (rows.length === 0) return;
    this.chunk = new RowChunk();
    const chunk = ++this.chunks;
    this.steps.push({ type: 'write', chunk, operation });
    for (const { blueprint } of rows) this.touched.add(blueprint);
    await this.staging;
    this.staging = stageChunk(this.tx, chunk, rows);
    if (unproven.length === 0) return;
    const proven = new Set((await existing(this.tx, unproven)).map(identityOf));
    for (const { record, pointer, ...key } of unproven) {
      if (proven.has(identityOf(key))) continue;
      const detail = `${key.blueprint} has none of this id; a new one has 32 lower-case hex digits`;
      record.errors.push({ code: 'FRAMEWORK__WRITE_ERROR', pointer, detail });
    }
  }

  private async closeDeletes(operation: Operation): Promise<void> {
    if (this.doomed.length === 0) return;
    for (const { blueprint } of this.doomed) this.touched.add(blueprint);
    this.steps.push({ type: 'delete', doomed: this.doomed, operation });
    this.doomed = [];
  }

  /** What is deleted by what it holds is told as if it were one record. */
  private async findDoomed({ entity, criteria, records }: Operation): Promise<Doomed[]> {
    const record: RecordState = { rows: [], missing: [], errors: [] };
    records.push(record);
    const blueprint = blueprintOf(this.request.blueprints, entity ?? '');
    const keys = await findByCriteria(this.tx, entity ?? '', criteria ?? []);
    return keys.map((key) => {
      const { identifier } = key;
      const told = blueprint.mapping.size > 0 ? linkKey(blueprint, identifier) : identifier;
      return { ...key, record, row: { entity: key.blueprint, key: told } };
    });
  }

  private async delete(doomed: readonly Doomed[]): Promise<void> {
    const blueprints = new Set(doomed.map(({ blueprint }) => blueprint));
    const { gone, left } = await deleteRows(this.tx, doomed, this.dependentsOf([...blueprints]));
    const [isGone, isLeft] = [new Set(gone.map(identityOf)), new Set(left.map(identityOf))];
    for (const { record, row, ...key } of doomed) {
      // A row that is named twice is gone when it is named again.
      if (isGone.delete(identityOf(key))) record.rows = [...record.rows, row];
      else if (!isLeft.has(identityOf(key))) record.missing = [...record.missing, row];
    }
  }

  private dependentsOf(blueprints: readonly string[]) {
    return blueprints.flatMap((of) => linksTo(this.request.blueprints, of).map((link) => ({ of, ...link })));
  }
}
