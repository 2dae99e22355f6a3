import { setImmediate } from 'node:timers/promises';

/** Milliseconds of mapping without a break. */
const BREAK_AFTER = 25;

let lastBreak = performance.now();

/**
 * Lets the process do something else once in a while. Evaluation never waits for anything, so a batch of a thousand
 * records would otherwise run in one go, and no heartbeat, cancellation or request would get through meanwhile.
 */
export async function takeTurns(): Promise<void> {
  if (performance.now() - lastBreak < BREAK_AFTER) return;
  await setImmediate();
  lastBreak = performance.now();
}
