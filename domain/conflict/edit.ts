import type { FieldPath, Fields } from '../entity.ts';
import type { Json } from '../json.ts';
import { sameJson } from '../json-equality.ts';
import { editTime, type Time } from '../time.ts';
import { timesOf } from './after-write.ts';
import { valueAt } from './by-field.ts';
import type { StoredRecord } from './vector.ts';

export interface Edited {
  readonly record: StoredRecord;
  /** The fields that are not as they were, as they are now. */
  readonly changed: Fields;
  /** Later than anything that was stored. */
  readonly time: Time;
}

/** The record after a person's edit (sync-semantics 7.10); fields that the edit does not name stay as they are. */
export function edited(local: StoredRecord, edit: Fields, by: { readonly now: Time; readonly person: string }): Edited {
  const entries = Object.entries(edit) as [FieldPath, Json][];
  const changed = entries.filter(([field, value]) => !sameJson(valueAt(local.fields, field), value));
  const time = editTime(by.now, local.modifiedAt);
  const all = <Value>(value: Value) => Object.fromEntries(changed.map(([field]) => [field, value]));
  const record: StoredRecord = {
    fields: { ...local.fields, ...Object.fromEntries(changed) },
    times: { ...Object.fromEntries(timesOf(local)), ...all(time) },
    origins: { ...local.origins, ...all(by.person) },
    modifiedAt: time,
  };
  return { record: changed.length === 0 ? local : record, changed: Object.fromEntries(changed) as Fields, time };
}
