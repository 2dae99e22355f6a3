import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { TidemarkError } from '../domain/errors.ts';

/** SQLSTATE classes that a repetition may get past: connection, transaction rollback, resources, limits, shutdown. */
const TRANSIENT_SQLSTATE = /^(08|25P0|40|53|55|57)/;

/** What programming mistakes throw: repeating them cannot help. */
const MISTAKES: readonly (new (...args: never[]) => Error)[] = [TypeError, RangeError, ReferenceError, SyntaxError];

/**
 * Turns what an activity threw into what Temporal is told: the one place that decides whether the activity is tried
 * again (house rule 8). Terminal errors of the domain, refused SQL and programming mistakes are not; what may be a
 * lost connection is.
 */
export function toTemporalFailure(error: unknown): unknown {
  if (error instanceof TemporalFailure) return error;
  if (error instanceof TidemarkError) {
    return ApplicationFailure.create({
      message: error.message,
      type: error.name,
      nonRetryable: error.retry === 'terminal',
      cause: error,
    });
  }
  if (!(error instanceof Error)) return error;
  const sqlstate = (error as { code?: unknown }).code;
  const refusedSql =
    typeof sqlstate === 'string' && /^[0-9A-Z]{5}$/.test(sqlstate) && !TRANSIENT_SQLSTATE.test(sqlstate);
  const terminal = refusedSql || MISTAKES.some((mistake) => error instanceof mistake);
  return ApplicationFailure.create({
    message: error.message,
    type: error.name,
    nonRetryable: terminal,
    cause: error,
  });
}
