import { type EntityKey, identityOf, parentOf } from '../domain/entity.ts';
import type { UpsertCounts } from '../domain/run.ts';
import type { RecordStrategy, Strategy } from '../domain/strategy.ts';
import { storableText } from '../domain/text.ts';
import type { Queryable } from './database.ts';
import { writeDecided } from './decided-batch.ts';
import { lockBlueprintsOf } from './ending.ts';
import type { StagedEntity, WritableRecords } from './mapped-batch.ts';
import { mergeOrder } from './merge-order.ts';
import { isOutdated, overtakenBy, WITH_CLAIM } from './outdated.ts';
import { BY_HASH } from './planning.ts';
import { withoutSkipped } from './skipped.ts';
import { rfc3339 } from './time.ts';
import { digestsOf, noneOf, renewUnchanged } from './unchanged.ts';

/** The mapped rows, from their parameter. */
const MAPPED = `rows from (jsonb_to_recordset($7::jsonb) as ("recordKey" text, locator text, blueprint text,
      identifier text, component integer, fields jsonb, failed text[], "observedAt" timestamptz, digest uuid))
      with ordinality as m (record_key, locator, blueprint, identifier, component, fields, failed, observed_at, digest, ordinal)`;

/**
 * Claims that the mapped rows make or renew: what is stored of each (`seen_epoch` null: no claim yet), its new base,
 * and whether what is stored was observed later. A field that failed keeps what the claim wrote of it before.
 */
const incoming = ({ strategy, live, hasLiveWrites }: Manner): string => `
  staged as materialized (
    select distinct on (record_key, blueprint, identifier) * from ${MAPPED}
     order by record_key, blueprint, identifier, observed_at desc, ordinal desc
  ), incoming as materialized (
    select s.record_key, s.locator, s.blueprint, s.identifier, s.observed_at, s.digest, s.ordinal, c.seen_epoch,
           c.base as old_base,
           ${isOutdated({ live, hasLiveWrites })} as outdated,
           ${skippedBy(strategy)} as skipped,
           case when s.failed = '{}' or c.base is null then s.fields else s.fields ||
             (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(c.base) where key = any (s.failed))
           end as base
      from staged s
      ${WITH_CLAIM}
  )`;

/**
 * What is there may only be updated, what is not there only created; components of a record that is skipped are skipped
 * with it (sync-semantics 7.1).
 */
function skippedBy({ components = [], ...own }: RecordStrategy): string {
  const record = ruledOut(own, { blueprint: 's.blueprint', identifier: 's.identifier' });
  if (components.length === 0) return record;
  const parent = ruledOut(own, {
    blueprint: `s.fields -> 'parent' ->> 'blueprint'`,
    identifier: `s.fields -> 'parent' ->> 'identifier'`,
  });
  const each = components.map((strategy, index) => {
    return `when s.component = ${index} then ${ruledOut(strategy, { blueprint: 's.blueprint', identifier: 's.identifier' })}`;
  });
  return `case when s.component is null then ${record} when ${parent} then true ${each.join(' ')} end`;
}

/** Whether a strategy leaves an entity alone. */
function ruledOut({ create, update }: Strategy, key: EntityKey): string {
  if (create === update) return String(!create);
  const isThere = `exists (
             select from tidemark.entity e
              where e.destination = $1 and e.blueprint = ${key.blueprint} and e.identifier = ${key.identifier})`;
  return `case when ${isThere} then ${!update} else ${!create} end`;
}

/**
 * What the touched entities become: the merge of all live claims' bases (sync-semantics 1.7) over what no claim
 * wrote; a field that a claim wrote before and its mapping no longer names is dropped (1.5).
 */
