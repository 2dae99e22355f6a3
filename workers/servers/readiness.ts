import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../../domain/errors.ts';
import { type ChildProcess, type Log, logTail } from './child-process.ts';

export interface ReadinessOptions {
  readonly name: string;
  readonly child: ChildProcess;
  readonly logFile: string;
  /** Milliseconds after which a server that still runs but does not answer is given up and stopped. */
  readonly limitMs: number;
  /** Whether the server answers now. What it throws ends the wait. */
  readonly answers: () => Promise<boolean>;
  readonly log: Log;
}

const SAY_EVERY_MS = 5_000;

/**
 * Waits until a server that was just started answers. Throws `UnavailableError` with the end of its log when it ends
 * before that or takes too long; it is stopped then.
 */
export async function untilReady({ name, child, logFile, limitMs, answers, log }: ReadinessOptions): Promise<void> {
  const began = Date.now();
  let ended: string | undefined;
  void child.exited.then((how) => {
    ended = how;
  });
  let nextWord = SAY_EVERY_MS;
  const failed = async (what: string): Promise<never> => {
    await child.stop();
    throw new UnavailableError(`${name} ${what}. The end of its log (${logFile}):\n${logTail(logFile)}`);
  };
  for (;;) {
    let ready: boolean;
    try {
      ready = await answers();
    } catch (error) {
      return failed(`does not let us in: ${(error as Error).message}`);
    }
    // The one that answers may be a stranger on the same port while ours has ended.
    if (ended) return failed(`ended while it started (${ended})`);
    if (ready) return;
    const waited = Date.now() - began;
    if (waited > limitMs) return failed(`did not answer within ${Math.round(limitMs / 1000)} s`);
    if (waited > nextWord) {
      log(`Waiting for ${name} to answer: ${Math.round(waited / 1000)} s …`);
      nextWord += SAY_EVERY_MS;
    }
    await delay(50);
  }
}
