import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../../domain/errors.ts';
import { type ChildProcessOptions, type Log, type StopSignals, startChildProcess } from './child-process.ts';

/** What a way of getting the `temporal` program is given. */
export interface GettingOptions {
  /** `v1.5.1` */
  readonly version: string;
  /** Empty, on the file system of the cache; removed afterwards. */
  readonly directory: string;
  /** Names the process at work, so that one left by a killed start is stopped by the next. */
  readonly recordFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

export interface JobOptions extends Omit<ChildProcessOptions, 'stopSignals'> {
  /** Called twice a second with the milliseconds since the start; ends the job by throwing. */
  readonly watch: (elapsedMs: number) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** How a job is ended, in this process or, left over, in a later one. */
export const JOB_STOP: StopSignals = [
  ['SIGTERM', 3_000],
  ['SIGKILL', 3_000],
];

/**
 * Runs a program to its good end. Throws `UnavailableError` that says how it ended otherwise (`exit code 1`), what `watch` throws, or the
 * signal's reason; the program and what it started are ended in each case.
 */
export async function runLongJob({ watch, signal, ...options }: JobOptions): Promise<void> {
  const began = Date.now();
  const child = await startChildProcess({ ...options, stopSignals: JOB_STOP });
  let ended: string | undefined;
  const end = child.exited.then((how) => {
    ended = how;
  });
  try {
    while (ended === undefined) {
      signal?.throwIfAborted();
      await watch(Date.now() - began);
      await Promise.race([end, delay(500, undefined, { signal }).catch(() => {})]);
    }
  } finally {
    await child.stop();
  }
  if (ended !== 'exit code 0') throw new UnavailableError(ended ?? 'no exit code');
}
