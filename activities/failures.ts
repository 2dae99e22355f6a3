import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { TidemarkError } from '../domain/errors.ts';

/**
 * SQLSTATE classes that a repetition may get past: connection, transaction state (a failover makes a server read-only),
 * transaction rollback, resources, limits, shutdown, system.
 */
const TRANSIENT_SQLSTATE = /^(08|25|40|53|55|57|58)/;

/** What programming mistakes throw: repeating them cannot help. */
const MISTAKES: readonly (new (...args: never[]) => Error)[] = [TypeError, RangeError, ReferenceError, SyntaxError];

/**
 * Turns what an activity threw into what Temporal is told: the one place that decides whether the activity is tried
 * again (house rule 8). Terminal errors of the domain, refused SQL and programming mistakes are not; what may be a
 * lost connection is.
 */
export function toTemporalFailure(error: unknown): unknown {
  if (error instanceof TemporalFailure) return error;
  if (!(error instanceof Error)) return error;
  return ApplicationFailure.create({
    message: error.message,
    type: error.name,
    nonRetryable: isTerminal(error),
    cause: error,
  });
}

/** Whether repeating what threw this cannot help. */
export function isTerminal(error: Error): boolean {
  if (error instanceof TidemarkError) return error.retry === 'terminal';
  return isRefusedSql(error) || MISTAKES.some((mistake) => error instanceof mistake);
}

/** Told from errors of the network, whose codes can look alike (`EPIPE`), by what only the server sends. */
function isRefusedSql(error: Error): boolean {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof severity === 'string' && typeof code === 'string' && !TRANSIENT_SQLSTATE.test(code);
}
