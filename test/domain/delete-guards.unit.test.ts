import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeleteFacts, type DeleteLimits, guardReason } from '../../domain/delete-guards.ts';

const DEFAULTS: DeleteLimits = { maxShare: 0.3, maxCount: null, emptySource: 'hold' };
const facts = (given: Partial<DeleteFacts>): DeleteFacts => ({
  going: 0,
  heldBefore: 100,
  wentLately: 0,
  admitted: 50,
  unidentified: 0,
  ...given,
});

describe('3.3 delete guards', () => {
  it.each<[string, Partial<DeleteFacts>, Partial<DeleteLimits>, RegExp | null]>([
    ['nothing goes, whatever else is wrong', { going: 0, admitted: 0, unidentified: 3 }, { maxCount: 0 }, null],
    ['share: just at the limit', { going: 30 }, {}, null],
    ['share: one above', { going: 31 }, {}, /^31 of 100 claims would go, more than 30 % \(deletes\.maxShare\)$/],
    ['share: another limit', { going: 13 }, { maxShare: 0.125 }, /more than 12\.5 % /],
    ['share 0: nothing above the few', { going: 10 }, { maxShare: 0 }, /more than 0 % /],
    ['share 1: no limit', { going: 100 }, { maxShare: 1 }, null],
    ['few: nine of ten', { going: 9, heldBefore: 10, admitted: 1 }, {}, null],
    ['few: ten of ten', { going: 10, heldBefore: 10, admitted: 1 }, {}, /^10 of 10 /],
    ['few, and nothing was returned', { going: 2, heldBefore: 2, admitted: 0 }, {}, /no record/],
    [
      'the last 24 hours count with it',
      { going: 11, wentLately: 20 },
      {},
      /^11 of 100 claims would go and 20 went in the last 24 hours, more than 30 %/,
    ],
    ['together just at the limit', { going: 10, wentLately: 20 }, {}, null],
    ['few now, but not with those of the last 24 hours', { going: 5, heldBefore: 20, wentLately: 5 }, {}, /^5 of 20 /],
    ['few, those of the last 24 hours included', { going: 5, heldBefore: 6, wentLately: 4 }, {}, null],
    ['number: just at the limit', { going: 5 }, { maxCount: 5 }, null],
    ['number: one above', { going: 6 }, { maxCount: 5 }, /^6 claims would go, more than deletes\.maxCount: 5$/],
    ['number: few are not excepted', { going: 1 }, { maxCount: 0 }, /deletes\.maxCount: 0/],
    ['empty: held', { going: 40, admitted: 0 }, {}, /no record that the selector keeps; 40 claims.*emptySource: hold/],
    ['empty: allowed, and then not held to the share', { going: 100, admitted: 0 }, { emptySource: 'delete' }, null],
    [
      'empty: allowed, but held to the number',
      { going: 100, admitted: 0 },
      { emptySource: 'delete', maxCount: 99 },
      /maxCount/,
    ],
  ])('3.3 %s', (_, given, limits, reason) => {
    const held = guardReason(facts(given), { ...DEFAULTS, ...limits });
    if (reason === null) expect(held).toBeNull();
    else expect(held).toMatch(reason);
  });

  it('1.4 records of unknown identity hold everything, whatever the limits', () => {
    const none: DeleteLimits = { maxShare: 1, maxCount: null, emptySource: 'delete' };
    expect(guardReason(facts({ going: 1, unidentified: 2 }), none)).toBe('unidentified records: 2');
  });

  const anyFacts: fc.Arbitrary<DeleteFacts> = fc
    .record({
      going: fc.nat(60),
      staying: fc.nat(60),
      wentLately: fc.nat(60),
      admitted: fc.nat(3),
      unidentified: fc.constantFrom(0, 0, 0, 1),
    })
    .map(({ staying, ...rest }) => ({ ...rest, heldBefore: rest.going + staying }));
  const anyLimits: fc.Arbitrary<DeleteLimits> = fc.record({
    maxShare: fc.double({ min: 0, max: 1, noNaN: true }),
    maxCount: fc.option(fc.nat(60)),
    emptySource: fc.constantFrom('hold', 'delete'),
  });

  it('3.3 what goes unasked is within every limit', () => {
    fc.assert(
      fc.property(anyFacts, anyLimits, (given, limits) => {
        if (given.going === 0 || guardReason(given, limits) !== null) return;
        const { going, heldBefore, wentLately, admitted } = given;
        expect(given.unidentified).toBe(0);
        expect(going).toBeLessThanOrEqual(limits.maxCount ?? Number.POSITIVE_INFINITY);
        if (admitted === 0) expect(limits.emptySource).toBe('delete');
        else if (limits.maxShare < 1)
          expect(going + wentLately < 10 || going + wentLately <= limits.maxShare * heldBefore).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('3.3 whoever takes more, or sets a lower limit, is not let through more easily', () => {
    fc.assert(
      fc.property(anyFacts, anyLimits, fc.nat(20), (given, limits, more) => {
        if (given.going === 0 || guardReason(given, limits) === null) return;
        const worse = { ...given, going: given.going + more };
        expect(guardReason(worse, limits)).not.toBeNull();
        expect(guardReason({ ...given, wentLately: given.wentLately + more }, limits)).not.toBeNull();
        expect(guardReason(given, { ...limits, maxShare: limits.maxShare / 2, maxCount: 0 })).not.toBeNull();
      }),
      { numRuns: 1000 },
    );
  });
});
