import type { Queryable } from '../../catalog/database.ts';
import { type Dependents, deleteRows, findByCriteria, writeRows } from '../../catalog/sync-write.ts';
import { type Blueprints, blueprintOf, linksTo } from '../../domain/blueprint.ts';
import { type EntityKey, identityOf } from '../../domain/entity.ts';
import type { WrittenRow } from '../../domain/sync-api.ts';
import { linkKey } from './criteria.ts';
import type { Operation, RecordState } from './operation.ts';
import { deleteKey, type RecordRows, upsertRows } from './record-rows.ts';
import { type RequestEvent, readRequest } from './request-reader.ts';
import { RowChunk } from './row-chunk.ts';
import type { SyncRequest } from './sync-request.ts';

/**
 * Writes a checked request as it is read, in the order in which it came, and notes with its operations what became of each
 * record. Operations with mistakes are left out. The caller holds the locks of all blueprints that it touches.
 */
export async function writeRequest(
  tx: Queryable,
  request: SyncRequest,
  operations: readonly Operation[],
): Promise<void> {
  const writing = new Writing(tx, request);
  try {
    for await (const some of readRequest(request.open()).events) {
      for (const event of some) {
        const operation = operations[event.operation] as Operation;
        if (!operation.hasErrors) await writing.take(operation, event);
      }
    }
    await writing.close();
  } catch (error) {
    // What is under way must not fail unheard while the transaction is rolled back.
    await writing.settled();
    throw error;
  }
}

/** Rows of links and translations that name entities of the blueprints. */
export const dependentsOf = (blueprints: Blueprints, names: readonly string[]): Dependents[] =>
  names.flatMap((of) => linksTo(blueprints, of).map((link) => ({ of, ...link })));

interface Doomed extends EntityKey {
  readonly record: RecordState;
  readonly row: WrittenRow;
}

class Writing {
  private readonly tx: Queryable;
  private readonly request: SyncRequest;
  private chunk = new RowChunk();
  private doomed: Doomed[] = [];
  /** The chunk that PostgreSQL writes while the next one is read. */
  private underWay: Promise<void> = Promise.resolve();

  constructor(tx: Queryable, request: SyncRequest) {
    this.tx = tx;
    this.request = request;
  }

  async take(operation: Operation, event: RequestEvent): Promise<void> {
    if (event.type === 'record') await this.takeRecord(operation, event);
    else if (event.type === 'end' && operation.criteria) {
      await this.close();
      await this.delete(await this.findDoomed(operation));
    }
  }

  async close(): Promise<void> {
    await this.closeChunk();
    await this.closeDeletes();
    await this.underWay;
  }

  async settled(): Promise<void> {
    await this.underWay.catch(() => {});
  }

  private async takeRecord(operation: Operation, event: Extract<RequestEvent, { type: 'record' }>): Promise<void> {
    const { blueprints } = this.request;
    const record: RecordState = { rows: [], missing: [], errors: [] };
    operation.records[event.index] = record;
    const rowsOf = operation.action === 'upsert' ? upsertRows : deleteKey;
    const read = rowsOf(blueprints, operation.entity as string, event.value, [event.key, event.index]);
    if (operation.action === 'upsert') await this.upsert(record, read);
    else await this.remove(record, read);
  }

  private async upsert(record: RecordState, { rows, written }: RecordRows): Promise<void> {
    await this.closeDeletes();
    const { dialect, singleOperation } = this.request.options;
    // Written one by one, a row that comes twice is written twice.
    const isRepeated = dialect === 'v3' && !singleOperation && this.chunk.hasAny(rows);
    if (this.chunk.isFull || isRepeated) await this.closeChunk();
    record.rows = written;
    this.chunk.add(rows);
  }

  private async remove(record: RecordState, { rows, written }: RecordRows): Promise<void> {
    await this.closeChunk();
    rows.forEach(({ blueprint, identifier }, index) => {
      this.doomed.push({ blueprint, identifier, record, row: written[index] as WrittenRow });
    });
  }

  private async closeChunk(): Promise<void> {
    const { rows } = this.chunk;
    if (rows.length === 0) return;
    this.chunk = new RowChunk();
    await this.underWay;
    this.underWay = writeRows(this.tx, rows);
    // Whoever waits for it hears of it.
    this.underWay.catch(() => {});
  }

  private async closeDeletes(): Promise<void> {
    if (this.doomed.length === 0) return;
    const { doomed } = this;
    this.doomed = [];
    await this.delete(doomed);
  }

  /** What is deleted by what it holds is told as if it were one record. */
  private async findDoomed({ entity, criteria, records }: Operation): Promise<Doomed[]> {
    const record: RecordState = { rows: [], missing: [], errors: [] };
    records.push(record);
    const blueprint = blueprintOf(this.request.blueprints, entity as string);
    const keys = await findByCriteria(this.tx, entity as string, criteria ?? []);
    return keys.map((key) => {
      const told = blueprint.mapping.size > 0 ? linkKey(blueprint, key.identifier) : key.identifier;
      return { ...key, record, row: { entity: key.blueprint, key: told } };
    });
  }

  private async delete(doomed: readonly Doomed[]): Promise<void> {
    await this.underWay;
    const named = [...new Set(doomed.map(({ blueprint }) => blueprint))];
    const { gone, left } = await deleteRows(this.tx, doomed, dependentsOf(this.request.blueprints, named));
    const [isGone, isLeft] = [new Set(gone.map(identityOf)), new Set(left.map(identityOf))];
    for (const { record, row, ...key } of doomed) {
      // A row that is named twice is gone when it is named again.
      if (isGone.delete(identityOf(key))) record.rows = [...record.rows, row];
      else if (!isLeft.has(identityOf(key))) record.missing = [...record.missing, row];
    }
  }
}
