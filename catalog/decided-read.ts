import type { RecordPolicy } from '../domain/conflict/record-policy.ts';
import type { IncomingRecord, StoredRecord } from '../domain/conflict/vector.ts';
import type { EntityKey, Fields } from '../domain/entity.ts';
import type { RecordStrategy } from '../domain/strategy.ts';
import type { Queryable } from './database.ts';
import type { HeldClaim, HeldEntity } from './decided-entities.ts';
import { isConfigured, mergeOrder } from './merge-order.ts';
import { isOutdated } from './outdated.ts';
import { rfc3339 } from './time.ts';

/** A staged record with what its own claim says. */
export interface StagedRow extends EntityKey {
  readonly recordKey: string;
  readonly locator: string | null;
  /** The entry of `components:` that it was mapped by; `null`: it is the record's own. */
  readonly component: number | null;
  readonly fields: Fields;
  readonly failed: readonly string[];
  /** In full precision, and as the rules compare it. */
  readonly observedAt: string;
  readonly observedTime: string;
  readonly modifiedAt: string | null;
  /** Times of single fields, where the source knows them. */
  readonly times: IncomingRecord['times'] | null;
  readonly raw: string | null;
  /** The epoch that last saw its claim; `null`: there is none. */
  readonly seenEpoch: number | null;
  readonly isOutdated: boolean;
}

/** A batch that is to be decided. */
export interface DecidedRequest {
  readonly integration: string;
  readonly destination: string;
  readonly epoch: number;
  /** What its claims are seen by: the epoch, or 0 for a live write. */
  readonly seenEpoch: number;
  readonly batch: {
    readonly mappedAttempt: string;
    readonly kind: string;
    readonly resource: string;
    readonly position: number;
    readonly resources: readonly string[];
    readonly strategy: RecordStrategy;
  };
  readonly policy: RecordPolicy;
  readonly live: boolean;
  readonly hasLiveWrites: boolean;
}

/** The records of a batch in their order, of several of one identity the latest; `total` counts all. */
export async function readRows(tx: Queryable, request: DecidedRequest): Promise<{ total: number; rows: StagedRow[] }> {
  const { destination, integration, batch } = request;
  const rows = await tx.query<StagedRow & { total: number }>(
    `with staged as materialized (
       select distinct on (record_key, blueprint, identifier) *, count(*) over () as total
         from tidemark.staged_entity where attempt = $4
        order by record_key, blueprint, identifier, observed_at desc, ordinal desc
     )
     select s.record_key as "recordKey", s.locator, s.blueprint, s.identifier, s.component, s.fields, s.failed, s.times, s.raw, s.total,
            s.observed_at::text as "observedAt", ${rfc3339('s.observed_at')} as "observedTime",
            ${rfc3339('s.modified_at')} as "modifiedAt", c.seen_epoch as "seenEpoch",
            ${isOutdated(request)} as "isOutdated"
       from staged s
       left join lateral (
         select * from tidemark.claim c
          where c.destination = $1 and c.integration = $2 and c.resource = $3
            and c.record_key = s.record_key and c.blueprint = s.blueprint and c.identifier = s.identifier
          limit 1
       ) c on true
      order by s.ordinal`,
    [destination, integration, batch.resource, batch.mappedAttempt],
  );
  return { total: rows[0]?.total ?? 0, rows };
}

/** The entities that a batch is about, as they are stored, with every claim on them. */
export async function readEntities(tx: Queryable, request: DecidedRequest): Promise<HeldEntity[]> {
  const { destination, integration, batch } = request;
  const { mappedAttempt, resource, position, resources } = batch;
  // Two Tidemarks tell each other when content changed there where nothing else is known (8.6): each must know its own.
  const modifiedAt = request.policy.peer ? 'coalesce(modified_at, updated_at)' : 'modified_at';
  const rows = await tx.query<EntityRow>(
    `select t.blueprint, t.identifier, e.fields, e.times, e.origins, e."modifiedAt", c.claims, c.before
       from (select distinct blueprint, identifier from tidemark.staged_entity where attempt = $3) t
       left join lateral (
         select fields, field_times as times, field_origins as origins, ${rfc3339(modifiedAt)} as "modifiedAt"
           from tidemark.entity
          where destination = $1 and blueprint = t.blueprint and identifier = t.identifier limit 1
       ) e on true
      cross join lateral (
        select coalesce(json_agg(json_build_object(
                 'integration', c.integration, 'resource', c.resource, 'recordKey', c.record_key, 'base', c.base,
                 'conflictBase', c.conflict_base, 'contentHash', c.content_hash,
                 'contentSince', ${rfc3339('c.content_since')}, 'observedAt', ${rfc3339('c.observed_at')}
               ) order by ${mergeOrder('c', '$2', '$4')}), '[]') as claims,
               count(*) filter (where (${isConfigured('c', '$2', '$4')}, c.integration, c.position, c.resource)
                                    < (true, $2, $5::int, $6)) as before
          from tidemark.claim c
         where c.destination = $1 and c.blueprint = t.blueprint and c.identifier = t.identifier
      ) c`,
    [destination, integration, mappedAttempt, resources, position, resource],
  );
  return rows.map(({ claims, before, blueprint, identifier, ...stored }) => {
    return { blueprint, identifier, record: recordOf(stored), claims, before };
  });
}

/** What an entity's row says of it; `fields` null: there is none. */
export interface StoredColumns {
  readonly fields: Fields | null;
  readonly times: StoredRecord['times'] | null;
  readonly origins: StoredRecord['origins'] | null;
  readonly modifiedAt: string | null;
}

interface EntityRow extends EntityKey, StoredColumns {
  readonly claims: readonly HeldClaim[];
  readonly before: number;
}

/** A record of the catalog; what is not known of it is empty. */
export function recordOf({ fields, times, origins, modifiedAt }: StoredColumns): StoredRecord | null {
  return fields === null ? null : { fields, times: times ?? {}, origins: origins ?? {}, modifiedAt };
}
