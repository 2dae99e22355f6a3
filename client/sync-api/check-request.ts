import type { Queryable } from '../../catalog/database.ts';
import { existing } from '../../catalog/sync-write.ts';
import { identityOf } from '../../domain/entity.ts';
import { Operation, UNTOUCHED } from './operation.ts';
import { deleteKey, type Unproven, upsertRows } from './record-rows.ts';
import { type RequestEvent, readRequest } from './request-reader.ts';
import type { SyncRequest } from './sync-request.ts';

export interface CheckedRequest {
  readonly isList: boolean;
  readonly operations: readonly Operation[];
  /** The blueprints that it writes to or deletes from. */
  readonly touched: ReadonlySet<string>;
}

/** Ids that are looked up together. */
const TOGETHER = 1_000;

/** Reads a request for what is wrong with it. Throws `UsageError` for a body that is no request. */
export async function checkRequest(db: Queryable, request: SyncRequest): Promise<CheckedRequest> {
  const checking = new Checking(db, request);
  const { events, isList } = readRequest(request.open());
  for await (const some of events) for (const event of some) await checking.take(event);
  await checking.prove();
  return { isList: isList(), operations: checking.operations, touched: checking.touched };
}

class Checking {
  readonly operations: Operation[] = [];
  readonly touched = new Set<string>();
  private readonly db: Queryable;
  private readonly request: SyncRequest;
  private unproven: (Unproven & { readonly operation: Operation; readonly record: number })[] = [];
  private hasLookedAhead = false;

  constructor(db: Queryable, request: SyncRequest) {
    this.db = db;
    this.request = request;
  }

  async take(event: RequestEvent): Promise<void> {
    const operation = this.operation(event);
    if (event.type === 'part') operation.say(event.name, event.value);
    else if (event.type === 'record') await this.takeRecord(operation, event);
    else {
      operation.check(this.request.blueprints, event.isObject);
      if (operation.criteria && operation.entity !== null) this.touched.add(operation.entity);
    }
  }

  /** Whether the ids that look like none are those of entities that are there. */
  async prove(): Promise<void> {
    const unproven = this.unproven;
    if (unproven.length === 0) return;
    this.unproven = [];
    const proven = new Set((await existing(this.db, unproven)).map(identityOf));
    for (const { operation, record, pointer, ...key } of unproven) {
      if (proven.has(identityOf(key))) continue;
      const detail = `${key.blueprint} has none of this id; a new one has 32 lower-case hex digits`;
      operation.addErrors(record, [{ code: 'FRAMEWORK__WRITE_ERROR', pointer, detail }]);
    }
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
    const record = operation.records.push(UNTOUCHED) - 1;
    if (action === null || entity === null) return;
    const rowsOf = action === 'upsert' ? upsertRows : deleteKey;
    const { rows, errors, unproven } = rowsOf(this.request.blueprints, entity, event.value, [event.key, event.index]);
    if (errors.length > 0) operation.addErrors(record, errors);
    for (const { blueprint } of rows) this.touched.add(blueprint);
    for (const each of unproven) this.unproven.push({ ...each, operation, record });
    if (this.unproven.length >= TOGETHER) await this.prove();
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
}
