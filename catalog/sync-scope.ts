import { randomUUID } from 'node:crypto';
import { type EntitiesCall, scopeResource } from '../domain/call.ts';
import { isRemote } from '../domain/destination.ts';
import { UsageError } from '../domain/errors.ts';
import type { PinnedRun } from '../domain/run.ts';
import type { Database, Queryable } from './database.ts';
import { type DeletePhase, type DeleteRequest, deleteConfirmed, readDeletes } from './delete-phase.ts';
import { lockBlueprintsOf, withParents } from './ending.ts';
import { fenced } from './fence.ts';
import { settleCall } from './inbox.ts';
import { assignChanges, assignToBatch } from './outbox.ts';
import { supersedePlans } from './plans.ts';
import { lockOutCalls, writeMapped } from './write-batch.ts';

/** Plain calls are the last word on an entity among this integration's claims. */
export const PLAIN_POSITION = 2 ** 31 - 1;

/** What a ready entity has no word of. */
export const PLAIN = { recordKey: '', locator: null, failed: [], modifiedAt: null, raw: null } as const;

/**
 * Carries out a `sync` of ready entities as a run: writes them, and ends the claims of their scope that are not among
 * them and were not observed later, unless a guard holds them (sync-semantics 6.7, 3.3). One transaction; repeating it
 * returns the first result. Throws `UsageError` when the call is not there any more.
 */
export function syncScope(
  db: Database,
  run: PinnedRun,
  { call, ...request }: DeleteRequest & { readonly call: string },
): Promise<DeletePhase> {
  return fenced(db, run, async (tx) => {
    const [row] = await tx.query<{ seq: number; call: string | null; receivedAt: string; done: boolean }>(
      `select i.seq, i.call, i.received_at::text as "receivedAt", r.deletes_done as done
         from tidemark.inbox i join tidemark.run r on r.id = $2 where i.id = $1 for update of i`,
      [call, run.runId],
    );
    if (row?.done) return { ...(await readDeletes(tx, run)), configurationChanged: false };
    if (!row?.call) throw new UsageError(`the call ${call} is not there any more`);
    const { scope, entities } = JSON.parse(row.call) as EntitiesCall;
    await lockOutCalls(tx, run.integration);
    const written = await write(tx, run, { ...request, scope, entities, observedAt: row.receivedAt });
    await buryScope(tx, run, { ...request, scope, observedAt: row.receivedAt });
    await findAbsent(tx, run, { ...request, scope, observedAt: row.receivedAt });
    const kind = scopeResource(scope);
    await supersedePlans(tx, { integration: run.integration, kind, why: `run ${run.runId}` });
    await deleteConfirmed(tx, run, request);
    const deletes = await readDeletes(tx, run);
    const deleted = deletes.kinds.reduce((sum, each) => sum + each.deleted, 0);
    const result = { ...written, deleted, quarantined: 0 };
    await settleCall(tx, row.seq, { state: 'applied', result, reason: null });
    return { ...deletes, configurationChanged: false };
  });
}

/** Corrects the result of a call by what a remote destination has confirmed. */
export async function recordSent(db: Queryable, run: PinnedRun, call: string): Promise<void> {
  await db.query(
    `update tidemark.inbox i
        set result = i.result || jsonb_build_object('created', k.created, 'updated', k.updated, 'deleted', k.deleted)
       from tidemark.kind_run k where i.id = $1 and k.run_id = $2`,
    [call, run.runId],
  );
}

interface Synced extends DeleteRequest, Omit<EntitiesCall, 'type'> {
  readonly observedAt: string;
}

async function write(tx: Queryable, run: PinnedRun, synced: Synced) {
  const { destination, scope, entities, observedAt, resources } = synced;
  const kind = scopeResource(scope);
  // In one order with every other writer, and with the deletes that follow.
  await lockBlueprintsOf(
    tx,
    `select $1::text as destination, unnest($2::text[]) as blueprint
      union ${withParents(`
        select destination, blueprint, identifier from tidemark.claim
         where destination = $1 and integration = $3 and resource = $4`)}`,
    [destination, entities.map(({ blueprint }) => blueprint), run.integration, kind],
  );
  const batch = {
    kind,
    resource: kind,
    position: PLAIN_POSITION,
    resources,
    strategy: { create: true, update: true },
    policy: null,
    entities: entities.map((entity) => ({ ...entity, ...PLAIN, observedAt })),
    quarantined: [],
  };
  const request = { integration: run.integration, destination, epoch: run.epoch, batch, live: false };
  const remote = isRemote(destination);
  const sent = { destination, kind, fetchAttempt: randomUUID(), entities };
  if (remote) await assignChanges(tx, run, sent);
  const { unchanged, skipped, duplicates, outdated, ...changed } = await writeMapped(tx, request);
  // What a remote destination is to hold counts when that has confirmed it.
  const found = remote ? await assignToBatch(tx, run, sent) : 0;
  const { created, updated } = remote ? { created: 0, updated: 0 } : changed;
  await tx.query(
    `insert into tidemark.kind_run (run_id, kind, position, state, started_at, finished_at, pages, read, created,
                                    updated, unchanged, skipped, duplicates, outdated)
     values ($1, $2, 1, 'complete', clock_timestamp(), clock_timestamp(), 1, $3, $4, $5, $6, $7, $8, $9)`,
    [run.runId, kind, entities.length, created, updated, Math.max(0, unchanged - found), skipped, duplicates, outdated],
  );
  return { created, updated, unchanged, skipped, outdated, unidentified: 0 };
}

/**
 * Nothing in the scope is older than the list: a call that was received before it and waits in the inbox must not bring
 * back what the list lacks (6.1, 6.4).
 */
async function buryScope(
  tx: Queryable,
  run: PinnedRun,
  { destination, scope, observedAt }: { destination: string; scope: string; observedAt: string },
): Promise<void> {
  await tx.query(
    `insert into tidemark.tombstone as t
       (destination, integration, resource, record_key, blueprint, identifier, kind, observed_at)
     values ($1, $2, $3, '', '', '', $3, $4)
     on conflict (integration, destination, resource, record_key, blueprint, identifier) do update
       set observed_at = greatest(t.observed_at, excluded.observed_at), created_at = clock_timestamp()`,
    [destination, run.integration, scopeResource(scope), observedAt],
  );
}

/** What the list does not hold is absent by the caller's word; what was observed after the call is not its business. */
async function findAbsent(
  tx: Queryable,
  run: PinnedRun,
  { destination, scope, observedAt }: { destination: string; scope: string; observedAt: string },
): Promise<void> {
  await tx.query(
    `insert into tidemark.delete_candidate
       (run_id, destination, integration, resource, record_key, blueprint, identifier, kind, locator, verdict)
     select $1, destination, integration, resource, record_key, blueprint, identifier, kind, null, 'absent'
       from tidemark.claim
      where destination = $2 and integration = $3 and resource = $4 and seen_epoch < $5 and observed_at <= $6`,
    [run.runId, destination, run.integration, scopeResource(scope), run.epoch, observedAt],
  );
}
