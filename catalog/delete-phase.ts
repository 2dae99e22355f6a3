import { SCOPE_PREFIX } from '../domain/call.ts';
import { type DeleteFacts, type DeleteLimits, guardReason } from '../domain/delete-guards.ts';
import { isRemote } from '../domain/destination.ts';
import type { RunRef } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { collectDoomed, endDoomed, lockBlueprintsOf, SAME_CLAIM } from './ending.ts';
import { fenced } from './fence.ts';
import { assignDoomed } from './outbox.ts';
import { proposePlan, supersedePlans } from './plans.ts';
import { dropOrphans } from './quarantine.ts';

export interface DeleteRequest {
  readonly destination: string;
  /** The keys of all configured resources. */
  readonly resources: readonly string[];
  readonly limits: DeleteLimits;
  /** What becomes of claims of resources that are no longer configured (sync-semantics 3.4). */
  readonly removed: 'hold' | 'delete';
}

export interface DeletedKind {
  readonly kind: string;
  /** Entities deleted: their last claim ended. */
  readonly deleted: number;
  /** Candidates that the second look did not settle: they stay. */
  readonly unconfirmed: number;
  /** Why the kind's deletes wait, and in which plan. */
  readonly held: string | null;
}

export interface DeletePhase {
  readonly kinds: readonly DeletedKind[];
  /** The same for resources that are no longer configured. */
  readonly removed: Pick<DeletedKind, 'deleted' | 'held'>;
  /** Why entities that a remote destination holds and nothing here knows wait, and in which plan (sync-semantics 10). */
  readonly unknown?: string;
  /** What a remote destination has not confirmed, and why: the next complete run sends it. */
  readonly unsent?: string;
  /** The configuration in force is not the one that the run pinned: nothing was deleted (3.1). */
  readonly configurationChanged: boolean;
}

/**
 * Ends the claims that the second look confirmed and that are still unseen, unless a guard holds their kind: then they
 * become a plan (sync-semantics 3.1, 3.3 to 3.6). One transaction; repeating it returns the first result.
 */
export function deleteStale(db: Database, run: RunRef, request: DeleteRequest): Promise<DeletePhase> {
  return fenced(db, run, async (tx) => {
    // First: an attempt that overlaps with this one has then committed, and is seen.
    const candidates = 'select destination, blueprint from tidemark.delete_candidate where run_id = $1';
    await lockBlueprintsOf(tx, candidates, [run.runId]);
    const [state] = await tx.query<{ done: boolean; unchanged: boolean }>(
      `select r.deletes_done as done, r.config_version = i.config_version as unchanged
         from tidemark.run r join tidemark.integration i on i.id = r.integration where r.id = $1`,
      [run.runId],
    );
    const configurationChanged = !state?.done && !state?.unchanged;
    if (!state?.done && state?.unchanged) await deleteConfirmed(tx, run, request);
    return { ...(await readDeletes(tx, run)), configurationChanged };
  });
}

/** What the run has deleted and held so far. */
export async function readDeletes(tx: Queryable, run: RunRef): Promise<Pick<DeletePhase, 'kinds' | 'removed'>> {
  const kinds = await tx.query<DeletedKind>(
    'select kind, deleted, unconfirmed, held from tidemark.kind_run where run_id = $1 order by position',
    [run.runId],
  );
  const [removed] = await tx.query<DeletePhase['removed']>(
    'select removed_deleted as deleted, removed_held as held from tidemark.run where id = $1',
    [run.runId],
  );
  return { kinds, removed: removed as DeletePhase['removed'] };
}

/** The same, within the caller's transaction, for candidates that are noted already. */
export async function deleteConfirmed(tx: Queryable, run: RunRef, request: DeleteRequest): Promise<void> {
  const { integration } = run;
  await dropOrphans(tx, run, request.resources);
  await tx.query(COUNT_UNCONFIRMED, [run.runId]);
  await collectDoomed(tx, SETTLED_CANDIDATES, [run.runId]);
  await holdKinds(tx, run, request);
  await holdRemoved(tx, run, request);
  const remote = isRemote(request.destination);
  for (const { kind, removed, deleted, ended } of await endDoomed(tx, { ...request, integration })) {
    // What a remote destination is to delete counts when that has confirmed it.
    const counted = remote ? 0 : deleted;
    if (removed) await tx.query(ADD_TO_REMOVED, [run.runId, counted]);
    else await tx.query(ADD_TO_KIND, [run.runId, kind, counted, ended]);
  }
  if (remote) await assignDoomed(tx, run);
  await tx.query('update tidemark.run set deletes_done = true where id = $1', [run.runId]);
}

