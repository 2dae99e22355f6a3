import { describe, expect, it } from 'vitest';
import { decide } from '../../domain/conflict/decide.ts';
import { neverUpdated } from '../../domain/conflict/never-updated.ts';
import type { Policy } from '../../domain/conflict/policy.ts';
import type { FieldPath } from '../../domain/entity.ts';
import { baseOf, fields, given, rulesOf, stored, T1, T2, T3, vector } from './support.ts';

const OWNER: FieldPath = 'properties.owner';

/** The source's title is older than the local record, its owner differs as well. */
const two = vector({
  local: stored({ fields: { title: 'here', [OWNER]: 'ann' }, modifiedAt: T2 }),
  incoming: given({ fields: { title: 'there', [OWNER]: 'bob' }, modifiedAt: T1 }),
});

describe('7.2 resolution, per record or per field', () => {
  it.each<[string, Policy, Record<string, unknown>]>([
    ['S2.17, S2.20 one value: this', { resolution: 'this' }, {}],
    ['S2.17, S2.21 one value: other', { resolution: 'other' }, { title: 'there', [OWNER]: 'bob' }],
    ['S2.17, S2.22 one value: newer', { resolution: 'newer' }, {}],
    ['S2.18 by field', { resolution: { title: 'this', [OWNER]: 'other' } }, { [OWNER]: 'bob' }],
    [
      'S2.24 the default covers fields without an entry',
      { resolution: { title: 'this' }, defaultResolution: 'other' },
      { [OWNER]: 'bob' },
    ],
    [
      'S2.24 an entry wins over the default',
      { resolution: { title: 'other' }, defaultResolution: 'this' },
      { title: 'there' },
    ],
    ['S2.25 without a default: this', { resolution: { title: 'other' } }, { title: 'there' }],
    ['S2.25 an empty resolution and no default: this', { resolution: {} }, {}],
    ['S2.23 no resolution, the default this', { defaultResolution: 'this' }, {}],
    ['S2.23 no resolution, the default other', { defaultResolution: 'other' }, { title: 'there', [OWNER]: 'bob' }],
    ['S2.23 no resolution, the default newer', { defaultResolution: 'newer' }, {}],
  ])('%s', (_, policy, written) => {
    const { fields, action } = decide(two, policy, null);
    expect(fields).toEqual(written);
    expect(action).toBe(Object.keys(written).length > 0 ? 'update' : 'unchanged');
  });

  it('THIS does not prevent a create', () => {
    const decision = decide({ ...two, local: null, method: 'create' }, { resolution: 'this' }, null);
    expect(decision).toMatchObject({ action: 'create', fields: { title: 'there', [OWNER]: 'bob' } });
    expect(rulesOf(decision)).toEqual({ title: 'new-record', [OWNER]: 'new-record' });
  });

  it('says of each field which rule decided, on whose word, and between what', () => {
    const { details } = decide(two, { resolution: { title: 'newer' }, defaultResolution: 'other' }, null);
    expect(details).toEqual([
      {
        field: 'title',
        rule: 'local-later',
        resolution: { applies: 'newer', saidBy: 'resolution' },
        local: { value: 'here', time: T2, origin: null },
        incoming: { value: 'there', time: T1, timeFrom: 'record', origin: 'acme' },
        taken: null,
      },
      {
        field: OWNER,
        rule: 'other',
        resolution: { applies: 'other', saidBy: 'defaultResolution' },
        local: { value: 'ann', time: T2, origin: null },
        incoming: { value: 'bob', time: T1, timeFrom: 'record', origin: 'acme' },
        taken: { value: 'bob', time: T1, timeFrom: 'record', origin: 'acme' },
      },
    ]);
  });
});

