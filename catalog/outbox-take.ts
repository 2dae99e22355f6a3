import type { EntityKey, Fields } from '../domain/entity.ts';
import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';
import { type OutboxScope, within } from './outbox.ts';
import { BY_INDEX } from './planning.ts';

/** An entity that waits to be sent. */
export interface OutboxEntity extends EntityKey {
  /** What is to stand there; `null`: nothing. */
  readonly fields: Fields | null;
  /** Of its fields as JSON. */
  readonly bytes: number;
  /** What may stand there: what was confirmed last, and what was sent since without an answer. */
  readonly held: readonly Fields[];
}

export interface TakeRequest {
  readonly destination: string;
  readonly scope: OutboxScope;
  /** `null`: a live call, which is only ordered (sync-semantics 5.5). */
  readonly run: RunRef | null;
  /** Names the mark that the entities get. */
  readonly request: string;
  readonly removing: boolean;
  /** Entities of these only. */
  readonly blueprints: readonly string[];
  readonly maxEntities: number;
  /** Milliseconds after which nothing of what is taken can be under way any more. */
  readonly expires: number;
  /** What is really sent of an entity, where that is not all. */
  readonly content?: (entity: OutboxEntity) => Fields | null;
}

/**
 * Takes the next entities of a scope, for one or several calls, and commits that they are about to be sent: one
 * transaction, which proves the run's right to write (sync-semantics 5.3). Entities of a request under way are left out
 * until it is answered or has expired. Throws `StaleEpochError` when a newer run has begun.
 */
export function takeEntities(db: Database, request: TakeRequest): Promise<OutboxEntity[]> {
  const work = (tx: Queryable): Promise<OutboxEntity[]> => take(tx, request);
  return request.run === null ? db.transaction(work) : fenced(db, request.run, work);
}

/** Bytes, as PostgreSQL stores them, of what is taken at once: it lies in memory until it is sent. */
const MOST_STORED = 8 * 1024 * 1024;

/**
 * One statement: what is read and what is noted as sent is the same content, whoever changes it meanwhile. What could not
 * be marked, because somebody changed it just then, is not taken.
 */
const take = async (tx: Queryable, request: TakeRequest): Promise<OutboxEntity[]> => {
  await tx.query(BY_INDEX);
  const { condition, value } = within(request.scope);
  const rows = await tx.query<Omit<OutboxEntity, 'fields'> & { readonly fields: string | null }>(
    `with r as materialized (
       select r.ctid as place, blueprint, identifier, sent, doubtful, sending from tidemark.remote_entity r
        where ${condition} and r.waits is null and r.gone = $3 and (r.blueprint || '') = any ($4)
          and (r.request is null or r.until < clock_timestamp())
        order by r.blueprint, r.identifier limit $5 for update skip locked
     ), found as (
       select r.*, e.fields, sum(coalesce(pg_column_size(e.fields), 0)) over before as stored_before
         from r
         left join lateral (
           select e.fields from tidemark.entity e
            where e.destination = $1 and e.blueprint = r.blueprint and e.identifier = r.identifier offset 0
         ) e on true
       window before as (order by r.blueprint, r.identifier rows between unbounded preceding and 1 preceding)
     ), taken as materialized (
       select * from found where stored_before is null or stored_before < ${MOST_STORED}
     ), marked as (
       update tidemark.remote_entity r
          set request = $6, until = clock_timestamp() + make_interval(secs => $7), removing = $3,
              doubtful = t.doubtful || case when t.sending is null then '[]' else jsonb_build_array(t.sending) end,
              sending = t.fields
         from taken t
        where r.ctid = t.place
       returning t.*
     )
     select blueprint, identifier, fields::text as fields, coalesce(octet_length(fields::text), 0) as bytes,
            case when sent is null then '[]' else jsonb_build_array(sent) end || doubtful
              || case when sending is null then '[]' else jsonb_build_array(sending) end as held
       from marked order by blueprint, identifier`,
    [
      request.destination,
      value,
      request.removing,
      request.blueprints,
      request.maxEntities,
      request.request,
      request.expires / 1000,
    ],
  );
  const taken = rows.map((row) => ({
    ...row,
    fields: row.fields === null ? null : (JSON.parse(row.fields) as Fields),
  }));
  return request.content ? notePart(tx, taken, { ...request, content: request.content }) : taken;
};

/** Notes what is really sent. */
async function notePart(
  tx: Queryable,
  taken: readonly OutboxEntity[],
  { destination, content }: Required<TakeRequest>,
): Promise<OutboxEntity[]> {
  const sent = taken.map((entity) => ({ ...entity, fields: content(entity) }));
  await tx.query(
    `update tidemark.remote_entity r set sending = s.fields
       from jsonb_to_recordset($2::jsonb) as s (blueprint text, identifier text, fields jsonb)
      where r.destination = $1 and r.blueprint = s.blueprint and r.identifier = s.identifier`,
    [destination, JSON.stringify(sent)],
  );
  return sent;
}

/** What waits in a scope and nobody is sending, by blueprint. */
export function waitingBlueprints(
  db: Queryable,
  { destination, scope, removing }: Pick<TakeRequest, 'destination' | 'scope' | 'removing'>,
): Promise<{ readonly blueprint: string; readonly count: number }[]> {
  const { condition, value } = within(scope);
  return db.query(
    `select r.blueprint, count(*) as count from tidemark.remote_entity r
      where ${condition} and r.waits is null and r.gone = $3 and (r.request is null or r.until < clock_timestamp())
      group by r.blueprint order by 1`,
    [destination, value, removing],
  );
}

/** Milliseconds until the next request of others on a scope's entities expires; `null`: there is none. */
export async function nextExpiry(
  db: Queryable,
  { destination, scope, removing }: Pick<TakeRequest, 'destination' | 'scope' | 'removing'>,
): Promise<number | null> {
  const { condition, value } = within(scope);
  const [row] = await db.query<{ ms: number | null }>(
    `select (extract(epoch from min(r.until) - clock_timestamp()) * 1000)::float8 as ms
       from tidemark.remote_entity r
      where ${condition} and r.waits is null and r.gone = $3 and r.request is not null`,
    [destination, value, removing],
  );
  return row?.ms ?? null;
}
