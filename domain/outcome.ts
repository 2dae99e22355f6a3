/** How a run ended (sync-semantics 2.5). */
export type Outcome = 'aborted' | 'failed' | 'incomplete' | 'held' | 'complete';

/** How a kind of a run ended, or where it is. */
export type KindState = 'pending' | 'running' | 'complete' | 'failed' | 'aborted';

/** Exit codes of the command line (interface.md). 2 is wrong usage or configuration. */
export const EXIT_CODES: Readonly<Record<Outcome, number>> = {
  complete: 0,
  failed: 1,
  incomplete: 3,
  held: 4,
  aborted: 5,
};

export interface OutcomeFacts {
  /** A newer trigger cancelled the run. */
  readonly aborted: boolean;
  readonly kinds: readonly KindState[];
  /** Candidates for deletion that no second look confirmed, or a delete phase that could not be finished. */
  readonly deletesUnconfirmed: boolean;
  /** A guard holds deletes back. */
  readonly deletesHeld: boolean;
}

/** One word for a run, by the precedence of sync-semantics 2.5. */
export function outcomeOf({ aborted, kinds, deletesUnconfirmed, deletesHeld }: OutcomeFacts): Outcome {
  if (aborted) return 'aborted';
  if (!kinds.includes('complete')) return 'failed';
  if (kinds.some((kind) => kind !== 'complete') || deletesUnconfirmed) return 'incomplete';
  if (deletesHeld) return 'held';
  return 'complete';
}
