import type { SyncRow } from '../../catalog/sync-write.ts';
import { type EntityKey, type Fields, identityOf } from '../../domain/entity.ts';
import type { Json } from '../../domain/json.ts';
import type { RecordState } from './operation.ts';
import type { RecordRows, Unproven } from './record-rows.ts';

/** Rows that are written by one statement. */
const ROWS = 5_000;

/** Rows that are to be written together: each identity once. */
export class RowChunk {
  readonly unproven: (Unproven & { readonly record: RecordState })[] = [];
  private readonly byIdentity = new Map<string, SyncRow>();

  get rows(): SyncRow[] {
    return [...this.byIdentity.values()];
  }

  get isFull(): boolean {
    return this.byIdentity.size >= ROWS;
  }

  hasAny(keys: readonly EntityKey[]): boolean {
    return keys.some((key) => this.byIdentity.has(identityOf(key)));
  }

  /** What comes later wins, field by field: the earlier record was written before it. */
  add(record: RecordState, { rows, unproven }: RecordRows): void {
    for (const row of rows) {
      const identity = identityOf(row);
      const earlier = this.byIdentity.get(identity);
      this.byIdentity.set(identity, earlier ? { ...row, fields: merged(earlier.fields, row.fields) } : row);
    }
    for (const each of unproven) this.unproven.push({ ...each, record });
  }
}

/** Lists of links only grow (sync-semantics 9). */
function merged(earlier: Fields, later: Fields): Fields {
  const links = Object.entries(later).flatMap(([path, value]): [string, Json][] => {
    const before = earlier[path as keyof Fields];
    const areLinks = path.startsWith('relations.') && Array.isArray(value) && Array.isArray(before);
    return areLinks ? [[path, [...new Set([...before, ...value])]]] : [];
  });
  return { ...earlier, ...later, ...Object.fromEntries(links) };
}
