import type { RawRecord } from '../../domain/json.ts';
import { instant } from '../instant.ts';

/** `null` when one of the times is not known, or there are none. */
export function earliest(times: readonly (string | null)[]): string | null {
  const known = times.filter((time) => time !== null).sort();
  return known.length === times.length ? (known[0] ?? null) : null;
}

/** When a record last changed; `null`: it does not tell. */
export const changeOf = (record: RawRecord | undefined): string | null => instant(record?.updated_at);

/** When the records last changed, as far as they tell. */
export function latestChange(records: readonly RawRecord[]): string | null {
  const known = records.map(changeOf).filter((time) => time !== null);
  return known.sort().at(-1) ?? null;
}

/** As GitHub writes times: without fractions, which it cuts off. */
export const inSeconds = (time: string): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
