import { setTimeout } from 'node:timers/promises';
import type { TidemarkClient } from '../../../client/client.ts';

/** Milliseconds that a page waits for Temporal to say which workers there are. */
const PATIENCE = 2_000;

const NO_WORKER = 'No worker runs, so nothing can be resynced. Start one: `npx tidemark worker --config FILE`.';
const NO_TEMPORAL = 'Temporal does not answer, so nothing can be resynced. Start it again, or see `TEMPORAL_ADDRESS`.';

/** What keeps every integration from being resynced, and what to do about it; `null`: nothing. */
export async function troubleOf(client: TidemarkClient): Promise<string | null> {
  const answer = client.hasWorker().then(
    (has) => (has ? null : NO_WORKER),
    () => NO_TEMPORAL,
  );
  return Promise.race([answer, setTimeout(PATIENCE, NO_TEMPORAL, { ref: false })]);
}
