import {
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { activities, labelled } from './activity-options.ts';
import { Nudges } from './nudges.ts';

/** Something was written to the catalog. */
const wakeSignal = defineSignal('wake');

/** So long it stays for the next write: starting anew costs more than waiting. */
const IDLE = '30 seconds';

const MAX_EVENTS = 3_000;

/**
 * Indexes what is written to the catalog, until there has been nothing for a while: the message queue of the Sync API's
 * `use-queue-indexing` (seed S4.30). What waits are rows; signals only say "look", so that many writes are one look.
 */
export async function indexWorkflow(): Promise<void> {
  const nudges = new Nudges();
  let indexed = 0;
  setHandler(wakeSignal, () => nudges.receive());
  for (;;) {
    const count = await nudges.look(() =>
      activities.indexCatalog.executeWithOptions(labelled('index what was written'), []),
    );
    indexed += count;
    setCurrentDetails(`**${indexed}** entities indexed since this execution began`);
    if (historyIsLong()) return continueAsNew<typeof indexWorkflow>();
    if (count > 0 || nudges.waiting) continue;
    await condition(() => nudges.waiting, IDLE);
    // No await from here on: then the server refuses to close over a signal that has just come in.
    if (!nudges.waiting) return;
  }
}

function historyIsLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > MAX_EVENTS;
}
