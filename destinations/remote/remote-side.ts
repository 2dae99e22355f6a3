import { move, unsentOf } from '../../catalog/outbox.ts';
import { beginReconcile, isReconciling, noteOwned, rewriteMissing } from '../../catalog/reconcile.ts';
import type { PinnedRun } from '../../domain/run.ts';
import type { RemoteSide } from '../destination.ts';
import { withoutCircles } from './relations.ts';
import type { Sending, SendingParts } from './sending.ts';

/** What a run does with a remote besides writing batches. */
export function createRemoteSide(
  { db, name: destination, remote, reconcileEvery }: SendingParts & { readonly reconcileEvery: number },
  sending: Sending,
): RemoteSide {
  const reconcile = async (run: PinnedRun, signal: AbortSignal | undefined): Promise<number | null> => {
    if (!remote.owned || !(await isReconciling(db, run, { destination, every: reconcileEvery }))) return null;
    const since = await beginReconcile(db, run);
    for await (const page of remote.owned(signal ?? NEVER)) await noteOwned(db, run, page);
    return rewriteMissing(db, run, { destination, since });
  };
  return {
    name: destination,
    async begin(run, signal) {
      await remote.prepare?.(signal ?? NEVER);
      return { rewritten: await reconcile(run, signal) };
    },
    async settle(run, { patient }, signal) {
      const { integration } = run;
      const scope = { type: 'writes', integration } as const;
      const send = (content?: ReturnType<typeof withoutCircles>) =>
        sending.send({ run, scope, signal, impatient: !patient, ...(content && { content }) });
      const reopen = () => move(db, { destination, integration, from: 'relation', to: null });
      await send();
      // In dependency order: each round writes what refers to what the round before has written.
      for (let before = Number.POSITIVE_INFINITY; ; ) {
        const waiting = await reopen();
        if (waiting === 0) return;
        await send();
        if (waiting >= before) break;
        before = waiting;
      }
      const left = (await unsentOf(db, destination, scope)).filter(({ waits }) => waits === 'relation');
      await reopen();
      await send(withoutCircles(left));
      await move(db, { destination, integration, from: 'partial', to: null });
      await send();
      await move(db, { destination, integration, from: 'relation', to: 'refused' });
    },
  };
}

const NEVER = new AbortController().signal;
