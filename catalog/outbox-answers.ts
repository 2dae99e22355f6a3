import { type EntityKey, identityOf } from '../domain/entity.ts';
import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { BY_INDEX } from './planning.ts';

/** What became of an entity that was taken. */
export interface OutboxAnswer extends EntityKey {
  /** The mark that it was taken with. */
  readonly request: string;
  readonly outcome: 'done' | 'refused' | 'missing-relation' | 'later';
  readonly reason: string | null;
}

export interface RecordedAnswers {
  readonly destination: string;
  readonly run: RunRef | null;
  readonly removing: boolean;
  readonly answers: readonly OutboxAnswer[];
  /** What was sent of the entities was not all of them: they are still to be sent. */
  readonly partial: boolean;
}

export interface Confirmed {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
}

/** Entities that were confirmed, by what they are counted for. */
interface DoneGroup {
  readonly isNew: boolean;
  readonly removing: boolean;
  readonly runId: string | null;
  readonly kind: string | null;
  readonly removed: boolean;
  readonly batch: string | null;
  readonly entities: number;
}

/**
 * Records what calls were answered, and counts what was confirmed, in one transaction. Not fenced: an answer is a fact,
 * whoever runs by now. Entities that have expired meanwhile and are being sent again are left alone. Does not wait for
 * the disk: an answer that is lost in a power cut leaves the mark, and what nobody knows is written again.
 */
export function recordAnswers(db: Database, recorded: RecordedAnswers): Promise<Confirmed> {
  const { destination, answers, partial, removing, run } = recorded;
  return db.transaction(async (tx) => {
    await tx.query(`${BY_INDEX}; set local synchronous_commit = off`);
    // In one order, so that no two can lock each other out.
    const sorted = answers.toSorted((one, other) => compare(identityOf(one), identityOf(other)));
    const columns = (['blueprint', 'identifier', 'request', 'outcome', 'reason'] as const).map((column) =>
      sorted.map((answer) => answer[column]),
    );
    await tx.query(LOCK, [destination, ...columns.slice(0, 3)]);
    const groups = await tx.query<DoneGroup>(RELEASE, [destination, ...columns, partial, run?.integration ?? null]);
    if (removing) await tx.query(FORGET, [destination, ...columns.slice(0, 2)]);
    const done = partial ? [] : groups;
    if (run !== null) await count(tx, run, done);
    return totals(done);
  });
}

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** First: what is compared then is what stands there now, and stays where it is. */
const LOCK = `
  select count(*) from unnest($2::text[], $3::text[], $4::uuid[]) as a (blueprint, identifier, request)
   cross join lateral (
     select from tidemark.remote_entity r
      where r.destination = $1 and r.blueprint = a.blueprint and r.identifier = a.identifier and r.request = a.request
        for update
   ) r`;

const RELEASE = `
  with answered as materialized (
    select r.ctid as place, r.sent is null as is_new, r.removing, r.run_id, r.kind, r.removed, r.batch,
           a.outcome, a.reason, e.fields is distinct from r.sending as changed,
           r.removing <> (e.fields is null) as turned
      from unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[])
             as a (blueprint, identifier, request, outcome, reason)
     cross join lateral (
       select r.ctid, r.* from tidemark.remote_entity r
        where r.destination = $1 and r.blueprint = a.blueprint and r.identifier = a.identifier
          and r.request = a.request
       offset 0
     ) r
      left join lateral (
        select e.fields from tidemark.entity e
         where e.destination = $1 and e.blueprint = a.blueprint and e.identifier = a.identifier offset 0
      ) e on true
  ), released as (
    update tidemark.remote_entity r set
      sent = case when a.outcome <> 'done' or $7 then r.sent when r.removing then null else r.sending end,
      confirmed_at = case when a.outcome = 'done' then clock_timestamp() else r.confirmed_at end,
      doubtful = case when a.outcome <> 'done' then r.doubtful
                      when $7 then r.doubtful || jsonb_build_array(r.sending) else '[]' end,
      integration = coalesce($8, r.integration),
      pending = a.outcome <> 'done' or $7 or a.turned or a.changed,
      -- A change that came meanwhile is another content: what was said of the old one does not hold.
      waits = case when a.changed and not $7 then null
                   when a.outcome = 'done' and $7 then 'partial'
                   when a.outcome = 'refused' then 'refused' when a.outcome = 'missing-relation' then 'relation' end,
      reason = a.reason,
      request = null, until = null, removing = null, sending = null
      from answered a
     where r.ctid = a.place
  )
  select is_new as "isNew", removing, run_id as "runId", kind, removed, batch, count(*)::int as entities
    from answered where outcome = 'done' group by 1, 2, 3, 4, 5, 6`;

/** What is gone, here and there, needs no row. */
const FORGET = `
  delete from tidemark.remote_entity r
   using unnest($2::text[], $3::text[]) as a (blueprint, identifier)
   where r.destination = $1 and r.blueprint = a.blueprint and r.identifier = a.identifier
     and r.gone and not r.pending`;

/** Only what the run itself is answerable for is counted for it. */
async function count(tx: Queryable, run: RunRef, done: readonly DoneGroup[]): Promise<void> {
  const own = done.filter(({ runId }) => runId === run.runId);
  const kinds = new Set(own.filter(({ removed }) => !removed).map(({ kind }) => kind));
  for (const kind of [...kinds].sort()) {
    const { created, updated, deleted } = totals(own.filter((group) => group.kind === kind && !group.removed));
    await tx.query(
      `update tidemark.kind_run set created = created + $3, updated = updated + $4, deleted = deleted + $5
        where run_id = $1 and kind = $2`,
      [run.runId, kind, created, updated, deleted],
    );
  }
  const removed = totals(own.filter((group) => group.removed)).deleted;
  if (removed > 0) {
    await tx.query('update tidemark.run set removed_deleted = removed_deleted + $2 where id = $1', [
      run.runId,
      removed,
    ]);
  }
  for (const batch of [...new Set(own.map((group) => group.batch))].sort()) {
    if (batch === null) continue;
    const { created, updated } = totals(own.filter((group) => group.batch === batch));
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
function totals(done: readonly DoneGroup[]): Confirmed {
  const written = done.filter(({ removing, runId, batch }) => !removing && (batch !== null || runId === null));
  return {
    created: sum(written.filter(({ isNew }) => isNew)),
    updated: sum(written.filter(({ isNew }) => !isNew)),
    deleted: sum(done.filter(({ removing }) => removing)),
  };
}

const sum = (groups: readonly DoneGroup[]): number => groups.reduce((total, { entities }) => total + entities, 0);
