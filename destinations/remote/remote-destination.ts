import { appliedDeletes, applyPlan } from '../../catalog/apply-plan.ts';
import type { Database } from '../../catalog/database.ts';
import { deleteStale, readDeletes } from '../../catalog/delete-phase.ts';
import { settleCall } from '../../catalog/inbox.ts';
import { applyLive } from '../../catalog/live.ts';
import { countUnsentDeletes } from '../../catalog/outbox.ts';
import { holdUnknown } from '../../catalog/reconcile.ts';
import { findStale } from '../../catalog/stale.ts';
import { recordSent, syncScope } from '../../catalog/sync-scope.ts';
import { confirmedBatch, upsertStaged } from '../../catalog/upsert.ts';
import { DestinationError, UnavailableError } from '../../domain/errors.ts';
import type { Destination } from '../destination.ts';
import { createRemoteSide } from './remote-side.ts';
import { Sending, type SendingParts, type SendRequest } from './sending.ts';

export interface RemoteParts extends SendingParts {
  /** Every so many runs the remote is asked what it holds. */
  readonly reconcileEvery: number;
}

/**
 * A destination elsewhere. The database decides what it is to hold, by the same claims, guards and plans as for the
 * catalog; what that changes is then sent, and counts when the remote has confirmed it (sync-semantics 5.3, 10).
 */
export function remoteDestination(parts: RemoteParts): Destination {
  const { db, name: destination } = parts;
  const sending = new Sending(parts);
  const work = { db, sending };
  return {
    remote: createRemoteSide(parts, sending),
    async upsert(run, batch, signal) {
      await upsertStaged(db, { run, destination, batch });
      await sending.send({ run, scope: { type: 'batch', batch: batch.fetchAttempt }, signal });
      return confirmedBatch(db, batch.fetchAttempt);
    },
    findStale: (run, scope) => findStale(db, run, { ...scope, destination }),
    async deleteStale(run, request, signal) {
      const phase = await deleteStale(db, run, { ...request, destination });
      if (phase.configurationChanged) return phase;
      // Before they are sent: what a delete has taken away is not unknown.
      const unknown = await holdUnknown(db, run, destination);
      const unsent = await sendDeletes(work, { run, signal });
      return { ...phase, ...(await readDeletes(db, run)), ...said({ unknown, unsent }) };
    },
    async applyPlan(run, approved, signal) {
      const applied = await applyPlan(db, run, { ...approved, destination });
      if (applied.refusal !== null) return applied;
      const unsent = await sendDeletes(work, { run, signal });
      const deleted = Math.max(applied.deleted, await appliedDeletes(db, run, applied.kind));
      return { ...applied, deleted, ...said({ unsent }) };
    },
    async applyLive(target, calls, signal) {
      // One by one: what is sent belongs to one call.
      for (const call of calls) {
        const [applied] = await applyLive(db, { ...target, destination }, [call]);
        if (!applied) continue;
        const { created, updated, deleted, refused, reason } = await sendCall(work, { seq: call.seq, signal });
        const quarantined = applied.result.quarantined + refused;
        const result = { ...applied.result, created, updated, deleted, quarantined };
        const said = [applied.reason, reason].filter(Boolean).join('; ') || null;
        await settleCall(db, call.seq, { state: 'applied', result, reason: said });
      }
    },
    async syncScope(run, request, signal) {
      const phase = await syncScope(db, run, { ...request, destination });
      const unsent = await sendDeletes(work, { run, signal });
      await recordSent(db, run, request.call);
      return { ...phase, ...(await readDeletes(db, run)), ...said({ unsent }) };
    },
  };
}

/** Just what there is to say. */
function said<T extends Readonly<Record<string, string | null>>>(texts: T): { [Name in keyof T]?: string } {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== null)) as {
    [Name in keyof T]?: string;
  };
}

interface Work {
  readonly db: Database;
  readonly sending: Sending;
}

/** Sends what a run's deletes changed. Returns what was not confirmed, and why; `null`: all was. */
async function sendDeletes(
  { db, sending }: Work,
  { run, signal }: Pick<SendRequest, 'signal'> & { run: NonNullable<SendRequest['run']> },
): Promise<string | null> {
  let why: string | null;
  try {
    const { reason } = await sending.send({ run, scope: { type: 'run', runId: run.runId }, signal });
    why = reason;
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error;
    why = error.message;
  }
  const unsent = await countUnsentDeletes(db, run);
  if (unsent > 0) return `${unsent} deletes were not confirmed by the destination (${why})`;
  return why && `not everything was confirmed by the destination (${why})`;
}

/** A call waits in the inbox until the remote answers again; those behind it wait with it. */
async function sendCall(
  { sending }: Work,
  { seq, signal }: Pick<SendRequest, 'signal'> & { seq: number },
): Promise<Awaited<ReturnType<Sending['send']>>> {
  try {
    return await sending.send({ run: null, scope: { type: 'call', call: seq }, signal });
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error;
    throw new UnavailableError(`a call waits for the destination: ${error.message}`);
  }
}
