import type { FieldPath, Fields } from '../entity.ts';
import type { Json } from '../json.ts';
import { latest, type Time } from '../time.ts';
import { fieldsOf, valueAt } from './by-field.ts';
import type { FieldDecision } from './decision.ts';
import { FIELD_RULES } from './field-rules.ts';
import type { Base, StoredRecord, Vector } from './vector.ts';

/**
 * The record after the write: each value that was taken has the time and the origin that it came with, never "now", and
 * the record's time is its latest field time (sync-semantics 7.10). Where nothing was taken it is the very record that
 * was there, its time not advanced (7.5).
 */
export function recordAfter({ local }: Vector, details: readonly FieldDecision[]): StoredRecord {
  const moved = details.flatMap(({ field, taken }) => (taken === null ? [] : [{ field, taken }]));
  if (local !== null && moved.length === 0) return local;
  const fields = new Map<string, Json>(Object.entries(local?.fields ?? {}));
  const origins = new Map<string, string | undefined>(Object.entries(local?.origins ?? {}));
  const times = timesOf(local);
  for (const { field, taken } of moved) {
    if (taken.value === undefined) {
      for (const map of [fields, origins, times]) map.delete(field);
    } else {
      fields.set(field, taken.value);
      times.set(field, taken.time);
      origins.set(field, taken.origin ?? undefined);
    }
  }
  return {
    fields: Object.fromEntries(fields) as Fields,
    times: Object.fromEntries(times),
    origins: Object.fromEntries(origins),
    modifiedAt: latest(times.values()),
  };
}

/** The record's time will move: a field that stood under it keeps the old one. */
export function timesOf(local: StoredRecord | null): Map<string, Time | null> {
  const times = new Map<string, Time | null>();
  for (const field of fieldsOf(local?.fields ?? {})) {
    const time = valueAt(local?.times ?? {}, field);
    times.set(field, (time === undefined ? local?.modifiedAt : time) ?? null);
  }
  return times;
}

/**
 * The base after the write. A value that the local side won over is not in it: as long as the source says it, it stays
 * a change that this claim did not bring in, so that a second decision comes to the same end as the first.
 */
export function baseAfter({ base, local, incoming }: Vector, details: readonly FieldDecision[]): Base {
  const fields = new Map<string, Json>();
  const times = new Map<string, Time>();
  const carryOver = (field: FieldPath): void => {
    const value = base === null ? undefined : valueAt(base.fields, field);
    const time = base === null ? undefined : valueAt(base.times, field);
    if (value !== undefined) fields.set(field, value);
    if (time !== undefined) times.set(field, time);
  };
  if (local !== null) incoming.failed.forEach(carryOver);
  for (const { field, rule, incoming: side } of details) {
    // Given up to another claim, it is no business of this one any more.
    if (rule === 'later-claim' && side.value === undefined) continue;
    if (rule !== 'same-value' && FIELD_RULES[rule].stands === 'local') carryOver(field);
    else if (side.value !== undefined) {
      fields.set(field, side.value);
      times.set(field, side.time);
    }
  }
  return { fields: Object.fromEntries(fields) as Fields, times: Object.fromEntries(times) };
}
