/** An integration's schedule, as people and programs see it. */
export interface ScheduleReport {
  readonly intervalSeconds: number;
  /** When the next resync is due, RFC 3339 in UTC; `null`: not known here, or the schedule is paused. */
  readonly nextRun: string | null;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** An interval as a configuration has it: `2h`, `90m`, `45s`. */
export function intervalText(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds % length === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}

export interface Pace {
  /** `null`: nothing is scheduled. */
  readonly intervalSeconds: number | null;
  /** Seconds that the last complete run took; `null`: there was none. */
  readonly lastComplete: number | null;
  /** The environment variable that sets the integration's interval. */
  readonly variable: string;
}

/** What to say when resyncs are scheduled faster than one takes (seed S1.10); `null`: nothing. */
export function paceWarning({ intervalSeconds, lastComplete, variable }: Pace): string | null {
  if (intervalSeconds === null || lastComplete === null || intervalSeconds >= lastComplete) return null;
  return (
    `a resync is scheduled every ${intervalText(intervalSeconds)}, and the last complete run took ` +
    `${lastComplete.toFixed(1)} s: the next is due before one has ended. ` +
    `Lengthen scheduledResyncInterval (${variable}); 2h is nearly always enough`
  );
}
