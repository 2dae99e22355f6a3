import type { Database } from '../../catalog/database.ts';
import type { EntityKey } from '../../domain/entity.ts';

/** Has the ledger know of what others wrote at a remote destination: it knows nothing else of it. */
export async function noteByHand(
  db: Database,
  destination: string,
  { blueprint, identifier, fields }: EntityKey & { readonly fields: unknown },
): Promise<void> {
  const values = [destination, blueprint, identifier, JSON.stringify(fields)];
  await db.query(
    'insert into tidemark.entity (destination, blueprint, identifier, fields) values ($1, $2, $3, $4)',
    values,
  );
  await db.query(
    `update tidemark.remote_entity set pending = false, sent = $4
      where destination = $1 and blueprint = $2 and identifier = $3`,
    values,
  );
}
