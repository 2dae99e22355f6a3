import { describe, expect, it } from 'vitest';
import { decide } from '../../domain/conflict/decide.ts';
import type { Policy } from '../../domain/conflict/policy.ts';
import { codesOf, given, stored, T1, T2, vector } from './support.ts';

const both = vector({
  local: stored({ fields: { title: 'here', team: 'red' }, modifiedAt: T1 }),
  incoming: given({ fields: { title: 'there', team: 'blue' }, modifiedAt: T2 }),
});

describe('7.7 the resolver', () => {
  it('S2.16 decides about two records of one batch differently', () => {
    expect(decide(both, {}, { answer: { resolution: 'other' } }).fields).toEqual({ title: 'there', team: 'blue' });
    expect(decide(both, {}, { answer: { resolution: { team: 'other' } } }).fields).toEqual({ team: 'blue' });
  });

  it.each<[string, Policy, unknown, object]>([
    [
      'a resolution replaces the policy’s, entries and all',
      { resolution: { title: 'other' } },
      { resolution: { team: 'other' } },
      { team: 'blue' },
    ],
    [
      'a default is for what the policy’s resolution leaves open',
      { resolution: { title: 'this' } },
      { defaultResolution: 'other' },
      { team: 'blue' },
    ],
    [
      'what it does not set is the policy’s',
      { resolution: { title: 'other' }, defaultResolution: 'this' },
      {},
      { title: 'there' },
    ],
    [
      'null for a resolution is not set',
      { resolution: 'other' },
      { resolution: null, defaultResolution: null },
      { title: 'there', team: 'blue' },
    ],
  ])('%s', (_, policy, answer, written) => {
    const decision = decide(both, policy, { answer });
    expect(decision.fields).toEqual(written);
    expect(decision.warnings).toEqual([]);
  });

  it.each<[string, Policy, unknown, string, object]>([
    [
      'a resolution',
      { defaultResolution: 'other' },
      { resolution: 'mine' },
      'resolver-resolution',
      { title: 'there', team: 'blue' },
    ],
    ['a resolution, nothing to fall back to', {}, { resolution: 'OTHER' }, 'resolver-resolution', {}],
    ['a list for a resolution', {}, { resolution: ['other'] }, 'resolver-resolution', {}],
    [
      'an entry',
      { defaultResolution: 'other' },
      { resolution: { title: 'mine', team: 'this' } },
      'resolver-resolution',
      { title: 'there' },
    ],
    [
      'a default',
      { defaultResolution: 'other' },
      { defaultResolution: 7 },
      'resolver-resolution',
      { title: 'there', team: 'blue' },
    ],
    ['a word', { resolution: 'other' }, 'newer', 'resolver-answer', { title: 'there', team: 'blue' }],
    ['a list', { resolution: 'other' }, [{ strategy: [] }], 'resolver-answer', { title: 'there', team: 'blue' }],
    [
      'a key',
      { resolution: 'other' },
      { default_resolution: 'this' },
      'resolver-answer',
      { title: 'there', team: 'blue' },
    ],
    [
      'a field',
      { defaultResolution: 'other' },
      { resolution: { owner: 'this' } },
      'resolver-field',
      { title: 'there', team: 'blue' },
    ],
  ])('S2.18, S2.19 what is not known falls back, with a warning: %s', (_, policy, answer, code, written) => {
    const decision = decide(both, policy, { answer });
    expect(codesOf(decision)).toEqual([code]);
    expect(decision.fields).toEqual(written);
  });

  it.each([[['create', 'replace']], ['replace'], [7], [{}]])(
    '7.1 an unknown strategy falls back, with a warning: %j',
    (strategy) => {
      const decision = decide(both, { strategy: 'create' }, { answer: { strategy } });
      expect(decision.action).toBe('skip');
      expect(codesOf(decision)).toEqual(['resolver-strategy']);
      expect(decide(both, {}, { answer: { strategy, resolution: 'other' } }).action).toBe('update');
    },
  );

  it('a warning says what was said, what is known and what counts, and shows no parts of the record', () => {
    const { warnings } = decide(
      both,
      {},
      { answer: { strategy: { secret: 's3cret' }, resolution: `${'x'.repeat(99)}\0` } },
    );
    expect(warnings.map(({ text }) => text)).toEqual([
      "the resolver sets strategy to a value of the type object; known are create, update, a list of them, or null. The policy's strategy counts",
      `the resolver sets resolution to "${'x'.repeat(40)}", which counts as not set; known are this, other, newer`,
    ]);
  });

  it('keys such as __proto__ set nothing', () => {
    const answer = JSON.parse('{"__proto__": {"strategy": []}, "resolution": {"__proto__": "other"}}');
    const decision = decide(both, {}, { answer });
    expect(decision).toMatchObject({ action: 'unchanged', fields: {} });
    expect(codesOf(decision)).toEqual(['resolver-answer', 'resolver-field']);
  });

  it('the vector is not touched', () => {
    const before = structuredClone(both);
    decide(both, { resolution: 'newer' }, { answer: { resolution: 'other' } });
    expect(both).toEqual(before);
  });
});
