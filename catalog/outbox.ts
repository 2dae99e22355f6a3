import type { EntityKey } from '../domain/entity.ts';
import type { RunRef } from '../domain/run.ts';
import type { Queryable } from './database.ts';
import { BY_INDEX } from './planning.ts';

/** What is sent together, and counted together. */
export type OutboxScope =
  | { readonly type: 'batch'; readonly batch: string }
  | { readonly type: 'call'; readonly call: number }
  /** Writes that are left over of an integration, whichever run they are of. */
  | { readonly type: 'writes'; readonly integration: string }
  /** What a run's deletes, its plan or its `sync` changed. */
  | { readonly type: 'run'; readonly runId: string };

/**
 * What is pending at the destination, `$1`. Only indexes of what is pending serve it: by the primary key PostgreSQL would
 * read everything that the destination holds.
 */
const PENDING = `r.pending and (r.destination || '') = $1`;

/** What rows of a scope have in common; its parameter is `$2`. */
const SCOPES: Readonly<Record<OutboxScope['type'], string>> = {
  batch: 'r.batch = $2::uuid',
  call: 'r.call = $2::bigint',
  writes: 'r.integration = $2::text and not r.gone',
  run: 'r.run_id = $2::text',
};

/** The condition that pending rows of a scope fulfil; its parameters are the destination, `$1`, and `$2`. */
export function within(scope: OutboxScope): { readonly condition: string; readonly value: string | number } {
  const condition = `${PENDING} and ${SCOPES[scope.type]}`;
  if (scope.type === 'batch') return { condition, value: scope.batch };
  if (scope.type === 'call') return { condition, value: scope.call };
  return { condition, value: scope.type === 'run' ? scope.runId : scope.integration };
}

/** What a transaction changed, as it is counted when the destination has confirmed it. */
interface Assignment {
  readonly destination: string;
  readonly integration: string;
}

/** What nobody else can have changed since, or can change before this transaction has ended. */
const CHANGED_HERE = 'r.changed_in = pg_current_xact_id()';

/**
 * Assigns to a batch what the transaction is going to change, from its first change on (the trigger
 * `note_remote_change`). Call it before `writeMapped`.
 */
export async function assignChanges(
  tx: Queryable,
  { integration, runId }: RunRef,
  { kind, fetchAttempt }: Pick<AssignedBatch, 'kind' | 'fetchAttempt'>,
): Promise<void> {
  const assignment = JSON.stringify({ integration, run_id: runId, kind, batch: fetchAttempt });
  await tx.query(`select set_config('tidemark.assigned', $1, true)`, [assignment]);
}

/**
 * Assigns to a batch what writing it found as it is to be but was not confirmed yet: an earlier run did not come to it, or
 * has no answer (sync-semantics 5.3). What the transaction changes from here on is not the batch's. Returns how many
 * entities were found. Call it right after `writeMapped`.
 */
export async function assignToBatch(
  tx: Queryable,
  run: RunRef,
  { destination, kind, fetchAttempt, entities }: AssignedBatch,
): Promise<number> {
  await tx.query(`select set_config('tidemark.assigned', '', true)`);
  await tx.query(BY_INDEX);
  const found = await tx.query<{ place: string }>(
    `select r.place
       from (select distinct blueprint, identifier from unnest($2::text[], $3::text[]) as s (blueprint, identifier)) s
      cross join lateral (
        select r.ctid::text as place from tidemark.remote_entity r
         where r.destination = $1 and r.blueprint = s.blueprint and r.identifier = s.identifier
           -- Not by an index of what is pending, which may be everything.
           and coalesce(r.pending, false) and r.changed_in <> pg_current_xact_id()
           for update
      ) r`,
    [destination, entities.map(({ blueprint }) => blueprint), entities.map(({ identifier }) => identifier)],
  );
  if (found.length === 0) return 0;
  await tx.query(
    `update tidemark.remote_entity r
        set integration = $1, run_id = $2, kind = $3, batch = $4, call = null, waits = null, reason = null
      where r.ctid = any ($5::tid[])`,
    [run.integration, run.runId, kind, fetchAttempt, found.map(({ place }) => place)],
  );
  return found.length;
}

