import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../domain/conflict/decide.ts';
import type { Policy, ResolverResult } from '../../domain/conflict/policy.ts';
import { type Base, type OtherClaim, type StoredRecord, toVector, type Vector } from '../../domain/conflict/vector.ts';
import type { FieldPath, Fields } from '../../domain/entity.ts';
import type { Json } from '../../domain/json.ts';
import { sameJson } from '../../domain/json-equality.ts';
import { again, given, stored, T1, T2, T3, T4, vector } from './support.ts';

const PATHS: readonly FieldPath[] = ['title', 'team', 'properties.a', 'properties.b.c', 'relations.owner'];

/** Few values and few times, so that equal ones meet. */
const path = fc.constantFrom(...PATHS);
const value = fc.constantFrom<Json>(null, 0, 1, 'a', 'b', [], ['a', 'b'], { x: 1, y: [] }, { y: [], x: 1 });
const time = fc.constantFrom(T1, T2, T3, T4);
const byField = <Value>(values: fc.Arbitrary<Value>) =>
  fc.dictionary(path, values) as fc.Arbitrary<Partial<Record<FieldPath, Value>>>;
const content = byField(value) as fc.Arbitrary<Fields>;

const local: fc.Arbitrary<StoredRecord> = fc.record({
  fields: content,
  times: byField(fc.option(time)),
  origins: byField(fc.constantFrom('acme', 'eve')),
  modifiedAt: fc.option(time),
});
const base: fc.Arbitrary<Base> = fc.record({ fields: content, times: byField(time) });
const other: fc.Arbitrary<OtherClaim> = fc.record({
  origin: fc.constantFrom('eve', 'zed'),
  isLater: fc.boolean(),
  asserted: content,
  base,
});
const incoming = fc.record(
  {
    fields: content,
    failed: fc.subarray([...PATHS]),
    modifiedAt: fc.oneof(time, fc.constantFrom<Json>(null, 'unreadable', '2024-01-02T01:00:00+01:00')),
    firstObservedAt: time,
    times: byField<Json>(fc.oneof(time, fc.constant('unreadable'))),
    origins: byField(fc.constantFrom('github', 'zed')),
  },
  { requiredKeys: ['fields', 'failed', 'modifiedAt', 'firstObservedAt'] },
);

const parts = { incoming, base: fc.option(base), others: fc.array(other, { maxLength: 2 }), peer: fc.boolean() };
const anyVector = fc.record({ ...parts, local: fc.option(local) }).map((given) => vector(given));
const anyUpdate = fc.record({ ...parts, local }).map((given) => vector(given));

const resolution = fc.constantFrom('this' as const, 'other' as const, 'newer' as const);
const resolutions = fc.oneof(resolution, byField(resolution));
const method = fc.constantFrom('create' as const, 'update' as const);
const anyPolicy: fc.Arbitrary<Policy> = fc.record(
  {
    strategy: fc.option(fc.oneof(method, fc.subarray(['create' as const, 'update' as const]))),
    resolution: fc.option(resolutions),
    defaultResolution: fc.option(resolution),
    onConflict: fc.option(resolutions),
  },
  { requiredKeys: [] },
);
const anyAnswer: fc.Arbitrary<ResolverResult | null> = fc.option(
  fc.record({ answer: fc.oneof(anyPolicy, fc.anything({ withNullPrototype: true })) }),
);

/** What a write does at the destination: the fields that are sent, the ones that are taken out, and nothing else. */
function written({ local }: Vector, { fields: sent, removed }: { fields: Fields; removed: readonly FieldPath[] }) {
  const kept = Object.entries(local?.fields ?? {}).filter(([field]) => !removed.includes(field as FieldPath));
  return { ...Object.fromEntries(kept), ...sent };
}

describe('7 properties of a decision', () => {
  it('7.3 THIS never changes a field', () => {
    fc.assert(
      fc.property(anyUpdate, (before) => {
        const decision = decide(before, { resolution: 'this' }, null);
        expect(decision).toMatchObject({ action: 'unchanged', fields: {}, removed: [] });
        expect(decision.record).toBe(before.local);
      }),
    );
  });

  it('7.3 OTHER makes every given field equal, and leaves the others alone', () => {
    fc.assert(
      fc.property(anyUpdate, (update) => {
        const before = { ...update, others: [] };
        const { record, removed } = decide(before, { resolution: 'other' }, null);
        const { fields: said } = before.incoming;
        for (const field of PATHS) {
          if (Object.hasOwn(said, field)) expect(sameJson(record?.fields[field], said[field])).toBe(true);
          else expect(record?.fields[field]).toEqual(removed.includes(field) ? undefined : before.local?.fields[field]);
        }
      }),
    );
  });

  it('7 resolving twice changes nothing, whatever the policy and the resolver say', () => {
    fc.assert(
      fc.property(anyVector, anyPolicy, anyAnswer, (before, policy, answer) => {
        const first = decide(before, policy, answer);
        if (first.record === null) return;
        const second = decide(again(before, first), policy, answer);
        expect(['unchanged', 'skip']).toContain(second.action);
        expect(second).toMatchObject({ fields: {}, removed: [] });
        expect(second.record).toBe(first.record);
        expect(second.base).toEqual(first.base);
      }),
      { numRuns: 500 },
    );
  });

  it('7.1 skipped means byte for byte the same', () => {
    fc.assert(
      fc.property(anyVector, anyPolicy, anyAnswer, (before, policy, answer) => {
        const bytes = JSON.stringify([before.local, before.base]);
        const decision = decide(before, { ...policy, strategy: [] }, answer);
        if (decision.action !== 'skip') return;
        expect(JSON.stringify([decision.record, decision.base])).toBe(bytes);
        expect(decision).toMatchObject({ fields: {}, removed: [], details: [] });
      }),
    );
  });

  it('7 what is sent makes the record: unchanged sends nothing, an update something, and the vector is not touched', () => {
    fc.assert(
      fc.property(anyVector, anyPolicy, anyAnswer, (before, policy, answer) => {
        const copy = structuredClone(before);
        const decision = decide(before, policy, answer);
        expect(before).toEqual(copy);
        if (decision.record !== null) expect(decision.record.fields).toEqual(written(before, decision));
        const sends = Object.keys(decision.fields).length + decision.removed.length > 0;
        if (decision.action === 'update') expect(sends).toBe(true);
        else if (decision.action !== 'create') expect(sends).toBe(false);
      }),
    );
  });
});

