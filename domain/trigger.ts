import { isNarrower, type Scope } from './scope.ts';

/** Where a trigger came from (sync-semantics 4.1). */
export type TriggerOrigin = 'ui' | 'api' | 'cli' | 'schedule' | 'webhook' | 'sdk';

/** What a run does: a resync, deletes that were approved, a retry of the quarantine, or a `sync` of ready entities. */
export type Action = 'resync' | 'apply' | 'retry' | 'sync';

/** What a trigger does to a resync that runs (`onTrigger`). */
export type TriggerPolicy = 'restart' | 'queue' | 'join';

/** What a run, and a trigger, is about. */
export interface Task {
  readonly action: Action;
  readonly scope: Scope;
}

/** `abort`: the run makes room at once. `wait`: it goes on, the triggers are covered by the next one. */
export type Reaction = 'none' | 'wait' | 'abort';

export interface RunningTask extends Task {
  readonly onTrigger: TriggerPolicy;
  /** The starvation guard lets it finish. */
  readonly mayFinish: boolean;
}

/**
 * What a run does about triggers that it does not cover (sync-semantics 4.2 to 4.4). Only a resync is aborted, and only
 * by a resync that is not narrower; approvals and retries are short and wait for each other and for it.
 */
export function reactionTo(waiting: readonly Task[], running: RunningTask): Reaction {
  if (waiting.length === 0) return 'none';
  if (running.action !== 'resync' || running.mayFinish || running.onTrigger !== 'restart') return 'wait';
  const pressing = waiting.some(({ action, scope }) => action === 'resync' && !isNarrower(scope, running.scope));
  return pressing ? 'abort' : 'wait';
}
