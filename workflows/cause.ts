import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
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

/** The process that held a reading is gone, or has let go of it. */
export function isLostReading(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return (
    cause instanceof TimeoutFailure || (cause instanceof ApplicationFailure && cause.type === 'GeneratorLostError')
  );
}
