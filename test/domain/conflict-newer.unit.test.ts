import { describe, expect, it } from 'vitest';
import { decide } from '../../domain/conflict/decide.ts';
import type { FieldRuleName } from '../../domain/conflict/field-rules.ts';
import type { Vector } from '../../domain/conflict/vector.ts';
import { readTime } from '../../domain/time.ts';
import { baseOf, codesOf, given, rulesOf, stored, T1, T2, T3, T4, vector } from './support.ts';

const local = (modifiedAt: string | null) => stored({ fields: { title: 'here' }, modifiedAt });
const incoming = (modifiedAt: unknown) => given({ fields: { title: 'there' }, modifiedAt: modifiedAt as string });

describe('7.4 NEWER', () => {
  it.each<[string, Partial<Vector>, FieldRuleName, string]>([
    ['the local value is later: it stays', { local: local(T3), incoming: incoming(T2) }, 'local-later', 'here'],
    ['the incoming value is later', { local: local(T1), incoming: incoming(T2) }, 'incoming-later', 'there'],
    ['equal times: the import wins', { local: local(T2), incoming: incoming(T2) }, 'same-time', 'there'],
    [
      'the local time is missing: the import wins',
      { local: local(null), incoming: incoming(T1) },
      'local-time-missing',
      'there',
    ],
    [
      'no time at all: the import wins',
      { local: local(null), incoming: incoming(null) },
      'local-time-missing',
      'there',
    ],
    [
      'the incoming time is missing: first observed later',
      { local: local(T3), incoming: incoming(null) },
      'incoming-later',
      'there',
    ],
    [
      'the incoming time is unreadable: first observed earlier',
      { local: local(T3), incoming: { ...incoming('yesterday'), firstObservedAt: T2 } },
      'local-later',
      'here',
    ],
    [
      'a microsecond is no difference: the import wins',
      { local: local(readTime('2024-01-02T00:00:00.123999Z')), incoming: incoming('2024-01-02T00:00:00.123001Z') },
      'same-time',
      'there',
    ],
    [
      'offsets are the same instant',
      { local: local(T2), incoming: incoming('2024-01-02T02:00:00+02:00') },
      'same-time',
      'there',
    ],
    [
      "a field's own local time counts before the record's",
      { local: stored({ fields: { title: 'here' }, times: { title: T1 }, modifiedAt: T3 }), incoming: incoming(T2) },
      'incoming-later',
      'there',
    ],
    [
      "a field's time that is known to be unknown is not the record's",
      { local: stored({ fields: { title: 'here' }, times: { title: null }, modifiedAt: T3 }), incoming: incoming(T2) },
      'local-time-missing',
      'there',
    ],
    [
      "a field's own incoming time counts before the record's",
      { local: local(T2), incoming: { ...incoming(T3), times: { title: T1 } } },
      'local-later',
      'here',
    ],
    [
      "a field's own incoming time that is unreadable does not",
      { local: local(T2), incoming: { ...incoming(T3), times: { title: 'x' } } },
      'incoming-later',
      'there',
    ],
    [
      'a field that is not there locally has no value to keep',
      { local: stored({ fields: {}, modifiedAt: T3 }), incoming: incoming(T1) },
      'local-time-missing',
      'there',
    ],
    [
      'an explicit null is a value like any other',
      { local: stored({ fields: { title: null }, modifiedAt: T3 }), incoming: incoming(T1) },
      'local-later',
      null as never,
    ],
  ])('S2.22 %s', (_, parts, rule, title) => {
    const decision = decide(vector(parts), { resolution: 'newer' }, null);
    expect(rulesOf(decision)).toEqual({ title: rule });
    expect(decision.record?.fields.title).toBe(title);
    expect(decision.action).toBe(rule === 'local-later' ? 'unchanged' : 'update');
  });

  it('7.10 what the source says again in a record that it changed elsewhere is as old as it was', () => {
    const edited = vector({
      local: stored({
        fields: { title: 'T', 'properties.owner': 'eve' },
        times: { title: T1, 'properties.owner': T2 },
      }),
      incoming: given({ fields: { title: 'T2', 'properties.owner': 'ann' }, modifiedAt: T3 }),
      base: baseOf({ title: 'T', 'properties.owner': 'ann' }, { title: T1, 'properties.owner': T1 }),
    });
    const decision = decide(edited, { resolution: 'newer' }, null);
    expect(decision.fields).toEqual({ title: 'T2' });
    expect(decision.details[1]).toMatchObject({ rule: 'local-later', incoming: { time: T1, timeFrom: 'base' } });
  });

  it.each([null, '', 'yesterday', 1704067200, true, ['2024'], '2024-01-01'])(
    'an incoming time that cannot be read is a warning that says what to do: %j',
    (modifiedAt) => {
      const decision = decide(vector({ incoming: incoming(modifiedAt) }), { resolution: 'newer' }, null);
      expect(codesOf(decision)).toEqual(['incoming-time']);
      expect(decision.warnings[0]?.text).toContain('map `modifiedAt`');
    },
  );

  it('the warning comes once, however many fields need the time, and only where one does', () => {
    const many = vector({ incoming: given({ fields: { title: 'x', team: 'y', 'properties.z': 1 } }) });
    expect(codesOf(decide(many, { resolution: 'newer' }, null))).toEqual(['incoming-time']);
    expect(codesOf(decide(many, { resolution: 'other' }, null))).toEqual([]);
    expect(codesOf(decide({ ...many, local: null, method: 'create' }, { resolution: 'newer' }, null))).toEqual([]);
  });
});

describe('8.6 peers with equal times', () => {
  const peers = (here: string, there: string, times: [string, string] = [T2, T2]) =>
    decide(
      vector({
        peer: true,
        local: stored({ fields: { title: here }, times: { title: times[0] }, origins: { title: 'a' } }),
        incoming: given({ fields: { title: there }, times: { title: times[1] }, origins: { title: 'b' } }),
      }),
      { resolution: 'newer' },
      null,
    );

  it('come to the same end on both sides', () => {
    expect(peers('x', 'y').record?.fields).toEqual({ title: 'y' });
    expect(peers('y', 'x').record?.fields).toEqual({ title: 'y' });
    expect(rulesOf(peers('x', 'y'))).toEqual({ title: 'peers-incoming' });
    expect(rulesOf(peers('y', 'x'))).toEqual({ title: 'peers-local' });
  });

  it('a later time wins before anything is compared', () => {
    expect(peers('y', 'x', [T1, T2]).record?.fields).toEqual({ title: 'x' });
    expect(peers('x', 'y', [T2, T1]).record?.fields).toEqual({ title: 'x' });
  });

  it('equal values: the greater origin, with no write', () => {
    const decision = peers('x', 'x');
    expect(decision).toMatchObject({ action: 'unchanged', fields: {} });
    expect(decision.record?.origins).toEqual({ title: 'b' });
  });

  it('sources that are no peers do not ask which is greater: the import wins', () => {
    const tie = vector({ local: local(T4), incoming: incoming(T4) });
    const reversed = vector({
      local: stored({ fields: { title: 'there' }, modifiedAt: T4 }),
      incoming: given({ fields: { title: 'here' }, modifiedAt: T4 }),
    });
    expect(decide(tie, { resolution: 'newer' }, null).record?.fields).toEqual({ title: 'there' });
    expect(decide(reversed, { resolution: 'newer' }, null).record?.fields).toEqual({ title: 'here' });
  });
});
