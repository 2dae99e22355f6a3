import type { Claim } from '../domain/claim.ts';
import type { EntityKey } from '../domain/entity.ts';
import type { Queryable } from './database.ts';
import { rfc3339 } from './time.ts';

/** The claims on an entity of the catalog, in the order in which their contents are merged (sync-semantics 1.7). */
export function listClaims(db: Queryable, { blueprint, identifier }: EntityKey): Promise<Claim[]> {
  return db.query<Claim>(
    `select integration, resource, record_key as "recordKey", owns, seen_epoch as "seenEpoch",
            ${rfc3339('observed_at')} as "observedAt"
       from tidemark.claim where destination = 'catalog' and blueprint = $1 and identifier = $2
      order by integration, position, record_key`,
    [blueprint, identifier],
  );
}
