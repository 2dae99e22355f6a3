import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, ContinueAsNew, isCancellation } from '@temporalio/workflow';

export interface Cause {
  readonly message: string;
  readonly isCancellation: boolean;
  readonly isContinueAsNew: boolean;
}

/** What is behind a failure of an activity or a child workflow, in words. */
export function causeOf(error: unknown): Cause {
  let cause = error;
  while ((cause instanceof ActivityFailure || cause instanceof ChildWorkflowFailure) && cause.cause) cause = cause.cause;
  return {
    message: cause instanceof ApplicationFailure || cause instanceof Error ? cause.message : String(cause),
    isCancellation: isCancellation(error),
    isContinueAsNew: error instanceof ContinueAsNew,
  };
}
