import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, FULL, isNarrower, type Scope, type Since, union } from '../../domain/scope.ts';

/** Kinds that a scope may name; an integration has more than these. */
const NAMED = ['a', 'b', 'c'];
const KINDS = [...NAMED, 'never named'];

const DAYS = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04', '2026-01-05'].map((d) => `${d}T00:00:00.000Z`);
const TIMES = DAYS.slice(1, 4);

const since: fc.Arbitrary<Since | null> = fc.option(
  fc
    .record({ last: fc.boolean(), time: fc.option(fc.constantFrom(...TIMES)) })
    .filter(({ last, time }) => last || time !== null),
);
const scope: fc.Arbitrary<Scope> = fc.record({
  kinds: fc.option(fc.subarray(NAMED, { minLength: 1 })),
  since,
});

interface Change {
  readonly kind: string;
  readonly changedAt: string;
}

/** Whether a run of that scope reads a record of that kind, changed then, if the kind's checkpoint stands there. */
function reads({ kinds, since }: Scope, { kind, changedAt }: Change, checkpoint: string): boolean {
  if (kinds !== null && !kinds.includes(kind)) return false;
  if (since === null) return true;
  const starts = [since.last ? checkpoint : null, since.time].filter((start) => start !== null);
  return starts.some((start) => start <= changedAt);
}

const CHANGES = KINDS.flatMap((kind) => DAYS.map((changedAt): Change => ({ kind, changedAt })));

/** The meaning of `covers`, by trying every change and checkpoint there can be. */
const readsAllOf = (wide: Scope, narrow: Scope): boolean =>
  DAYS.every((checkpoint) =>
    CHANGES.every((change) => !reads(narrow, change, checkpoint) || reads(wide, change, checkpoint)),
  );

describe('4.2 scopes', () => {
  it('4.2 one covers another just if it reads all that the other reads, wherever the checkpoints are', () => {
    fc.assert(
      fc.property(scope, scope, (one, other) => {
        expect(covers(one, other)).toBe(readsAllOf(one, other));
      }),
      { numRuns: 1000 },
    );
  });

  it('4.2 the union covers both, and whatever covers both covers the union', () => {
    fc.assert(
      fc.property(scope, scope, scope, (one, other, third) => {
        const both = union(one, other);
        expect(covers(both, one) && covers(both, other)).toBe(true);
        if (covers(third, one) && covers(third, other)) expect(covers(third, both)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('4.2 the union is commutative, associative and idempotent: the order of triggers does not matter', () => {
    fc.assert(
      fc.property(scope, scope, scope, (one, other, third) => {
        expect(union(one, other)).toEqual(union(other, one));
        expect(union(union(one, other), third)).toEqual(union(one, union(other, third)));
        expect(union(one, one)).toEqual(one);
      }),
    );
  });

  it('4.2 narrower is strict: never of itself, never both ways, and nothing is wider than everything', () => {
    fc.assert(
      fc.property(scope, scope, (one, other) => {
        expect(isNarrower(one, one)).toBe(false);
        expect(isNarrower(one, other) && isNarrower(other, one)).toBe(false);
        expect(isNarrower(FULL, one)).toBe(false);
        expect(isNarrower(one, FULL)).toBe(one.kinds !== null || one.since !== null);
      }),
    );
  });

  const last: Since = { last: true, time: null };
  const [early, late] = TIMES.map((time): Since => ({ last: false, time })) as [Since, Since];
  it.each<[string, Scope, Scope, Scope]>([
    ['full absorbs since', FULL, { kinds: null, since: last }, FULL],
    ['all absorbs kinds', FULL, { kinds: ['a'], since: null }, FULL],
    [
      'kinds are put together, in one order',
      { kinds: ['b', 'c'], since: null },
      { kinds: ['a', 'b'], since: null },
      { kinds: ['a', 'b', 'c'], since: null },
    ],
    [
      'a part in full and the whole since a time: the whole in full',
      { kinds: ['a'], since: null },
      { kinds: null, since: early },
      FULL,
    ],
    [
      'the earlier of two times',
      { kinds: null, since: late },
      { kinds: null, since: early },
      { kinds: null, since: early },
    ],
    [
      'a time and the last run: whichever is earlier, which only the checkpoint can tell',
      { kinds: null, since: last },
      { kinds: null, since: early },
      { kinds: null, since: { last: true, time: early.time } },
    ],
  ])('4.2 %s', (_, one, other, both) => {
    expect(union(one, other)).toEqual(both);
  });
});