interface AssignedBatch {
  readonly destination: string;
  readonly kind: string;
  readonly fetchAttempt: string;
  readonly entities: readonly EntityKey[];
}

/**
 * Assigns to a run what ending the claims in `doomed` changed, and the deletes that an earlier run left over: what was
 * not done is done by the next one that may delete (sync-semantics 3.6).
 */
export async function assignDoomed(tx: Queryable, run: RunRef): Promise<void> {
  await tx.query(BY_INDEX);
  await tx.query(
    `with changed as materialized (
       select r.place, d.kind, d.removed
         from (select destination, blueprint, identifier, min(kind) as kind, bool_and(removed) as removed
                 from doomed group by destination, blueprint, identifier) d
        cross join lateral (
          select r.ctid as place, r.pending, r.changed_in from tidemark.remote_entity r
           where r.destination = d.destination and r.blueprint = d.blueprint and r.identifier = d.identifier
          offset 0
        ) r
        where r.pending and ${CHANGED_HERE}
     )
     update tidemark.remote_entity r
        set integration = $2, run_id = $1, kind = c.kind, removed = c.removed, waits = null, reason = null
       from changed c where r.ctid = c.place`,
    [run.runId, run.integration],
  );
  await tx.query(
    `update tidemark.remote_entity r set run_id = $1, waits = null, reason = null
      where r.pending and r.gone and r.integration = $2 and r.run_id is distinct from $1
        and (r.removed or exists (select from tidemark.kind_run k where k.run_id = $1 and k.kind = r.kind))`,
    [run.runId, run.integration],
  );
}

/** Assigns to a call what applying it changed. */
export async function assignToCall(
  tx: Queryable,
  { destination, integration }: Assignment,
  call: number,
): Promise<void> {
  await tx.query(
    `update tidemark.remote_entity r set integration = $2, call = $3
      where ${PENDING} and ${CHANGED_HERE}`,
    [destination, integration, call],
  );
}

/**
 * Why an entity is not sent again at once: the destination misses a relation's target, has it without the relations that
 * form a circle, or refuses the content, whose record goes into quarantine.
 */
export type Waits = 'relation' | 'partial' | 'refused' | 'quarantined';

/** Entities of a scope that the destination has not confirmed, by what it said. */
export interface Unsent extends EntityKey {
  readonly waits: Waits | null;
  readonly reason: string | null;
  readonly gone: boolean;
}

export function unsentOf(db: Queryable, destination: string, scope: OutboxScope): Promise<Unsent[]> {
  const { condition, value } = within(scope);
  return db.query<Unsent>(
    `select blueprint, identifier, waits, reason, gone from tidemark.remote_entity r
      where ${condition} order by blueprint, identifier`,
    [destination, value],
  );
}

/** Moves writes of an integration that wait for one reason on to another; `null`: to be sent. Returns how many. */
export async function move(
  db: Queryable,
  { destination, integration, from, to }: Assignment & { readonly from: Waits; readonly to: Waits | null },
): Promise<number> {
  const moved = await db.query(
    `update tidemark.remote_entity set waits = $4
      where destination = $1 and integration = $2 and pending and not gone and waits = $3 returning 1`,
    [destination, integration, from, to],
  );
  return moved.length;
}

/** Notes in a run's kinds which deletes the destination has not confirmed. Returns how many they are in all. */
export async function countUnsentDeletes(db: Queryable, run: RunRef): Promise<number> {
  const [row] = await db.query<{ unsent: number }>(
    `with unsent as (
       select case when removed then null else kind end as kind, count(*)::int as count from tidemark.remote_entity
        where pending and gone and run_id = $1 group by 1
     ), counted as (
       update tidemark.kind_run k set unsent = coalesce((select count from unsent u where u.kind = k.kind), 0)
        where k.run_id = $1
     )
     select coalesce(sum(count), 0)::int as unsent from unsent`,
    [run.runId],
  );
  return (row as { unsent: number }).unsent;
}
