import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../domain/conflict/decide.ts';
import type { Decision } from '../../domain/conflict/decision.ts';
import type { Policy } from '../../domain/conflict/policy.ts';
import type { StoredRecord } from '../../domain/conflict/vector.ts';
import type { Fields } from '../../domain/entity.ts';
import { baseOf, fields, given, rulesOf, stored, T1, T2, vector } from './support.ts';

interface Version {
  /** Its place where contents are merged. */
  readonly claim: number;
  readonly modifiedAt: string;
  readonly fields: Fields;
}

/** The record after each claim's version came in, in this order. */
function imported(versions: readonly Version[], policy: Policy): StoredRecord | null {
  const claims = new Map<number, Decision>();
  let local: StoredRecord | null = null;
  for (const { claim, modifiedAt, fields: values } of versions) {
    const others = [...claims]
      .filter(([other]) => other !== claim)
      .sort(([a], [b]) => a - b)
      .map(([other, { asserted, base }]) => {
        return { origin: `claim${other}`, isLater: other > claim, asserted, base: base ?? baseOf({}) };
      });
    const base = claims.get(claim)?.base ?? null;
    const incoming = given({ fields: values, modifiedAt });
    const decision = decide(vector({ integration: `claim${claim}`, local, base, others, incoming }), policy, null);
    local = decision.record;
    claims.set(claim, decision);
  }
  return local;
}

const value = fc.constantFrom<string | null>('a', 'b', 'c', null);
const content = fc.dictionary(fc.constantFrom('title', 'team', 'properties.x'), value) as fc.Arbitrary<Fields>;
const deliveries = fc
  .array(fc.record({ modifiedAt: fc.constantFrom(T1, T2), fields: content }), { minLength: 1, maxLength: 4 })
  .map((all) => all.map((version, claim): Version => ({ ...version, claim })))
  .chain((all) => {
    const twice = [...all, ...all];
    return fc.tuple(fc.constant(all), fc.shuffledSubarray(twice, { minLength: twice.length }));
  });

describe('1.7 several claims on one record', () => {
  it('1.7 7.3 under OTHER the content is what the last of them says of each field, in whatever order they come', () => {
    fc.assert(
      fc.property(deliveries, ([all, shuffled]) => {
        const merged = Object.assign({}, ...all.map((version) => version.fields));
        expect(imported(all, {})?.fields).toEqual(merged);
        expect(imported(shuffled, {})?.fields).toEqual(merged);
      }),
      { numRuns: 500 },
    );
  });

  it('1.7 7.4 under NEWER the content does not depend on their order, at equal times either', () => {
    fc.assert(
      fc.property(deliveries, ([all, shuffled]) => {
        const settled = imported([...all, ...all], { resolution: 'newer' });
        expect(imported([...shuffled, ...shuffled], { resolution: 'newer' })?.fields).toEqual(settled?.fields);
      }),
      { numRuns: 500 },
    );
  });

  const later = { origin: 'eve', isLater: true, asserted: fields({ title: 'eve' }), base: baseOf({ title: 'eve' }) };

  it('1.7 what a later claim says stands, and this claim goes on to say its own', () => {
    const decision = decide(vector({ others: [later] }), {}, null);
    expect(rulesOf(decision)).toEqual({ title: 'later-claim' });
    expect(decision).toMatchObject({ action: 'unchanged', asserted: { title: 'there' } });
  });

  it('7.3 THIS asserts nothing: such a claim is not merged', () => {
    const local = stored({ fields: { title: 'here' } });
    expect(decide(vector({ local }), { resolution: 'this' }, null).asserted).toEqual({});
    expect(decide(vector({ local: null }), { resolution: 'this' }, null).asserted).toEqual({});
    expect(decide(vector({ local: null }), {}, null).asserted).toEqual({ title: 'there' });
  });
});
