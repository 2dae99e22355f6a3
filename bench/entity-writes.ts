import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '../catalog/database.ts';

/** Rows of the catalog's entities that were written, as PostgreSQL counts them. */
export interface EntityWrites {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** A connection hands its counts over when it is used again, at the latest after 10 s without use. */
const SETTLED_AFTER_MS = 11_000;

/** Everything written so far; waits until the counts of all writes before the call have come in. */
export async function settledEntityWrites(db: Queryable): Promise<EntityWrites> {
  await delay(SETTLED_AFTER_MS);
  const [row] = await db.query<EntityWrites>(
    `select n_tup_ins as inserted, n_tup_upd as updated, n_tup_del as deleted
       from pg_stat_user_tables where schemaname = 'tidemark' and relname = 'entity'`,
  );
  return row as EntityWrites;
}
