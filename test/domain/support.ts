import type { ByField } from '../../domain/conflict/by-field.ts';
import type { Decision, FieldDecision } from '../../domain/conflict/decision.ts';
import {
  type Base,
  type IncomingRecord,
  type StoredRecord,
  toVector,
  type Vector,
} from '../../domain/conflict/vector.ts';
import type { Fields } from '../../domain/entity.ts';
import type { Json } from '../../domain/json.ts';

/** Times in their order. */
export const T1 = '2024-01-01T00:00:00.000Z';
export const T2 = '2024-01-02T00:00:00.000Z';
export const T3 = '2024-01-03T00:00:00.000Z';
export const T4 = '2024-01-04T00:00:00.000Z';

export const fields = (values: ByField<Json>): Fields => values as Fields;

type Content<Record> = Partial<Omit<Record, 'fields'>> & { readonly fields: ByField<Json> };

export const stored = (record: Content<StoredRecord>): StoredRecord => ({
  times: {},
  origins: {},
  modifiedAt: null,
  ...record,
  fields: fields(record.fields),
});

export const given = (record: Content<IncomingRecord>): IncomingRecord => ({
  failed: [],
  modifiedAt: null,
  firstObservedAt: T4,
  ...record,
  fields: fields(record.fields),
});

export const baseOf = (values: ByField<Json>, times: Base['times'] = {}): Base => ({ fields: fields(values), times });

/** A vector of the integration `acme`; by default the local record says `title: here`, the source `title: there`. */
export const vector = (parts: Partial<Omit<Vector, 'method'>> = {}): Vector =>
  toVector({
    integration: 'acme',
    kind: 'repository',
    blueprint: 'repo',
    identifier: 'r1',
    local: stored({ fields: { title: 'here' }, modifiedAt: T2 }),
    incoming: given({ fields: { title: 'there' }, modifiedAt: T2 }),
    base: null,
    asserted: fields({}),
    others: [],
    peer: false,
    raw: { id: 1 },
    ...parts,
  });

/** The vector of the same import once its decision is written. */
export const again = (before: Vector, { record, base, asserted }: Decision): Vector =>
  toVector({ ...before, local: record, base, asserted });

export const rulesOf = ({ details }: Decision): Record<string, FieldDecision['rule']> =>
  Object.fromEntries(details.map(({ field, rule }) => [field, rule]));

export const codesOf = ({ warnings }: Decision): string[] => warnings.map(({ code }) => code);
