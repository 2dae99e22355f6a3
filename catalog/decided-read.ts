import type { RecordPolicy } from '../domain/conflict/record-policy.ts';
import type { StoredRecord } from '../domain/conflict/vector.ts';
import type { EntityKey, Fields } from '../domain/entity.ts';
import { SYNC_API } from '../domain/sync-api.ts';
import { storableText } from '../domain/text.ts';
import type { Queryable } from './database.ts';
import type { HeldClaim, HeldEntity } from './decided-entities.ts';
import type { StagedEntity, WritableRecords } from './mapped-batch.ts';
import { isConfigured, mergeOrder } from './merge-order.ts';
import { isOutdated, WITH_CLAIM } from './outdated.ts';
import { rfc3339 } from './time.ts';

/** A mapped record with what its own claim says. */
export interface StagedRow extends StagedEntity {
  /** When it was observed, as the rules compare it: `observedAt` has the full precision. */
  readonly observedTime: string;
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
  readonly batch: WritableRecords;
  readonly policy: RecordPolicy;
  readonly live: boolean;
  readonly hasLiveWrites: boolean;
}

/** The records of a batch in their order, of several of one identity the latest. */
export async function readRows(tx: Queryable, request: DecidedRequest): Promise<StagedRow[]> {
  const { destination, integration, batch } = request;
  const rows = await tx.query<Pick<StagedRow, 'observedTime' | 'seenEpoch' | 'isOutdated'> & { ordinal: number }>(
    `with staged as materialized (
       select distinct on (record_key, blueprint, identifier) *
         from unnest($4::text[], $5::text[], $6::text[], $7::timestamptz[]) with ordinality
           as m (record_key, blueprint, identifier, observed_at, ordinal)
        order by record_key, blueprint, identifier, observed_at desc, ordinal desc
     )
     select s.ordinal::int, ${rfc3339('s.observed_at')} as "observedTime", c.seen_epoch as "seenEpoch",
            ${isOutdated(request)} as "isOutdated"
       from staged s
       ${WITH_CLAIM}
      order by s.ordinal`,
    [
      destination,
      integration,
      batch.resource,
      batch.entities.map(({ recordKey }) => recordKey),
      batch.entities.map(({ blueprint }) => blueprint),
      batch.entities.map(({ identifier }) => identifier),
      batch.entities.map(({ observedAt }) => observedAt),
    ],
  );
  return rows.map(({ ordinal, ...row }) => {
    const entity = batch.entities[ordinal - 1] as StagedEntity;
    return { ...entity, locator: entity.locator && storableText(entity.locator), ...row };
  });
}

/** The entities that a batch is about, as they are stored, with every claim on them. */
export async function readEntities(tx: Queryable, request: DecidedRequest): Promise<HeldEntity[]> {
  const { destination, integration, batch } = request;
  const { entities, resource, position, resources } = batch;
  // Two Tidemarks tell each other when content changed there where nothing else is known (8.6): each must know its own.
  const modifiedAt = request.policy.peer ? 'coalesce(modified_at, updated_at)' : 'modified_at';
  const rows = await tx.query<EntityRow>(
    `select t.blueprint, t.identifier, e.fields, e.times, e.origins, e."modifiedAt", c.claims, c.before
       from (select distinct * from unnest($3::text[], $7::text[]) as k (blueprint, identifier)) t
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
               count(*) filter (where (${isConfigured('c', '$2', '$4')}, c.integration = '${SYNC_API}', c.integration, c.position,
                                         c.resource) < (true, $2 = '${SYNC_API}', $2, $5::int, $6)) as before
          from tidemark.claim c
         where c.destination = $1 and c.blueprint = t.blueprint and c.identifier = t.identifier
      ) c`,
    [
      destination,
      integration,
      entities.map(({ blueprint }) => blueprint),
      resources,
      position,
      resource,
      entities.map(({ identifier }) => identifier),
    ],
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
