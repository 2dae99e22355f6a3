import type { EntityKey, Fields } from '../domain/entity.ts';
import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { fenced } from './fence.ts';
import { type OutboxScope, within } from './outbox.ts';

/** An entity that waits to be sent. */
export interface OutboxEntity extends EntityKey {
  /** What is to stand there; `null`: nothing. */
  readonly fields: Fields | null;
  /** What may stand there: what was confirmed last, and what was sent since without an answer. */
  readonly held: readonly Fields[];
}

export interface CallRequest {
  readonly destination: string;
  readonly scope: OutboxScope;
  /** `null`: a live call, which is only ordered (sync-semantics 5.5). */
  readonly run: RunRef | null;
  readonly request: string;
  readonly removing: boolean;
  /** Entities of these only. */
  readonly blueprints: readonly string[];
  readonly maxEntities: number;
  readonly maxBytes: number;
  /** Milliseconds after which nobody waits for the answer any more. */
  readonly expires: number;
  /** What is really sent of an entity, where that is not all. */
  readonly content?: (entity: OutboxEntity) => Fields | null;
}

/**
 * Takes the next entities of a scope for one call, and commits that they are about to be sent: one transaction, which
 * proves the run's right to write (sync-semantics 5.3). Entities of a request under way are left out until it is answered
 * or has expired. Throws `StaleEpochError` when a newer run has begun.
 */
export function takeCall(db: Database, call: CallRequest): Promise<OutboxEntity[]> {
  const work = (tx: Queryable): Promise<OutboxEntity[]> => take(tx, call);
  return call.run === null ? db.transaction(work) : fenced(db, call.run, work);
}

interface Waiting extends OutboxEntity {
  readonly bytes: number;
}

async function take(tx: Queryable, call: CallRequest): Promise<OutboxEntity[]> {
  const { condition, value } = within(call.scope);
  const waiting = await tx.query<Waiting>(
    `with r as materialized (
       select * from tidemark.remote_entity r
        where r.destination = $1 and r.pending and r.waits is null and ${condition}
          and r.gone = $3 and r.blueprint = any ($4) and (r.request is null or r.until < clock_timestamp())
        order by r.blueprint, r.identifier limit $5 for update skip locked
     )
     select r.blueprint, r.identifier, e.fields, coalesce(octet_length(e.fields::text), 0) as bytes,
            case when r.sent is null then '[]' else jsonb_build_array(r.sent) end || r.doubtful
              || case when r.sending is null then '[]' else jsonb_build_array(r.sending) end as held
       from r left join tidemark.entity e
         on e.destination = r.destination and e.blueprint = r.blueprint and e.identifier = r.identifier
      order by r.blueprint, r.identifier`,
    [call.destination, value, call.removing, call.blueprints, call.maxEntities],
  );
  const taken = fitting(waiting, call.maxBytes).map(({ bytes: _, ...entity }) => entity);
  const sent = taken.map((entity) => ({ ...entity, fields: call.content ? call.content(entity) : entity.fields }));
  if (sent.length > 0) {
    await tx.query(
      `update tidemark.remote_entity r
          set request = $2, until = clock_timestamp() + make_interval(secs => $3), removing = $4,
              doubtful = r.doubtful || case when r.sending is null then '[]' else jsonb_build_array(r.sending) end,
              sending = s.fields
         from jsonb_to_recordset($5::jsonb) as s (blueprint text, identifier text, fields jsonb)
        where r.destination = $1 and r.blueprint = s.blueprint and r.identifier = s.identifier`,
      [call.destination, call.request, call.expires / 1000, call.removing, JSON.stringify(sent)],
    );
  }
  return sent;
}

function fitting(waiting: readonly Waiting[], maxBytes: number): readonly Waiting[] {
  let bytes = 0;
  const over = waiting.findIndex((entity) => {
    bytes += entity.bytes;
    return bytes > maxBytes;
  });
  return over < 0 ? waiting : waiting.slice(0, Math.max(over, 1));
}

/** What waits in a scope and nobody is sending, by blueprint. */
export function waitingBlueprints(
  db: Queryable,
  { destination, scope, removing }: Pick<CallRequest, 'destination' | 'scope' | 'removing'>,
): Promise<{ readonly blueprint: string; readonly count: number }[]> {
  const { condition, value } = within(scope);
  return db.query(
    `select r.blueprint, count(*) as count from tidemark.remote_entity r
      where r.destination = $1 and r.pending and r.waits is null and ${condition} and r.gone = $3
        and (r.request is null or r.until < clock_timestamp())
      group by r.blueprint order by 1`,
    [destination, value, removing],
  );
}

/** Milliseconds until the next request of others on a scope's entities expires; `null`: there is none. */
export async function nextExpiry(
  db: Queryable,
  { destination, scope, removing }: Pick<CallRequest, 'destination' | 'scope' | 'removing'>,
): Promise<number | null> {
  const { condition, value } = within(scope);
  const [row] = await db.query<{ ms: number | null }>(
    `select (extract(epoch from min(r.until) - clock_timestamp()) * 1000)::float8 as ms
       from tidemark.remote_entity r
      where r.destination = $1 and r.pending and r.waits is null and ${condition} and r.gone = $3 and r.request is not null`,
    [destination, value, removing],
  );
  return row?.ms ?? null;
}

/** What became of an entity of a call. */
export interface OutboxAnswer extends EntityKey {
  readonly outcome: 'done' | 'refused' | 'missing-relation' | 'later';
  readonly reason: string | null;
}

