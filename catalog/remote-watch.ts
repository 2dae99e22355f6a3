import type { Queryable } from './database.ts';

/** The state of an integration in a remote destination that was seen last; `null`: none was. */
export async function seenState(db: Queryable, destination: string, integration: string): Promise<string | null> {
  const [row] = await db.query<{ state: string }>(
    'select state from tidemark.remote_watch where destination = $1 and integration = $2',
    [destination, integration],
  );
  return row?.state ?? null;
}

export async function noteState(
  db: Queryable,
  { destination, integration, state }: { destination: string; integration: string; state: string },
): Promise<void> {
  await db.query(
    `insert into tidemark.remote_watch (destination, integration, state) values ($1, $2, $3)
     on conflict (destination, integration) do update set state = excluded.state`,
    [destination, integration, state],
  );
}
