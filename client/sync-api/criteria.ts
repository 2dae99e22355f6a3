import type { Criterion } from '../../catalog/sync-write.ts';
import { type Blueprint, linkIdentifier } from '../../domain/blueprint.ts';
import { isRawRecord, type Json } from '../../domain/json.ts';

/** What the `criteria` of a delete ask for, or why that cannot be told. */
export function readCriteria(blueprint: Blueprint, criteria: Json): readonly Criterion[] | string {
  if (!Array.isArray(criteria) || criteria.length === 0) {
    return 'must be a list with at least one filter, such as { "type": "equals", "field": "name", "value": "a" }';
  }
  const read = criteria.map((filter) => readFilter(blueprint, filter));
  return read.find((each) => typeof each === 'string') ?? (read as Criterion[]);
}

function readFilter(blueprint: Blueprint, filter: Json): Criterion | string {
  const { type, field, value } = isRawRecord(filter) ? filter : {};
  if (type !== 'equals' && type !== 'equalsAny') return 'the `type` of a filter must be equals or equalsAny';
  if (typeof field !== 'string' || field === '') return 'a filter must name a `field`';
  const path = pathOf(blueprint, field);
  if (type === 'equals') {
    const isOne = value !== undefined && (typeof value !== 'object' || value === null);
    return isOne ? { path, values: [value] } : 'the `value` of equals must be a text, a number, true, false or null';
  }
  const values = typeof value === 'string' ? value.split('|') : value;
  if (!Array.isArray(values) || values.length === 0) return 'the `value` of equalsAny must be a list, or "a|b"';
  return { path, values };
}

function pathOf({ mapping, relations }: Blueprint, field: string): string | null {
  if (field === 'id') return null;
  if (field === 'title' || field === 'team') return field;
  if (mapping.has(field) || relations.has(field)) return `relations.${field}`;
  const relation = field.endsWith('Id') ? field.slice(0, -2) : '';
  return relations.has(relation) ? `relations.${relation}` : `properties.${field}`;
}

/** The key of a row of links, as answers tell it, from what it is stored under. */
export function linkKey({ mapping }: Blueprint, identifier: string): Record<string, string> {
  const names = [...mapping.keys()];
  const ids = identifier.split(':').map(decodeURIComponent);
  return Object.fromEntries(names.map((name, index) => [name, ids[index] ?? linkIdentifier(ids)]));
}
