import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';

const FIELD = /\{([\w$-]+(?:\.[\w$-]+)*)\}/g;
const ONE_FIELD = new RegExp(`^${FIELD.source}$`);

/** The fields that a template names: `/orgs/{owner.login}/repos` → `owner.login`. */
export function fieldsOf(template: string): string[] {
  return [...template.matchAll(FIELD)].map(([, field]) => field as string);
}

/** Whether a parameter's value is to be filled in: `{id}` as a whole; other braces are text. */
export function isTemplate(text: string): boolean {
  return ONE_FIELD.test(text);
}

/** What is wrong with the path of a kind, in words that follow the setting's name; `null`: nothing. */
export function pathProblem(path: string): string | null {
  if (!path.startsWith('/')) return 'is not a path; a path begins with a slash, and the rest of the address is `url`';
  if (/[?#]/.test(path)) return 'holds a query or a fragment; parameters belong into `query`';
  if (/[\s\\\p{Cc}]/u.test(path)) return 'holds a blank or a character that a path cannot have';
  const steps = path.replaceAll(FIELD, 'x').split('/');
  if (steps.some((step) => /[{}]/.test(step))) return 'has braces that hold no field, such as {login} or {owner.login}';
  return steps.some((step) => step === '.' || step === '..') ? 'must not hold the steps `.` and `..`' : null;
}

/** The values of fields; `null` stands for one that is missing or not of use in an address. */
export type FieldReader = (field: string) => string | null;

export type Filled = { readonly text: string } | { readonly missing: string };

/** A path with its fields filled in, each escaped as one step, so that no value can lead to another path. */
export function fillPath(template: string, fieldOf: FieldReader): Filled {
  const missing = fieldsOf(template).find((field) => !isStep(fieldOf(field)));
  if (missing !== undefined) return { missing };
  return { text: template.replaceAll(FIELD, (_, field: string) => encodeURIComponent(fieldOf(field) as string)) };
}

/** The values of a record's fields, by dotted path: texts and numbers. */
export function fieldsIn(record: RawRecord): FieldReader {
  return (field) => {
    const value = valueAt(record, field);
    return typeof value === 'number' || (typeof value === 'string' && value.isWellFormed()) ? String(value) : null;
  };
}

/** A record that has these fields of another one, and nothing else. */
export function only(fields: readonly string[], record: RawRecord): RawRecord {
  return fields.reduce<RawRecord>((all, field) => withValue(all, field.split('.'), valueAt(record, field)), {});
}

function isStep(value: string | null): boolean {
  return value !== null && value !== '' && value !== '.' && value !== '..';
}

function valueAt(record: RawRecord, field: string): Json | undefined {
  let value: Json | undefined = record;
  for (const name of field.split('.'))
    value = isRawRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

function withValue(record: RawRecord, [name = '', ...rest]: readonly string[], value: Json | undefined): RawRecord {
  if (rest.length === 0) return { ...record, [name]: value ?? null };
  const inner = record[name];
  return { ...record, [name]: withValue(isRawRecord(inner) ? inner : {}, rest, value) };
}