const ADD_TO_KIND =
  'update tidemark.kind_run set deleted = deleted + $3, ended = ended + $4 where run_id = $1 and kind = $2';

const ADD_TO_REMOVED = 'update tidemark.run set removed_deleted = removed_deleted + $2 where id = $1';

interface KindFacts extends DeleteFacts {
  readonly kind: string;
  readonly position: number;
}

/** A kind that is over a guard is held whole; the others go on (3.3). */
async function holdKinds(tx: Queryable, run: RunRef, { destination, resources, limits }: DeleteRequest): Promise<void> {
  const facts = await tx.query<KindFacts>(FACTS, [run.runId, destination, run.integration, resources, run.epoch]);
  for (const { kind, position, ...numbers } of facts) {
    const reason = guardReason(numbers, limits);
    if (reason === null) continue;
    const plan = await proposePlan(tx, run, { id: `${run.runId}.${position}`, kind, reason });
    await tx.query('update tidemark.kind_run set held = $3, plan = $4 where run_id = $1 and kind = $2', [
      run.runId,
      kind,
      `${reason}; held as plan ${plan}`,
      plan,
    ]);
  }
}

async function holdRemoved(tx: Queryable, run: RunRef, { removed }: DeleteRequest): Promise<void> {
  const [group] = await tx.query<{ claims: number; resources: string | null }>(
    `select count(*) as claims, string_agg(distinct resource, ', ' order by resource) as resources
       from doomed where removed and owns`,
  );
  if (!group || group.claims === 0) return;
  await supersedePlans(tx, { integration: run.integration, kind: null, why: `run ${run.runId} has read every kind` });
  if (removed === 'delete') return;
  const reason = `${group.claims} claims are of resources that are no longer configured: ${group.resources} (deletes.removed: hold)`;
  const plan = await proposePlan(tx, run, { id: `${run.runId}.removed`, kind: null, reason });
  await tx.query('update tidemark.run set removed_held = $2, removed_plan = $3 where id = $1', [
    run.runId,
    `${reason}; held as plan ${plan}`,
    plan,
  ]);
}

/**
 * Settled by the second look. A record that is there settles its claims only once it was written: those that it still
 * maps to are then seen.
 */
const SETTLED = `(
  d.verdict in ('gone', 'absent', 'removed') or d.verdict = 'present' and exists (
    select from tidemark.batch b where b.attempt = d.attempt and b.whole))`;

/** Still unseen: a claim that was seen since is not among them. */
const UNSEEN_CANDIDATES = `
    from tidemark.delete_candidate d
    join tidemark.run r on r.id = d.run_id
    join tidemark.claim c on ${SAME_CLAIM}
   where d.run_id = $1 and c.seen_epoch < r.epoch and c.observed_at < r.started_at`;

const SETTLED_CANDIDATES = `
  select c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier, d.kind, d.removed,
         c.base, c.owns ${UNSEEN_CANDIDATES} and ${SETTLED}`;

const COUNT_UNCONFIRMED = `
  update tidemark.kind_run k set unconfirmed = u.unconfirmed
    from (select d.kind, count(*) as unconfirmed ${UNSEEN_CANDIDATES} and not d.removed and ${SETTLED} is not true group by d.kind) u
   where k.run_id = $1 and k.kind = u.kind`;

/** What the guards are told of each kind: claims that own, and records. */
const FACTS = `
  with going as (
    select kind, count(*) as going from doomed where owns and not removed group by kind
  ), before as (
    select c.kind, count(*) as held from tidemark.claim c
     where c.destination = $2 and c.integration = $3 and c.owns and c.first_epoch < $5
       and (c.resource = any ($4) or c.resource like '${SCOPE_PREFIX}%') and c.kind in (select kind from going)
     group by c.kind
  ), lately as (
    select k.kind, sum(k.ended) as ended
      from tidemark.kind_run k join tidemark.run r on r.id = k.run_id
     where r.integration = $3 and r.finished_at > clock_timestamp() - interval '24 hours'
     group by k.kind
  )
  select k.kind, k.position, g.going, coalesce(b.held, 0) as "heldBefore",
         coalesce(l.ended, 0)::int as "wentLately", k.read - k.ruled_out as admitted, k.unidentified
    from going g
    join tidemark.kind_run k on k.run_id = $1 and k.kind = g.kind
    left join before b on b.kind = g.kind
    left join lately l on l.kind = g.kind
   order by k.position`;
