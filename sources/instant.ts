import type { Json } from '../domain/json.ts';

/** A time in RFC 3339 with milliseconds, so that texts compare as times do; `null`: it is none. */
export function instant(time: Json | undefined): string | null {
  const value = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(value) ? null : new Date(value).toISOString();
}
