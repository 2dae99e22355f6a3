import { hash } from 'node:crypto';
import { identityOf } from '../domain/entity.ts';
import type { Queryable } from './database.ts';
import type { WritableRecords } from './mapped-batch.ts';
import { BY_INDEX } from './planning.ts';

/** Of a row: as many bytes of SHA-256 as a `uuid` has, in hexadecimal digits. */
const DIGEST_DIGITS = 32;

/**
 * What each of the rows says, in 16 bytes: its content (`contents`, the fields as JSON text), and everything of the configuration that decides what becomes of
 * it. A claim keeps that of the row that it was written from, and the version that the entity had then: as long as both
 * are the same, merging would change nothing (sync-semantics 1.6).
 */
export function digestsOf(
  { kind, position, resources, entities }: WritableRecords,
  contents: readonly string[],
): string[] {
  const place = JSON.stringify([kind, position, resources]);
  return entities.map(({ locator, failed }, index) =>
    hash('sha256', `${place}${JSON.stringify([locator, failed])}${contents[index]}`).slice(0, DIGEST_DIGITS),
  );
}

/** `overtaken`: SQL that continues a row of alternatives, of which one may say that the row is older than what is known. */
const renew = (overtaken: string): string => `
  with known as materialized (
    select s.*, c.place, c.digest = s.digest and c.seen_epoch <= $4 and c.observed_at <= s.observed_at and not c.live
             and c.entity_version = e.version as same, c.seen_epoch = $4 as seen, e.version as version
      from unnest($5::text[], $6::text[], $7::text[], $8::uuid[], $9::timestamptz[]) with ordinality
             as s (record_key, blueprint, identifier, digest, observed_at, ordinal)
      left join lateral (
        select e.version from tidemark.entity e
         where e.destination = $1 and e.blueprint = s.blueprint and e.identifier = s.identifier
         limit 1
      ) e on true
      left join lateral (
        select c.ctid as place, c.digest, c.seen_epoch, c.observed_at, c.live, c.entity_version
          from tidemark.claim c
         where e.version is not null
           and c.destination = $1 and c.integration = $2 and c.resource = $3
           and c.record_key = s.record_key and c.blueprint = s.blueprint and c.identifier = s.identifier
         limit 1
      ) c on true
     where not (false ${overtaken})
  ), renewed as (
    update tidemark.claim c set seen_epoch = $4, observed_at = known.observed_at
      from known where known.same and c.ctid = known.place
    returning known.ordinal, known.seen
  ), fresh as (
    select s.ordinal from known s
     where s.version is null and not exists (
       select from tidemark.claim c
        where c.destination = $1 and c.blueprint = s.blueprint and c.identifier = s.identifier)
  )
  select (select count(*) from renewed where not seen) as unchanged,
         (select count(*) from renewed where seen) as duplicates,
         array(select ordinal::int - 1 from fresh order by 1) as fresh,
         array(select ordinal::int - 1 from generate_series(1, cardinality($5)) as ordinal
               except select ordinal::int - 1 from renewed
               except select ordinal::int - 1 from fresh order by 1) as rest`;

export interface Renewed {
  readonly unchanged: number;
  /** Unchanged as well, but this run had seen them before. */
  readonly duplicates: number;
  /** The places of rows that nothing is known of: there is neither their entity nor a claim on it. */
  readonly fresh: readonly number[];
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
 * Marks the claims of rows as seen that are known to change nothing, by one small update each, and tells which rows are
 * of entities that nobody knows. The caller holds the locks of the blueprints.
 */
export async function renewUnchanged(tx: Queryable, request: RenewRequest): Promise<Renewed> {
  const { integration, destination, epoch, digests, overtaken } = request;
  const { resource, entities } = request.batch;
  // One entity twice in a batch: what becomes of it is left to the merge.
  if (new Set(entities.map(identityOf)).size < entities.length) return noneOf(entities);
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

/** All rows are to be merged. */
export function noneOf(rows: readonly unknown[]): Renewed {
  return { unchanged: 0, duplicates: 0, fresh: [], rest: [...rows.keys()] };
}