interface Version {
  readonly claim: string;
  readonly modifiedAt: string;
  readonly fields: Fields;
}

/** The record after these versions came in, in this order; each claim has a base of its own. */
function imported(versions: readonly Version[], peer: boolean): StoredRecord | null {
  const bases = new Map<string, Base | null>();
  let local: StoredRecord | null = null;
  for (const { claim, modifiedAt, fields: values } of versions) {
    const base = bases.get(claim) ?? null;
    const one = toVector({
      ...vector(),
      integration: claim,
      local,
      base,
      peer,
      incoming: given({ fields: values, modifiedAt }),
    });
    const decision = decide(one, { resolution: 'newer' }, null);
    local = decision.record;
    bases.set(claim, decision.base);
  }
  return local;
}

/** Versions of one record by several claims, and a second order of them in which some come twice. */
const orders = (distinctTimes: boolean) =>
  fc
    .uniqueArray(fc.record({ day: fc.integer({ min: 1, max: 9 }), fields: content }), {
      minLength: 1,
      maxLength: 6,
      selector: ({ day }) => (distinctTimes ? day : {}),
    })
    .map((all) =>
      all.map(({ day, fields: values }, index): Version => {
        return { claim: `claim${index}`, modifiedAt: `2024-01-0${day}T00:00:00.000Z`, fields: values };
      }),
    )
    .chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.tuple(fc.subarray(all), fc.subarray(all)).chain(([more, evenMore]) => {
          const deliveries = [...all, ...more, ...evenMore];
          return fc.shuffledSubarray(deliveries, { minLength: deliveries.length });
        }),
      ),
    );

describe('7.4 properties of NEWER', () => {
  it('is idempotent', () => {
    fc.assert(
      fc.property(anyVector, (before) => {
        const first = decide(before, { resolution: 'newer' }, null);
        const second = decide(again(before, first), { resolution: 'newer' }, null);
        expect(second.action).toBe('unchanged');
        expect(second.record).toBe(first.record);
      }),
    );
  });

  it('does not depend on the order of batches, nor on how often each comes: values, times and origins', () => {
    fc.assert(
      fc.property(orders(true), ([some, others]) => {
        expect(imported(others, false)).toEqual(imported(some, false));
      }),
      { numRuns: 500 },
    );
  });

  it('8.6 nor does it between peers, even at equal times', () => {
    fc.assert(
      fc.property(orders(false), ([some, others]) => {
        expect(imported(others, true)).toEqual(imported(some, true));
      }),
      { numRuns: 500 },
    );
  });

  it('8.6 two peers that read each other hold the same, values, times and origins, and then write nothing more', () => {
    const side = (origin: string) =>
      fc.record({ fields: content, modifiedAt: time }).chain(({ fields: values, modifiedAt }) =>
        byField(time).map((times) => {
          const all = Object.keys(values) as FieldPath[];
          return stored({
            fields: values,
            times: Object.fromEntries(all.map((field) => [field, times[field] ?? modifiedAt])),
            origins: Object.fromEntries(all.map((field) => [field, origin])),
            modifiedAt,
          });
        }),
      );
    const read = (here: StoredRecord, there: StoredRecord) => {
      const incoming = given({ fields: there.fields, times: there.times, origins: there.origins });
      return decide(vector({ peer: true, local: here, incoming }), { resolution: 'newer' }, null);
    };
    fc.assert(
      fc.property(side('left'), side('right'), (left, right) => {
        const [onLeft, onRight] = [read(left, right).record ?? left, read(right, left).record ?? right];
        expect(onLeft.times).toEqual(onRight.times);
        expect(onLeft.origins).toEqual(onRight.origins);
        expect(onLeft.fields).toEqual(onRight.fields);
        expect(read(onLeft, onRight).record).toBe(onLeft);
        expect(read(onRight, onLeft).record).toBe(onRight);
      }),
      { numRuns: 500 },
    );
  });
});
