import { DefaultLogger, Runtime } from '@temporalio/worker';
import pino from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../activities/dependencies.ts';
import type { ServerLog } from '../server/log.ts';

/** A log that is lines of JSON when piped or kept in a file, and readable on a terminal. */
export function createLog(out: NodeJS.WritableStream & { isTTY?: boolean }): ServerLog {
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime },
    out.isTTY ? pretty({ destination: out }) : out,
  );
  return {
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
  };
}

/** Said of the queue for what only one process can do, on purpose. */
const NO_NEWS = 'No workflows registered, not polling for workflow tasks';

/**
 * Sets the SDK up for this process: its warnings go to our log, and it leaves signals to us, because the worker has
 * to stop before the servers that it uses.
 */
export function installRuntime(log: Log): void {
  const logger = new DefaultLogger('WARN', ({ message, meta }) => {
    if (message === NO_NEWS) return;
    const error = meta?.error instanceof Error ? `: ${meta.error.message}` : '';
    log.warn(`${message}${error}`);
  });
  Runtime.install({ logger, shutdownSignals: [] });
}
