import { condition, continueAsNew, defineSignal, setHandler, workflowInfo } from '@temporalio/workflow';
import { activities, labelled } from './activity-options.ts';
import { Nudges } from './nudges.ts';

/** Input of `liveWorkflow`. One workflow per integration, its id is `live/<integration>`. */
export interface LiveInput {
  readonly integration: string;
}

/** A call or an event was committed. */
const wakeSignal = defineSignal('wake');

/** So long it stays for the next call: starting anew costs more than waiting. */
const IDLE = '30 seconds';

const MAX_EVENTS = 3_000;

/** Applies calls and events as they come in, in order, until there has been none for a while (sync-semantics 6.1). */
export async function liveWorkflow({ integration }: LiveInput): Promise<void> {
  const nudges = new Nudges();
  setHandler(wakeSignal, () => nudges.receive());
  for (;;) {
    const { more } = await nudges.look(() =>
      activities.drainInbox.executeWithOptions(labelled('apply what came in'), [{ integration }]),
    );
    if (historyIsLong()) return continueAsNew<typeof liveWorkflow>({ integration });
    if (more || nudges.waiting) continue;
    await condition(() => nudges.waiting, IDLE);
    // No await from here on: then the server refuses to close over a signal that has just come in.
    if (!nudges.waiting) return;
  }
}

function historyIsLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > MAX_EVENTS;
}
