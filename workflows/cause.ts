import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';

/** What is behind a failure of an activity or a child workflow, in words. */
export function causeOf(error: unknown): string {
  let cause = error;
  while ((cause instanceof ActivityFailure || cause instanceof ChildWorkflowFailure) && cause.cause)
    cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}

/** The scope that runs this was cancelled; not just something below it, by hand in the Temporal UI. */
export function isOwnCancellation(error: unknown): boolean {
  return isCancellation(error) && CancellationScope.current().consideredCancelled;
}

/**
 * The process that held a reading is gone, is stopping, has let go of it, or met what another attempt may get past: no
 * other attempt could take that reading up.
 */
export function isLostReading(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof TimeoutFailure) return true;
  if (cause instanceof CancelledFailure) return !isOwnCancellation(error);
  return cause instanceof ApplicationFailure && (cause.type === 'GeneratorLostError' || !cause.nonRetryable);
}
