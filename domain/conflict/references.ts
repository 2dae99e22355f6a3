import type { FieldPath, Fields } from '../entity.ts';
import type { Json } from '../json.ts';
import { fieldsOf } from './by-field.ts';

export interface DroppedReference {
  readonly field: FieldPath;
  readonly identifier: string;
}

/**
 * Takes references out that point to records which were skipped and are not known locally: a list loses the identifier,
 * a single relation becomes null. The referrer is still written, and again when the target has appeared, since it then
 * differs (sync-semantics 7.9). `isKnown` says whether a relation's target is there.
 */
export function dropUnknownReferences(
  fields: Fields,
  isKnown: (field: FieldPath, identifier: string) => boolean,
): { readonly fields: Fields; readonly dropped: readonly DroppedReference[] } {
  const dropped: DroppedReference[] = [];
  const keeps = (field: FieldPath, value: Json): boolean => {
    if (typeof value !== 'string' || isKnown(field, value)) return true;
    dropped.push({ field, identifier: value });
    return false;
  };
  const entries = fieldsOf(fields).map((field): [FieldPath, Json] => {
    const value = fields[field] as Json;
    if (!field.startsWith('relations.')) return [field, value];
    if (Array.isArray(value)) return [field, value.filter((item: Json) => keeps(field, item))];
    return [field, keeps(field, value) ? value : null];
  });
  return { fields: Object.fromEntries(entries) as Fields, dropped };
}
