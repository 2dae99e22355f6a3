const FORM = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?$/;

/** What PostgreSQL takes, and what compares as text: other years are written with a sign and more digits. */
const YEAR_ONE_TO_9999 = /^(?!0000)\d{4}-/;

/**
 * A time as `YYYY-MM-DDThh:mm:ssZ` or in another form of RFC 3339; without a zone it is UTC (sync-semantics 8.1). Returns
 * it in UTC with milliseconds; `null`: it is none.
 */
export function parseTime(text: string): string | null {
  const [, day, time, fraction = '', zone = 'Z'] = FORM.exec(text) ?? [];
  if (day === undefined) return null;
  const value = Date.parse(`${day}T${time}${fraction}${zone.toUpperCase()}`);
  const instant = Number.isNaN(value) ? null : new Date(value);
  // JavaScript makes the 31st of February a day in March.
  const isReal = instant !== null && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
  const inUtc = isReal ? instant.toISOString() : '';
  return YEAR_ONE_TO_9999.test(inUtc) ? inUtc : null;
}
