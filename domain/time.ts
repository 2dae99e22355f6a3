/**
 * An instant: RFC 3339 in UTC with exactly three digits of milliseconds (`2024-05-01T12:00:00.000Z`), as `parseTime`
 * returns it. Of two such texts the greater one is the later time.
 */
export type Time = string;

const FORM = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?$/;

/** What PostgreSQL takes, and what compares as text: other years are written with a sign and more digits. */
const YEAR_ONE_TO_9999 = /^(?!0000)\d{4}-/;

/**
 * A time as `YYYY-MM-DDThh:mm:ssZ` or in another form of RFC 3339; without a zone it is UTC (sync-semantics 8.1). Returns
 * it in UTC with milliseconds; `null`: it is none.
 */
export function parseTime(text: string): Time | null {
  const [, day, time, fraction = '', zone = 'Z'] = FORM.exec(text) ?? [];
  if (day === undefined) return null;
  const value = Date.parse(`${day}T${time}${fraction}${zone.toUpperCase()}`);
  const instant = Number.isNaN(value) ? null : new Date(value);
  // JavaScript makes the 31st of February a day in March.
  const isReal = instant !== null && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
  const inUtc = isReal ? instant.toISOString() : '';
  return YEAR_ONE_TO_9999.test(inUtc) ? inUtc : null;
}

/** A time as a record may hold it; `null`: there is none, or it cannot be read (sync-semantics 7.4). */
export function readTime(value: unknown): Time | null {
  return typeof value === 'string' ? parseTime(value) : null;
}

/** The time of a person's edit: never before, and never equal to, what is stored (sync-semantics 7.10). */
export function editTime(now: Time, stored: Time | null): Time {
  if (stored === null || now > stored) return now;
  return new Date(Date.parse(stored) + 1).toISOString();
}

export function latest(times: Iterable<Time | null>): Time | null {
  let last: Time | null = null;
  for (const time of times) if (time !== null && (last === null || time > last)) last = time;
  return last;
}
