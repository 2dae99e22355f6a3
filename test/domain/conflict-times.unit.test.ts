import { describe, expect, it } from 'vitest';
import { decide } from '../../domain/conflict/decide.ts';
import { baseOf, given, stored, T1, T2, T3, T4, vector } from './support.ts';

describe('7.10 times and origins after a write', () => {
  it('a new record has the times and the origin that its values came with', () => {
    const decision = decide(
      vector({
        local: null,
        incoming: given({ fields: { title: 'T', team: null }, modifiedAt: '2024-01-02T01:00:00.0009+01:00' }),
      }),
      {},
      null,
    );
    expect(decision.record).toEqual({
      fields: { title: 'T', team: null },
      times: { title: T2, team: T2 },
      origins: { title: 'acme', team: 'acme' },
      modifiedAt: T2,
    });
    expect(decision.base).toEqual(baseOf({ title: 'T', team: null }, { title: T2, team: T2 }));
  });

  it('without a time that can be read: the one at which the content was first seen', () => {
    const decision = decide(
      vector({ local: null, incoming: given({ fields: { title: 'T' }, firstObservedAt: T3 }) }),
      {},
      null,
    );
    expect(decision.record?.times).toEqual({ title: T3 });
  });

  it('fields that are kept keep theirs, and the record has the latest of all', () => {
    const decision = decide(
      vector({
        local: stored({
          fields: { title: 'T', team: 'red' },
          times: { title: T1, team: T4 },
          origins: { team: 'eve' },
          modifiedAt: T4,
        }),
        incoming: given({ fields: { title: 'T2', team: 'blue' }, modifiedAt: T2 }),
      }),
      { resolution: 'newer' },
      null,
    );
    expect(decision.record).toEqual({
      fields: { title: 'T2', team: 'red' },
      times: { title: T2, team: T4 },
      origins: { title: 'acme', team: 'eve' },
      modifiedAt: T4,
    });
  });

  it.each([T1, null])('fields that stood under the time of the record keep it when that moves: %s', (modifiedAt) => {
    const decision = decide(
      vector({
        local: stored({ fields: { title: 'T', team: 'red' }, modifiedAt }),
        incoming: given({ fields: { title: 'T2' }, modifiedAt: T2 }),
      }),
      {},
      null,
    );
    expect(decision.record).toMatchObject({ times: { title: T2, team: modifiedAt }, modifiedAt: T2 });
  });

  it('OTHER stores an older time with an older value: never "now", never the later of the two', () => {
    const decision = decide(vector({ incoming: given({ fields: { title: 'there' }, modifiedAt: T1 }) }), {}, null);
    expect(decision.record).toMatchObject({ times: { title: T1 }, modifiedAt: T1 });
  });

  it('a field equal to the base keeps its time, however late the rest of the record was changed', () => {
    const decision = decide(
      vector({
        local: stored({ fields: { title: 'T', team: 'red' }, times: { title: T1, team: T1 }, modifiedAt: T1 }),
        incoming: given({ fields: { title: 'T2', team: 'red' }, modifiedAt: T3 }),
        base: baseOf({ title: 'T', team: 'red' }, { title: T1, team: T1 }),
      }),
      {},
      null,
    );
    expect(decision.record).toMatchObject({ times: { title: T3, team: T1 }, modifiedAt: T3 });
    expect(decision.base?.times).toEqual({ title: T3, team: T1 });
  });

  it('... also where OTHER puts it back over an edit', () => {
    const decision = decide(
      vector({
        local: stored({ fields: { team: 'edited' }, times: { team: T2 } }),
        incoming: given({ fields: { team: 'red' }, modifiedAt: T3 }),
        base: baseOf({ team: 'red' }, { team: T1 }),
      }),
      {},
      null,
    );
    expect(decision.record).toMatchObject({ fields: { team: 'red' }, times: { team: T1 } });
  });

  const agreed = (localTime: string, incomingTime: string) =>
    vector({
      local: stored({
        fields: { title: 'T' },
        times: { title: localTime },
        origins: { title: 'eve' },
        modifiedAt: localTime,
      }),
      incoming: given({ fields: { title: 'T' }, modifiedAt: incomingTime }),
    });

  it('a value that comes again with a later time is that new, and no write', () => {
    const decision = decide(agreed(T1, T2), { resolution: 'newer' }, null);
    expect(decision).toMatchObject({ action: 'unchanged', fields: {} });
    expect(decision.record).toEqual(
      stored({ fields: { title: 'T' }, times: { title: T2 }, origins: { title: 'acme' }, modifiedAt: T2 }),
    );
  });

  it('... not with an earlier or an equal one, nor under THIS', () => {
    for (const [before, policy] of [
      [agreed(T2, T1), {}],
      [agreed(T2, T2), {}],
      [agreed(T1, T2), { resolution: 'this' }],
    ] as const) {
      expect(decide(before, policy, null).record).toBe(before.local);
    }
  });

  it('... nor where it is only said again since the base, even if the time of the base is not known', () => {
    const before = { ...agreed(T1, T3), base: baseOf({ title: 'T' }) };
    expect(decide(before, {}, null).record).toBe(before.local);
  });

  it("... but with a field time of its own, as a peer's value has, it is that new all the same", () => {
    const before = { ...agreed(T1, T3), base: baseOf({ title: 'T' }, { title: T1 }) };
    const peer = { ...before, incoming: { ...before.incoming, times: { title: T2 } } };
    expect(decide(peer, {}, null).record?.times).toEqual({ title: T2 });
  });

  it('values of a peer bring the times and the origins of their own', () => {
    const decision = decide(
      vector({
        peer: true,
        local: null,
        incoming: given({
          fields: { title: 'T', team: 'red' },
          modifiedAt: T3,
          times: { title: T1 },
          origins: { title: 'github' },
        }),
      }),
      {},
      null,
    );
    expect(decision.record).toMatchObject({
      times: { title: T1, team: T3 },
      origins: { title: 'github', team: 'acme' },
      modifiedAt: T3,
    });
  });
});
