import type { FieldPath } from '../entity.ts';
import type { Json } from '../json.ts';
import { sameJson } from '../json-equality.ts';
import { readTime, type Time } from '../time.ts';
import { valueAt } from './by-field.ts';
import type { OtherClaim, Vector } from './vector.ts';

/** One side of a field. */
export interface Side {
  /** Not there: this side has no such field. */
  readonly value?: Json;
  /** Null: not known. */
  readonly time: Time | null;
  readonly origin: string | null;
}

export interface IncomingSide extends Side {
  readonly time: Time;
  readonly origin: string;
  /** Whose time it is: the field's own, the one that the same value came with before, the record's, or none of them. */
  readonly timeFrom: 'field' | 'base' | 'record' | 'first-observed';
}

/**
 * Which sides changed a field since this claim last wrote it; `neither` also where both came to the same. No value and
 * an explicit null are the same here.
 */
export type Changed = 'both' | 'incoming' | 'local' | 'neither';

/** A field for which two sides compete. */
export interface Contest {
  readonly field: FieldPath;
  readonly local: Side;
  readonly incoming: IncomingSide;
  readonly changed: Changed;
  /** The source still says what it said when this claim last wrote the field. */
  readonly likeBase: boolean;
  readonly peer: boolean;
  readonly others: readonly OtherClaim[];
}

export function contestOf(vector: Vector, field: FieldPath): Contest {
  const local = localSide(vector, field);
  const value = valueAt(vector.incoming.fields, field);
  const before = vector.base === null ? undefined : valueAt(vector.base.fields, field);
  const likeBase = value !== undefined && sameJson(value, before);
  const incoming: IncomingSide = {
    ...(value === undefined ? {} : { value }),
    ...incomingTime(vector, field, likeBase),
    origin: valueAt(vector.incoming.origins ?? {}, field) ?? vector.integration,
  };
  const changed = changedSince(before, local, incoming);
  return { field, local, incoming, changed, likeBase, peer: vector.peer, others: vector.others };
}

function changedSince(before: Json | undefined, local: Side, incoming: Side): Changed {
  const [was, here, there] = [before ?? null, local.value ?? null, incoming.value ?? null];
  if (sameJson(here, there)) return 'neither';
  if (sameJson(here, was)) return 'incoming';
  return sameJson(there, was) ? 'local' : 'both';
}

/** A field that is not there has no time either: there is no value to keep. */
function localSide({ local }: Vector, field: FieldPath): Side {
  const value = local === null ? undefined : valueAt(local.fields, field);
  if (local === null || value === undefined) return { time: null, origin: null };
  const time = valueAt(local.times, field);
  return { value, time: time === undefined ? local.modifiedAt : time, origin: valueAt(local.origins, field) ?? null };
}

/** A field's own time where it is known, else the record's, else the first observation (sync-semantics 7.4, 7.10). */
function incomingTime(
  { incoming, base }: Vector,
  field: FieldPath,
  likeBase: boolean,
): Pick<IncomingSide, 'time' | 'timeFrom'> {
  const own = readTime(valueAt(incoming.times ?? {}, field));
  if (own !== null) return { time: own, timeFrom: 'field' };
  const before = likeBase && base !== null ? valueAt(base.times, field) : undefined;
  if (before !== undefined) return { time: before, timeFrom: 'base' };
  const record = readTime(incoming.modifiedAt);
  if (record !== null) return { time: record, timeFrom: 'record' };
  return { time: incoming.firstObservedAt, timeFrom: 'first-observed' };
}
