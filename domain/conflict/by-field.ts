import type { FieldPath } from '../entity.ts';

/** One value per field; fields may be missing. */
export type ByField<Value> = Readonly<Partial<Record<FieldPath, Value>>>;

export function fieldsOf(map: ByField<unknown>): FieldPath[] {
  return Object.keys(map) as FieldPath[];
}

export function valueAt<Value>(map: ByField<Value>, field: FieldPath): Value | undefined {
  return Object.hasOwn(map, field) ? map[field] : undefined;
}