const CHANGES = `
  touched as materialized (
    select distinct blueprint, identifier from incoming where not outdated and not skipped
  ), source as (
    select blueprint, identifier, $2::text as integration, $4::int as position, $3::text as resource, record_key, base,
           0 as age
      from incoming where not outdated and not skipped
    union all
    select c.blueprint, c.identifier, c.integration, c.position, c.resource, c.record_key, c.base, 1 as age
      from touched t
     cross join lateral (
       select * from tidemark.claim c
        where c.destination = $1 and c.blueprint = t.blueprint and c.identifier = t.identifier
       offset 0
     ) c
  ), live as (
    select distinct on (blueprint, identifier, integration, resource, record_key) *
      from source order by blueprint, identifier, integration, resource, record_key, age
  ), merged as (
    select blueprint, identifier,
           tidemark.jsonb_merge(base order by ${mergeOrder('live', '$2', '$8')}) as fields
      from live group by blueprint, identifier
  ), dropped as (
    select i.blueprint, i.identifier, array_agg(key) as keys
      from incoming i cross join lateral jsonb_object_keys(i.old_base) as key
     where not i.outdated and not i.skipped and i.old_base is distinct from i.base and not i.base ? key
       -- What a person wrote, or a claim that does not write it whatever is there.
       and not exists (
         select from tidemark.claim c
          where c.destination = $1 and c.blueprint = i.blueprint and c.identifier = i.identifier
            and c.conflict_base -> 'fields' ? key)
     group by i.blueprint, i.identifier
  ), change as materialized (
    select m.blueprint, m.identifier, e.blueprint is null as is_new, e.fields as stored,
           case when e.blueprint is null then m.fields
                else (e.fields - coalesce(d.keys, '{}')) || m.fields end as fields, coalesce(e.version, 0) as version
      from merged m
      left join lateral (
        select * from tidemark.entity e
         where e.destination = $1 and e.blueprint = m.blueprint and e.identifier = m.identifier limit 1
      ) e on true
      left join dropped d on d.blueprint = m.blueprint and d.identifier = m.identifier
  )`;

/** When the rows that make an entity were observed. */
const OBSERVED = `(
            select max(i.observed_at) from incoming i
             where i.blueprint = excluded.blueprint and i.identifier = excluded.identifier)`;

/** A reference to what is skipped and not there is dropped (7.9). */
const NOTE_SKIPPED = `
  noted as (
    insert into tidemark.skipped as k
      (destination, integration, resource, record_key, blueprint, identifier, kind, seen_epoch)
    select $1, $2, $3, i.record_key, i.blueprint, i.identifier, $5, $6 from incoming i
     where i.skipped and not i.outdated and not exists (
       select from tidemark.entity e
        where e.destination = $1 and e.blueprint = i.blueprint and e.identifier = i.identifier)
     order by i.identifier, i.blueprint, i.record_key
    on conflict (integration, destination, identifier, blueprint, resource, record_key) do update
      set seen_epoch = greatest(k.seen_epoch, excluded.seen_epoch)
  ),`;

/**
 * Being seen renews a claim; only a create, or an update that changed a field, makes one that owns (1.1). Seen is
 * recorded even for what is older than stored (1.3).
 */
