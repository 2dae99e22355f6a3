import type { Queryable } from './database.ts';

/** A shop that needs a full index. `writtenAt` as PostgreSQL writes it, so that no digit is lost. */
export interface UnindexedShop {
  readonly destination: string;
  readonly writtenAt: string;
}

/** A request is about to be sent whose rows the shop will not index: committed before it, so that the index is certain. */
export async function noteUnindexed(db: Queryable, destination: string): Promise<void> {
  await db.query(
    `insert into tidemark.unindexed_shop (destination, written_at) values ($1, clock_timestamp())
     on conflict (destination) do update set written_at = excluded.written_at`,
    [destination],
  );
}

/** Shops that need a full index and that nothing was sent to for so many seconds, nor is being sent to. */
export function unindexedShops(db: Queryable, quietSeconds: number): Promise<UnindexedShop[]> {
  return db.query<UnindexedShop>(
    `select destination, written_at::text as "writtenAt" from tidemark.unindexed_shop u
      where written_at <= clock_timestamp() - make_interval(secs => $1)
        and not exists (select from tidemark.remote_entity r
                         where r.destination = u.destination and r.until > clock_timestamp())
      order by destination`,
    [quietSeconds],
  );
}

/** The shop was asked for a full index, unless it was written to again since. */
export async function noteFullIndex(db: Queryable, { destination, writtenAt }: UnindexedShop): Promise<void> {
  await db.query('delete from tidemark.unindexed_shop where destination = $1 and written_at = $2', [
    destination,
    writtenAt,
  ]);
}
