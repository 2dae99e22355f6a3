import type { Queryable } from '../../catalog/database.ts';

/**
 * Does work within a transaction, and tells of how many rows it read of the table of which it read most: what grows with
 * the square of the rows shows in that, on a slow machine as on a fast one.
 */
export async function rowsRead<T>(tx: Queryable, work: () => Promise<T>): Promise<{ result: T; most: number }> {
  const before = new Map(await reads(tx));
  const result = await work();
  const after = await reads(tx);
  return { result, most: Math.max(...after.map(([name, rows]) => rows - (before.get(name) ?? 0))) };
}

/** By table. PostgreSQL counts for the connection, and may not have told of earlier transactions yet. */
async function reads(tx: Queryable): Promise<[name: string, rows: number][]> {
  const tables = await tx.query<{ name: string; rows: number }>(
    'select relname as name, seq_tup_read + coalesce(idx_tup_fetch, 0) as rows from pg_stat_xact_user_tables',
  );
  return tables.map(({ name, rows }) => [name, rows]);
}