const write = ({ create }: Strategy): string => `
  ${create ? '' : NOTE_SKIPPED}
  written as (
    insert into tidemark.entity as e (destination, blueprint, identifier, fields, changed_run)
    select $1, blueprint, identifier, fields, nullif(current_setting('tidemark.run', true), '')
      from change where is_new or fields is distinct from stored
     order by blueprint, identifier
    on conflict (destination, blueprint, identifier) do update
      set fields = excluded.fields, version = e.version + 1, updated_at = now(), changed_run = excluded.changed_run,
          -- Only where a policy or a person made times known.
          modified_at = case when e.field_times is not null then greatest(e.modified_at, ${OBSERVED}) end,
          field_times = case when e.field_times is not null then
            tidemark.carried(e.fields, excluded.fields, e.field_times, to_jsonb(${rfc3339(OBSERVED)})) end,
          field_origins = case when e.field_origins is not null then
            tidemark.carried(e.fields, excluded.fields, e.field_origins, to_jsonb($2::text)) end
  ), claimed as (
    insert into tidemark.claim as c (destination, integration, resource, record_key, blueprint, identifier,
                                     kind, position, locator, first_epoch, seen_epoch, observed_at, live, base, owns,
                                     digest, entity_version)
    select $1, $2, $3, i.record_key, i.blueprint, i.identifier, $5, $4, i.locator, $9, $6, i.observed_at, $10,
           case when i.skipped then i.old_base else i.base end,
           not i.skipped and coalesce(ch.is_new or ch.fields is distinct from ch.stored, false),
           case when not i.skipped and not i.outdated then i.digest end,
           ch.version + (ch.fields is distinct from ch.stored)::int
      from incoming i
      left join change ch on ch.blueprint = i.blueprint and ch.identifier = i.identifier
     -- What is left alone, or was overtaken, makes no claim; one that there is keeps what it wrote (7.1, 6.2).
     where not i.skipped and not i.outdated or i.seen_epoch is not null
     order by i.record_key, i.blueprint, i.identifier
    on conflict (destination, integration, resource, record_key, blueprint, identifier) do update
      set kind = excluded.kind, position = excluded.position, locator = excluded.locator,
          seen_epoch = greatest(c.seen_epoch, excluded.seen_epoch),
          observed_at = greatest(c.observed_at, excluded.observed_at),
          live = case when excluded.observed_at >= c.observed_at then excluded.live else c.live end,
          -- An equal base is left in place: a large one would be stored anew for every run.
          base = case when excluded.observed_at >= c.observed_at and excluded.base is distinct from c.base
                      then excluded.base else c.base end,
          conflict_base = case when excluded.observed_at >= c.observed_at then null else c.conflict_base end,
          content_hash = case when excluded.observed_at >= c.observed_at then null else c.content_hash end,
          owns = c.owns or excluded.owns,
          digest = case when excluded.observed_at >= c.observed_at then excluded.digest end,
          entity_version = excluded.entity_version
  )`;

/** What a batch of a run did. A row that the run has seen before is a duplicate. */
const COUNTED = `
  select (select count(*) from change where is_new) as created,
         (select count(*) from change where not is_new and fields is distinct from stored) as updated,
         count(*) filter (where i.skipped and not i.outdated and not (i.seen_epoch is not distinct from $6)) as skipped,
         count(*) filter (where not i.outdated and not i.skipped and not (i.seen_epoch is not distinct from $6)
                            and ch.fields is not distinct from ch.stored) as unchanged,
         $11::int - count(*)
           + count(*) filter (where not i.outdated and (i.seen_epoch is not distinct from $6)
                                and ch.fields is not distinct from ch.stored) as duplicates,
         count(*) filter (where i.outdated) as outdated
    from incoming i
    left join change ch on ch.blueprint = i.blueprint and ch.identifier = i.identifier`;

/** What became of each row of a live write, which is seen by no run: none is a duplicate. */
const BY_ROW = `
  select i.ordinal::int - 1 as place, i.blueprint, i.identifier,
         case when i.outdated then 'outdated' when i.skipped then 'skipped' when ch.is_new then 'created'
              when ch.fields is distinct from ch.stored then 'updated' else 'unchanged' end as outcome
    from incoming i
    left join change ch on ch.blueprint = i.blueprint and ch.identifier = i.identifier`;

/** Records of unknown identity count as seen by their key; those that no claim knows are counted (1.4). */
const MARK_REJECTED_SEEN = `
  with rejected as (
    select "recordKey" as record_key, max("observedAt") as observed_at, count(*) as records
      from json_to_recordset($5::json) as r ("recordKey" text, "observedAt" timestamptz) group by "recordKey"
  ), seen as (
    update tidemark.claim c
       set seen_epoch = greatest(c.seen_epoch, $4), observed_at = greatest(c.observed_at, r.observed_at)
      from rejected r
     where c.destination = $1 and c.integration = $2 and c.resource = $3
       and c.record_key = r.record_key and r.record_key <> ''
    returning c.record_key
  )
  select coalesce(sum(records), 0)::int as unidentified from rejected
   where record_key = '' or record_key not in (select record_key from seen)`;