describe('7.3 what a resolution does to a field', () => {
  it('S2.20 THIS leaves the field out of the write, also one that is not there locally', () => {
    const absent = vector({ incoming: given({ fields: { title: 'there', team: 'red' }, modifiedAt: T3 }) });
    const decision = decide(absent, { resolution: 'this' }, null);
    expect(decision.fields).toEqual({});
    expect(decision.record).toBe(absent.local);
  });

  it.each(['this', 'other', 'newer'] as const)(
    'S2.21 a field that the source does not give stays: %s',
    (resolution) => {
      const without = vector({
        local: stored({ fields: { title: 'here', [OWNER]: 'ann' }, modifiedAt: T1 }),
        incoming: given({ fields: { title: 'there' }, modifiedAt: T2 }),
      });
      const decision = decide(without, { resolution }, null);
      expect(decision.removed).toEqual([]);
      expect(decision.record?.fields[OWNER]).toBe('ann');
    },
  );

  it('an explicit null clears, under OTHER', () => {
    const decision = decide(vector({ incoming: given({ fields: { title: null } }) }), { resolution: 'other' }, null);
    expect(decision).toMatchObject({ action: 'update', fields: { title: null } });
    expect(decision.record?.fields).toEqual({ title: null });
  });

  it('an explicit null does not clear, under THIS', () => {
    const decision = decide(vector({ incoming: given({ fields: { title: null } }) }), { resolution: 'this' }, null);
    expect(decision).toMatchObject({ action: 'unchanged', fields: {} });
  });

  const named = vector({
    local: stored({ fields: { title: 'here', [OWNER]: 'ann' }, modifiedAt: T1 }),
    incoming: given({ fields: { title: 'here' }, modifiedAt: T2 }),
    base: baseOf({ title: 'here', [OWNER]: 'ann' }, { title: T1, [OWNER]: T1 }),
  });

  it('1.5 a field that the claim wrote and names no more is taken out', () => {
    const decision = decide(named, {}, null);
    expect(decision).toMatchObject({ action: 'update', fields: {}, removed: [OWNER] });
    expect(decision.record?.fields).toEqual({ title: 'here' });
    expect(decision.record?.times).toEqual({ title: T1 });
    expect(decision.base?.fields).toEqual({ title: 'here' });
  });

  it('1.5 ... unless THIS keeps it, and then it is looked at again the next time', () => {
    const decision = decide(named, { resolution: { [OWNER]: 'this' }, defaultResolution: 'other' }, null);
    expect(decision).toMatchObject({ action: 'unchanged', removed: [] });
    expect(rulesOf(decision)).toEqual({ title: 'same-value', [OWNER]: 'this' });
    expect(decision.base?.fields).toEqual({ title: 'here', [OWNER]: 'ann' });
  });

  it('1.5 ... unless the local value is later, under NEWER', () => {
    const edited = { ...named, local: stored({ fields: { title: 'here', [OWNER]: 'eve' }, times: { [OWNER]: T3 } }) };
    expect(decide(edited, { resolution: 'newer' }, null).removed).toEqual([]);
    expect(decide(named, { resolution: 'newer' }, null).removed).toEqual([OWNER]);
  });

  it('1.5 ... unless another claim wrote it: then that claim has it', () => {
    const other = { origin: 'eve', isLater: false, asserted: fields({ [OWNER]: 'eve' }), base: baseOf({}) };
    const decision = decide({ ...named, others: [other] }, {}, null);
    expect(decision).toMatchObject({ action: 'update', fields: { [OWNER]: 'eve' }, removed: [] });
    expect(decision.record?.origins).toMatchObject({ [OWNER]: 'eve' });
    expect(decision.base?.fields).toEqual({ title: 'here' });
  });

  it('1.5 ... and one that is not there any more is not spoken of', () => {
    const decision = decide({ ...named, local: stored({ fields: { title: 'here' }, modifiedAt: T1 }) }, {}, null);
    expect(rulesOf(decision)).toEqual({ title: 'same-value' });
    expect(decision.base?.fields).toEqual({ title: 'here' });
  });

  it('1.5 ... and a field whose expression failed stays as it is, and in the base', () => {
    const failed = { ...named, incoming: { ...named.incoming, failed: [OWNER] } };
    const decision = decide(failed, {}, null);
    expect(decision).toMatchObject({ action: 'unchanged', removed: [] });
    expect(decision.base).toEqual(named.base);
  });
});

describe('7.5 all fields kept is unchanged, not skipped', () => {
  it.each<[string, Policy]>([
    ['this', { resolution: 'this' }],
    ['newer', { resolution: 'newer' }],
  ])('the local modified time is not advanced: %s', (_, policy) => {
    const decision = decide(two, policy, null);
    expect(decision.action).toBe('unchanged');
    expect(decision.record).toBe(two.local);
  });

  it('1.6 so are equal fields, keys in any order, lists in theirs', () => {
    const local = stored({ fields: { title: 'T', 'properties.a': { x: 1, y: [1, { p: 1, q: 2 }] } }, modifiedAt: T2 });
    const same = given({ fields: { 'properties.a': { y: [1, { q: 2, p: 1 }], x: 1 }, title: 'T' }, modifiedAt: T1 });
    expect(decide(vector({ local, incoming: same }), {}, null)).toMatchObject({ action: 'unchanged', record: local });
    const moved = given({ fields: { 'properties.a': { x: 1, y: [{ p: 1, q: 2 }, 1] } }, modifiedAt: T1 });
    expect(decide(vector({ local, incoming: moved }), {}, null).action).toBe('update');
  });
});

describe('7.6 defaults', () => {
  it.each<[string, Policy]>([
    ['nothing configured', {}],
    ['strategy alone', { strategy: ['update'] }],
    ['the other keys null', { resolution: null, defaultResolution: null, onConflict: null }],
  ])('%s: OTHER', (_, policy) => {
    expect(decide(two, policy, null).fields).toEqual({ title: 'there', [OWNER]: 'bob' });
  });

  it.each<[string, Policy, unknown]>([
    ['a resolution', { resolution: { title: 'other' } }, 'none'],
    ['a resolver that sets a resolution', {}, { resolution: { title: 'other' } }],
    ['onConflict', { onConflict: { title: 'other' } }, 'none'],
  ])('%s that says nothing about a field: THIS', (_, policy, answer) => {
    const decision = decide(two, policy, answer === 'none' ? null : { answer });
    expect(decision.fields).toEqual({ title: 'there' });
    expect(decision.details[1]?.resolution).toEqual({ applies: 'this', saidBy: 'no-word' });
  });

  it('a resolver that says nothing at all: THIS for every field', () => {
    for (const answer of [undefined, null, {}]) expect(decide(two, {}, { answer }).fields).toEqual({});
  });

  it.each<[string, Policy, FieldPath[]]>([
    ['nothing', {}, []],
    ['this for one', { resolution: { title: 'this' }, defaultResolution: 'other' }, ['title']],
    ['an entry for one and no default', { resolution: { title: 'newer' } }, [OWNER]],
    ['this for all', { resolution: 'this' }, ['title', OWNER]],
    ['this, but for conflicts', { resolution: 'this', onConflict: { title: 'newer' } }, [OWNER]],
    ['onConflict alone: what only the source changed comes in', { onConflict: 'this' }, []],
    ['a strategy without updates is meant so', { strategy: 'create', resolution: 'this' }, []],
  ])('validate warns about fields that could never be updated: %s', (_, policy, fields) => {
    expect(neverUpdated(policy, { fields: ['title', OWNER], resolves: false })).toEqual(fields);
  });

  it('validate warns of no field where a resolver may decide', () => {
    expect(neverUpdated({ resolution: 'this' }, { fields: ['title'], resolves: true })).toEqual([]);
  });
});
