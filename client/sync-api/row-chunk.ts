import { fieldsOver, type SyncRow } from '../../catalog/sync-write.ts';
import { type EntityKey, identityOf } from '../../domain/entity.ts';

/** Rows that are written by one statement. */
const ROWS = 5_000;

/** Rows that are to be written together: each identity once. */
export class RowChunk {
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

  /** What comes later wins, field by field: the earlier row was written before it. */
  add(rows: readonly SyncRow[]): void {
    for (const row of rows) {
      const identity = identityOf(row);
      const earlier = this.byIdentity.get(identity);
      const fields = earlier ? { ...earlier.fields, ...fieldsOver(earlier.fields, row.fields) } : row.fields;
      this.byIdentity.set(identity, { ...row, fields });
    }
  }
}