/** How a batch is written. */
interface Manner {
  readonly strategy: RecordStrategy;
  /** A call or an event: it belongs to no run, and counts as seen by none. */
  readonly live: boolean;
  /** The integration takes calls or events: what they observed may be newer than a page. */
  readonly hasLiveWrites: boolean;
}

export interface WriteRequest {
  readonly integration: string;
  readonly destination: string;
  /** The run's; for a live write the integration's present one. */
  readonly epoch: number;
  readonly batch: WritableRecords;
  readonly live: boolean;
}

/** What writing a batch did, with what only records that are decided one by one can come to. */
export interface Written extends UpsertCounts {
  /** Records whose resolver threw. */
  readonly quarantined: number;
  /** What there is to say of the kind, each once. */
  readonly warnings: readonly string[];
  /** Of a live write without a policy: what became of each row. */
  readonly rows: readonly RowOutcome[];
}

/** What became of a row of a live write. Rows of one record that name the same entity are one. */
export interface RowOutcome extends EntityKey {
  /** Its place among the entities that were to be written. */
  readonly place: number;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'skipped' | 'outdated';
}

/** Counts them: several records that make one entity create it once. */
export function countRows(rows: readonly RowOutcome[]): Record<RowOutcome['outcome'], number> {
  const count = (outcome: RowOutcome['outcome']): RowOutcome[] => rows.filter((row) => row.outcome === outcome);
  const entities = (some: readonly RowOutcome[]): number => new Set(some.map(identityOf)).size;
  return {
    created: entities(count('created')),
    updated: entities(count('updated')),
    unchanged: count('unchanged').length,
    skipped: count('skipped').length,
    outdated: count('outdated').length,
  };
}

/** Writes mapped records: what changed, and which claims were seen. Within the caller's transaction. */
export async function writeMapped(tx: Queryable, request: WriteRequest): Promise<Written> {
  const { integration, destination } = request;
  await lockOutCalls(tx, integration);
  await lockBlueprints(tx, destination, request.batch.entities);
  const batch = { ...request.batch, entities: await withoutSkipped(tx, request) };
  const { policy, strategy, entities } = batch;
  const live = request.live;
  const [inbox] = await tx.query('select from tidemark.inbox where integration = $1 limit 1', [integration]);
  const manner = { strategy, live, hasLiveWrites: inbox !== undefined };
  if (policy !== null) {
    const seenEpoch = live ? 0 : request.epoch;
    const decided = await writeDecided(tx, { ...request, ...manner, batch, policy, seenEpoch });
    return { ...decided, unidentified: await markRejectedSeen(tx, request), rows: [] };
  }
  const contents = entities.map(({ fields }) => JSON.stringify(fields));
  const digests = digestsOf(batch, contents);
  const rowAt = (place: number): string => {
    const { recordKey, locator, blueprint, identifier, component, failed, observedAt } = entities[
      place
    ] as StagedEntity;
    const known = { recordKey, locator: locator && storableText(locator), blueprint, identifier, component, failed };
    return `${JSON.stringify({ ...known, observedAt, digest: digests[place] }).slice(0, -1)},"fields":${contents[place]}}`;
  };
  const mayRenew = !live && [strategy, ...(strategy.components ?? [])].every(({ create, update }) => create && update);
  const overtaken = manner.hasLiveWrites ? overtakenBy(live) : '';
  const renewed = mayRenew ? await renewUnchanged(tx, { ...request, batch, digests, overtaken }) : noneOf(entities);
  await create(tx, request, renewed.fresh.map(rowAt));
  const merged = await merge(tx, request, { manner, rows: renewed.rest.map(rowAt) });
  const created = merged.created + renewed.fresh.length;
  const unchanged = merged.unchanged + renewed.unchanged;
  const duplicates = merged.duplicates + renewed.duplicates;
  const unidentified = await markRejectedSeen(tx, request);
  return { ...merged, created, unchanged, duplicates, unidentified, quarantined: 0, warnings: [] };
}

