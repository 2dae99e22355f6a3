/** So many aborted resyncs in a row are worth a warning (sync-semantics 4.4). */
const WARN_AFTER = 3;

export interface Starvation {
  /** Resyncs in a row that newer triggers aborted. */
  readonly abortsBefore: number;
  /** After so many the next one may finish; 0: never. */
  readonly guard: number;
  /** Seconds that the last complete run took; `null`: there was none. */
  readonly lastComplete: number | null;
  /** The environment variable that sets the integration's interval. */
  readonly variable: string;
}

/** Whether newer triggers may not abort the run: too many before it were aborted. */
export const mayFinish = ({ abortsBefore, guard }: Pick<Starvation, 'abortsBefore' | 'guard'>): boolean =>
  guard > 0 && abortsBefore >= guard;

/** What to say when triggers abort run after run, so that none is ever complete (seed S1.9, S1.32); `null`: nothing. */
export function starvationWarning(starvation: Starvation): string | null {
  const { abortsBefore, lastComplete, variable } = starvation;
  if (abortsBefore < WARN_AFTER) return null;
  const took = lastComplete === null ? 'no run has been complete yet' : `the last complete run took ${lastComplete} s`;
  const then = mayFinish(starvation) ? '; this run is allowed to finish, triggers wait behind it' : '';
  return (
    `${abortsBefore} resyncs in a row were aborted by newer triggers, and ${took}${then}. ` +
    `Trigger less often: lengthen scheduledResyncInterval (${variable}); 2h is nearly always enough`
  );
}
