import { setImmediate } from 'node:timers/promises';

/** Milliseconds of mapping without a break. */
const BREAK_AFTER = 25;

let lastBreak = performance.now();

/**
 * Whether the process should do something else for once. Evaluation never waits for anything, so a batch of a thousand
 * records would otherwise run in one go, and no heartbeat, cancellation or request would get through meanwhile.
 */
export const isBreakDue = (): boolean => performance.now() - lastBreak >= BREAK_AFTER;

/** Lets the process do what waits. */
export async function takeBreak(): Promise<void> {
  await setImmediate();
  lastBreak = performance.now();
}
