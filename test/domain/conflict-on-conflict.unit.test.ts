import { describe, expect, it } from 'vitest';
import { decide } from '../../domain/conflict/decide.ts';
import type { Policy } from '../../domain/conflict/policy.ts';
import type { Json } from '../../domain/json.ts';
import { again, baseOf, given, rulesOf, stored, T1, T2, T3, vector } from './support.ts';

type Values = { base?: Json; local?: Json; incoming?: Json };

const NAMED = 'properties.x';
const value = (x: Json | undefined) => (x === undefined ? {} : { [NAMED]: x });
const sides = ({ base, local, incoming }: Values, localTime: string = T2) =>
  vector({
    base: baseOf(value(base)),
    local: stored({ fields: value(local), modifiedAt: localTime }),
    incoming: given({ fields: value(incoming), modifiedAt: T2 }),
  });

describe('7.8 onConflict, with the values of the base', () => {
  it.each<[string, Values, Policy, string]>([
    ['both changed it: the word applies, this', { base: 1, local: 2, incoming: 3 }, { onConflict: 'this' }, 'this'],
    ['both changed it: the word applies, other', { base: 1, local: 2, incoming: 3 }, { onConflict: 'other' }, 'other'],
    [
      'both changed it: the word applies, newer',
      { base: 1, local: 2, incoming: 3 },
      { onConflict: 'newer' },
      'same-time',
    ],
    [
      'both changed it: before `resolution`',
      { base: 1, local: 2, incoming: 3 },
      { onConflict: 'this', resolution: 'other' },
      'this',
    ],
    [
      'both changed it, by field',
      { base: 1, local: 2, incoming: 3 },
      { onConflict: { [NAMED]: 'other' }, defaultResolution: 'this' },
      'other',
    ],
    [
      'both changed it, no word for the field',
      { base: 1, local: 2, incoming: 3 },
      { onConflict: { title: 'other' } },
      'this',
    ],
    ['both made it the same', { base: 1, local: 2, incoming: 2 }, { onConflict: 'this' }, 'same-value'],
    [
      'only the source changed it: no conflict',
      { base: 1, local: 1, incoming: 3 },
      { onConflict: 'this' },
      'incoming-unmatched',
    ],
    [
      'only the local side changed it: no conflict',
      { base: 1, local: 2, incoming: 1 },
      { onConflict: 'other' },
      'local-unmatched',
    ],
    [
      'only the source changed it: `resolution` applies',
      { base: 1, local: 1, incoming: 3 },
      { onConflict: 'other', resolution: 'this' },
      'this',
    ],
    [
      'only the local side changed it: `resolution` applies',
      { base: 1, local: 2, incoming: 1 },
      { onConflict: 'this', resolution: 'other' },
      'other',
    ],
    [
      'only the local side changed it: `defaultResolution` applies',
      { base: 1, local: 2, incoming: 1 },
      { onConflict: 'this', defaultResolution: 'other' },
      'other',
    ],
    ['the claim is new, both have a value', { local: 2, incoming: 3 }, { onConflict: 'this' }, 'this'],
    ['the claim is new, only the source has a value', { incoming: 3 }, { onConflict: 'this' }, 'incoming-unmatched'],
    ['no value and null are the same', { base: null, incoming: 3 }, { onConflict: 'this' }, 'incoming-unmatched'],
    [
      'the local side cleared it, the source changed it',
      { base: 1, local: null, incoming: 3 },
      { onConflict: 'this' },
      'this',
    ],
    [
      'the source cleared it, the local side changed it',
      { base: 1, local: 2, incoming: null },
      { onConflict: 'other' },
      'other',
    ],
    ['the source names it no more, the local side changed it', { base: 1, local: 2 }, { onConflict: 'this' }, 'this'],
    [
      'the source names it no more, the local side left it',
      { base: 1, local: 1 },
      { onConflict: 'this' },
      'incoming-unmatched',
    ],
    [
      'keys in another order are no change',
      { base: { a: 1, b: 2 }, local: { b: 2, a: 1 }, incoming: 3 },
      { onConflict: 'this' },
      'incoming-unmatched',
    ],
  ])('%s', (_, values, policy, rule) => {
    expect(rulesOf(decide(sides(values), policy, null))).toEqual({ [NAMED]: rule });
  });

  it('both made it the same: no conflict, whatever the word; a later time is the time of that value', () => {
    const first = sides({ base: 1, local: 2, incoming: 2 }, T1);
    const decision = decide(first, { onConflict: 'this' }, null);
    expect(decision).toMatchObject({ action: 'unchanged', record: { times: { [NAMED]: T2 } } });
    expect(decide(again(first, decision), { onConflict: 'this' }, null).record).toBe(decision.record);
  });

  it('what both sides agree on is the base from then on, whoever wrote it', () => {
    const decision = decide(sides({ base: 1, local: 2, incoming: 2 }), { onConflict: 'this' }, null);
    expect(decision.details[0]?.rule).toBe('same-value');
    expect(decision.base).toEqual(baseOf({ [NAMED]: 2 }, { [NAMED]: T2 }));
  });

  it('newer in a conflict compares the times', () => {
    const decision = decide(sides({ base: 1, local: 2, incoming: 3 }, T3), { onConflict: 'newer' }, null);
    expect(rulesOf(decision)).toEqual({ [NAMED]: 'local-later' });
  });

  it('a conflict that the local side won stays one, so that `resolution` does not undo it in the next run', () => {
    const policy: Policy = { resolution: 'other', onConflict: 'this' };
    const first = sides({ base: 1, local: 2, incoming: 3 });
    const decision = decide(first, policy, null);
    expect(decision.base?.fields).toEqual({ [NAMED]: 1 });
    expect(decide(again(first, decision), policy, null)).toMatchObject({ action: 'unchanged', fields: {} });
  });

  it('a conflict that the source won is settled: the next local edit is no conflict', () => {
    const policy: Policy = { onConflict: 'other' };
    const first = sides({ base: 1, local: 2, incoming: 3 });
    const decision = decide(first, policy, null);
    expect(decision.base).toEqual(baseOf({ [NAMED]: 3 }, { [NAMED]: T2 }));
    const edited = { ...again(first, decision), local: stored({ fields: { [NAMED]: 4 }, modifiedAt: T1 }) };
    expect(rulesOf(decide(edited, policy, null))).toEqual({ [NAMED]: 'local-unmatched' });
  });
});
