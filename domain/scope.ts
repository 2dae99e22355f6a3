/** From when on records that changed are read: a time, the checkpoint of the last run, or the earlier of both. */
export interface Since {
  /** From each kind's checkpoint. */
  readonly last: boolean;
  /** RFC 3339 in UTC with milliseconds, so that texts compare as times do. */
  readonly time: string | null;
}

/** What a trigger asks for, and what a run reads. */
export interface Scope {
  /** `null`: every kind. */
  readonly kinds: readonly string[] | null;
  /** `null`: everything, which alone can show what is gone (sync-semantics 2.8). */
  readonly since: Since | null;
}

/** Every record of every kind. Only a run of this scope counts as the last complete one (sync-semantics 2.9). */
export const FULL: Scope = { kinds: null, since: null };

/** What covers both: full absorbs since, all absorbs kinds (sync-semantics 4.2). */
export function union(one: Scope, other: Scope): Scope {
  return { kinds: allKinds(one.kinds, other.kinds), since: earlier(one.since, other.since) };
}

/** Whether a run of the `wide` scope does all that the `narrow` one asks for. */
export function covers(wide: Scope, narrow: Scope): boolean {
  const kinds = wide.kinds === null || (narrow.kinds?.every((kind) => wide.kinds?.includes(kind)) ?? false);
  return kinds && readsFrom(wide.since, narrow.since);
}

/** Strictly narrower: it waits behind a run of the `wide` scope, and never aborts it (sync-semantics 4.2). */
export const isNarrower = (narrow: Scope, wide: Scope): boolean => covers(wide, narrow) && !covers(narrow, wide);

function allKinds(one: Scope['kinds'], other: Scope['kinds']): Scope['kinds'] {
  return one === null || other === null ? null : [...new Set([...one, ...other])].sort();
}

function earlier(one: Since | null, other: Since | null): Since | null {
  if (one === null || other === null) return null;
  const times = [one.time, other.time].filter((time) => time !== null).sort();
  return { last: one.last || other.last, time: times[0] ?? null };
}

function readsFrom(wide: Since | null, narrow: Since | null): boolean {
  if (wide === null || narrow === null) return wide === null;
  const time = narrow.time === null || (wide.time !== null && wide.time <= narrow.time);
  return time && (wide.last || !narrow.last);
}
