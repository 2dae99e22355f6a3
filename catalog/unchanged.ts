import { hash } from 'node:crypto';
import type { Queryable } from './database.ts';
import type { StagedEntity, WritableRecords } from './mapped-batch.ts';

/** Of a row: as many bytes of SHA-256 as a `uuid` has, in hexadecimal digits. */
const DIGEST_DIGITS = 32;

/**
 * What each of the rows says, in 16 bytes: its content, and everything of the configuration that decides what becomes of
 * it. A claim keeps that of the row that it was written from, and the version that the entity had then: as long as both
 * are the same, merging would change nothing (sync-semantics 1.6).
 */
export function digestsOf({ kind, position, resources, entities }: WritableRecords): string[] {
  const place = JSON.stringify([kind, position, resources]);
  return entities.map(({ locator, fields, failed }) =>
    hash('sha256', place + JSON.stringify([locator, fields, failed])).slice(0, DIGEST_DIGITS),
  );
}

/**
 * Every row is looked up by an index, whatever PostgreSQL has come to believe of tables that grow by the batch: the lateral
 * subqueries cannot be planned any other way, and neither can the update by place.
 */
const BY_INDEX = 'set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off';

/** `overtaken`: SQL that continues a row of alternatives, of which one may say that the row is older than what is known. */
const renew = (overtaken: string): string => `
  with same as materialized (
    select s.ordinal, s.observed_at, c.place, c.seen
      from unnest($5::text[], $6::text[], $7::text[], $8::uuid[], $9::timestamptz[]) with ordinality
             as s (record_key, blueprint, identifier, digest, observed_at, ordinal)
     cross join lateral (
       select c.ctid as place, c.entity_version, c.seen_epoch = $4 as seen
         from tidemark.claim c
        where c.destination = $1 and c.integration = $2 and c.resource = $3
          and c.record_key = s.record_key and c.blueprint = s.blueprint and c.identifier = s.identifier
          and c.digest = s.digest and c.seen_epoch <= $4 and c.observed_at <= s.observed_at and not c.live
        limit 1
     ) c
     cross join lateral (
       select from tidemark.entity e
        where e.destination = $1 and e.blueprint = s.blueprint and e.identifier = s.identifier
          and e.version = c.entity_version
        limit 1
     ) e
     where not (false ${overtaken})
  ), renewed as (
    update tidemark.claim c set seen_epoch = $4, observed_at = same.observed_at
      from same where c.ctid = same.place
    returning same.ordinal, same.seen
  )
  select (select count(*) from renewed where not seen) as unchanged,
         (select count(*) from renewed where seen) as duplicates,
         array(select ordinal::int - 1 from generate_series(1, cardinality($5)) as ordinal
               except select ordinal::int - 1 from renewed order by 1) as rest`;

export interface Renewed {
  readonly unchanged: number;
  /** Unchanged as well, but this run had seen them before. */
  readonly duplicates: number;
  /** The places of the rows that are to be merged. */
  readonly rest: readonly number[];
}

export interface RenewRequest {
  readonly integration: string;
  readonly destination: string;
  readonly epoch: number;
  readonly batch: WritableRecords;
  readonly digests: readonly string[];
  readonly overtaken: string;
}

/**
 * Marks the claims of rows as seen that are known to change nothing, by one small update each. The caller holds the locks
 * of the blueprints.
 */
export async function renewUnchanged(tx: Queryable, request: RenewRequest): Promise<Renewed> {
  const { integration, destination, epoch, digests, overtaken } = request;
  const { resource, entities } = request.batch;
  // One record twice in a batch: which of the two counts is left to the merge.
  if (new Set(entities.map(nameOf)).size < entities.length) return noneOf(entities);
  await tx.query(BY_INDEX);
  const column = (name: 'recordKey' | 'blueprint' | 'identifier' | 'observedAt'): string[] =>
    entities.map((entity) => entity[name]);
  const [renewed] = await tx.query<Renewed>(renew(overtaken), [
    destination,
    integration,
    resource,
    epoch,
    column('recordKey'),
    column('blueprint'),
    column('identifier'),
    digests,
    column('observedAt'),
  ]);
  return renewed as Renewed;
}

/** Nothing is known of any of the rows. */
export function noneOf(rows: readonly unknown[]): Renewed {
  return { unchanged: 0, duplicates: 0, rest: [...rows.keys()] };
}

const nameOf = ({ recordKey, blueprint, identifier }: StagedEntity): string =>
  `${recordKey}\u0000${blueprint}\u0000${identifier}`;