export interface ConfirmRequest {
  readonly destination: string;
  readonly request: string;
  readonly run: RunRef | null;
  readonly answers: readonly OutboxAnswer[];
  /** What was sent of the entities was not all of them: they are still to be sent. */
  readonly partial: boolean;
}

export interface Confirmed {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
}

interface MarkedEntity extends EntityKey {
  readonly isNew: boolean;
  readonly removing: boolean;
  readonly runId: string | null;
  readonly kind: string | null;
  readonly removed: boolean;
  readonly batch: string | null;
}

/**
 * Records what a call was answered, and counts what was confirmed, in one transaction. Not fenced: an answer is a fact,
 * whoever runs by now. Entities that have expired meanwhile and are being sent again are left alone.
 */
export function confirmCall(db: Database, confirm: ConfirmRequest): Promise<Confirmed> {
  const { destination, request, answers, partial, run } = confirm;
  return db.transaction(async (tx) => {
    const marked = await tx.query<MarkedEntity>(
      `select blueprint, identifier, sent is null as "isNew", removing, run_id as "runId", kind, removed, batch
         from tidemark.remote_entity where destination = $1 and request = $2
        order by blueprint, identifier for update`,
      [destination, request],
    );
    await tx.query(RELEASE, [destination, request, JSON.stringify(answers), partial, run?.integration ?? null]);
    await tx.query(FORGET, [destination, JSON.stringify(answers)]);
    const outcomes = new Map(answers.map((answer) => [nameOf(answer), answer.outcome]));
    const done = partial ? [] : marked.filter((entity) => outcomes.get(nameOf(entity)) === 'done');
    if (run !== null) await count(tx, run, done);
    return totals(done);
  });
}

const nameOf = ({ blueprint, identifier }: EntityKey): string => JSON.stringify([blueprint, identifier]);

const RELEASE = `
  update tidemark.remote_entity r set
    sent = case when a.outcome <> 'done' or $4 then r.sent when r.removing then null else r.sending end,
    confirmed_at = case when a.outcome = 'done' then clock_timestamp() else r.confirmed_at end,
    doubtful = case when a.outcome <> 'done' then r.doubtful
                    when $4 then r.doubtful || jsonb_build_array(r.sending) else '[]' end,
    integration = coalesce($5, r.integration),
    pending = a.outcome <> 'done' or $4 or r.removing <> (e.destination is null) or e.fields is distinct from r.sending,
    -- A change that came meanwhile is another content: what was said of the old one does not hold.
    waits = case when e.fields is distinct from r.sending and not $4 then null
                 when a.outcome = 'done' and $4 then 'partial'
                 when a.outcome = 'refused' then 'refused' when a.outcome = 'missing-relation' then 'relation' end,
    reason = a.reason,
    request = null, until = null, removing = null, sending = null
    from jsonb_to_recordset($3::jsonb) as a (blueprint text, identifier text, outcome text, reason text)
    left join tidemark.entity e on e.destination = $1 and e.blueprint = a.blueprint and e.identifier = a.identifier
   where r.destination = $1 and r.request = $2 and r.blueprint = a.blueprint and r.identifier = a.identifier`;

/** What is gone, here and there, needs no row. */
const FORGET = `
  delete from tidemark.remote_entity r
   using jsonb_to_recordset($2::jsonb) as a (blueprint text, identifier text)
   where r.destination = $1 and r.blueprint = a.blueprint and r.identifier = a.identifier
     and r.gone and not r.pending`;

/** Only what the run itself is answerable for is counted for it. */
async function count(tx: Queryable, run: RunRef, done: readonly MarkedEntity[]): Promise<void> {
  const own = done.filter(({ runId }) => runId === run.runId);
  const kinds = new Set(own.filter(({ removed }) => !removed).map(({ kind }) => kind));
  for (const kind of [...kinds].sort()) {
    const { created, updated, deleted } = totals(own.filter((entity) => entity.kind === kind && !entity.removed));
    await tx.query(
      `update tidemark.kind_run set created = created + $3, updated = updated + $4, deleted = deleted + $5
        where run_id = $1 and kind = $2`,
      [run.runId, kind, created, updated, deleted],
    );
  }
  const removed = totals(own.filter((entity) => entity.removed)).deleted;
  if (removed > 0) {
    await tx.query('update tidemark.run set removed_deleted = removed_deleted + $2 where id = $1', [
      run.runId,
      removed,
    ]);
  }
  for (const batch of [...new Set(own.map((entity) => entity.batch))].sort()) {
    if (batch === null) continue;
    const { created, updated } = totals(own.filter((entity) => entity.batch === batch));
    await tx.query(
      `update tidemark.batch
          set applied = jsonb_set(applied, '{counts}', applied -> 'counts' || jsonb_build_object(
                'created', (applied #>> '{counts,created}')::int + $2::int,
                'updated', (applied #>> '{counts,updated}')::int + $3::int))
        where attempt = $1 and applied is not null`,
      [batch, created, updated],
    );
  }
}

/** What ending claims left of an entity is written, but counted nowhere: no record asked for it. */
function totals(done: readonly MarkedEntity[]): Confirmed {
  const written = done.filter(({ removing, runId, batch }) => !removing && (batch !== null || runId === null));
  return {
    created: written.filter(({ isNew }) => isNew).length,
    updated: written.filter(({ isNew }) => !isNew).length,
    deleted: done.filter(({ removing }) => removing).length,
  };
}