/** Entities that nobody knows are what their rows say, and their claims own them: there is nothing to merge. */
const CREATE = `
  with fresh as materialized (select * from ${MAPPED}), written as (
    insert into tidemark.entity (destination, blueprint, identifier, fields, changed_run)
    select $1, blueprint, identifier, fields, nullif(current_setting('tidemark.run', true), '')
      from fresh order by blueprint, identifier
  )
  insert into tidemark.claim (destination, integration, resource, record_key, blueprint, identifier, kind, position,
                              locator, first_epoch, seen_epoch, observed_at, live, base, owns, digest, entity_version)
  select $1, $2, $3, record_key, blueprint, identifier, $5, $4,
         locator, $6, $6, observed_at, false, fields, true, digest, 1
    from fresh order by record_key, blueprint, identifier`;

/** `rows`: JSON texts. */
async function create(
  tx: Queryable,
  { integration, destination, epoch, batch }: WriteRequest,
  rows: readonly string[],
): Promise<void> {
  if (rows.length === 0) return;
  const { resource, position, kind } = batch;
  await tx.query(CREATE, [destination, integration, resource, position, kind, epoch, `[${rows}]`]);
}

const NOTHING = { created: 0, updated: 0, unchanged: 0, skipped: 0, duplicates: 0, outdated: 0, rows: [] };

async function merge(
  tx: Queryable,
  { integration, destination, epoch, batch, live }: WriteRequest,
  { manner, rows }: { manner: Manner; rows: readonly string[] },
): Promise<Merged> {
  if (rows.length === 0) return NOTHING;
  const { resource, position, kind, resources } = batch;
  await tx.query(BY_HASH);
  const seenEpoch = live ? 0 : epoch;
  const values = [destination, integration, resource, position, kind, seenEpoch, `[${rows}]`, resources, epoch, live];
  const statement = `with ${incoming(manner)}, ${CHANGES}, ${write(batch.strategy)}`;
  if (live) {
    const outcomes = await tx.query<RowOutcome>(`${statement} ${BY_ROW}`, values);
    return { ...countRows(outcomes), duplicates: rows.length - outcomes.length, rows: outcomes };
  }
  const [counts] = await tx.query<Omit<Merged, 'rows'>>(`${statement} ${COUNTED}`, [...values, rows.length]);
  return { ...(counts as Omit<Merged, 'rows'>), rows: [] };
}

type Merged = Omit<UpsertCounts, 'unidentified'> & Pick<Written, 'rows'>;

async function markRejectedSeen(
  tx: Queryable,
  { integration, destination, epoch, batch: { resource, quarantined }, live }: WriteRequest,
): Promise<number> {
  if (quarantined.length === 0) return 0;
  const rows = JSON.stringify(quarantined.map(({ recordKey, observedAt }) => ({ recordKey, observedAt })));
  const values = [destination, integration, resource, live ? 0 : epoch, rows];
  const [rejected] = await tx.query<{ unidentified: number }>(MARK_REJECTED_SEEN, values);
  return (rejected as { unidentified: number }).unidentified;
}

/**
 * Calls and pages of an integration wait for each other: a page looks whether a record was deleted, and a delete whether
 * the record is there, before either is committed. Pages do not wait for pages. To be taken before any blueprint's lock,
 * by all who take both, so that no two can lock each other out.
 */
export async function lockOutCalls(tx: Queryable, integration: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock_shared(hashtextextended($1, 0))', [callsOf(integration)]);
}

/** The other side of `lockOutCalls`. */
export async function lockOutPages(tx: Queryable, integration: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [callsOf(integration)]);
}

const callsOf = (integration: string): string => `calls of ${integration}`;

/**
 * Writers of a blueprint wait for each other, in one order: two kinds that map to one entity then always see each
 * other's claims, and no two batches can lock each other out.
 */
function lockBlueprints(tx: Queryable, destination: string, entities: WritableRecords['entities']): Promise<void> {
  const named = entities.flatMap(({ blueprint, fields }) => [blueprint, parentOf(fields)?.blueprint ?? blueprint]);
  const blueprints = [...new Set(named)];
  return lockBlueprintsOf(tx, 'select $1::text as destination, unnest($2::text[]) as blueprint', [
    destination,
    blueprints,
  ]);
}
