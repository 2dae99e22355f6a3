import { describe, expect, it } from 'vitest';
import { decide } from '../../domain/conflict/decide.ts';
import type { Action } from '../../domain/conflict/decision.ts';
import type { Policy } from '../../domain/conflict/policy.ts';
import { baseOf, T1, vector } from './support.ts';

const known = vector();
const unknown = vector({ local: null });

describe('7.1 the strategy', () => {
  it.each<[string, Policy['strategy'], Action, Action]>([
    ['S2.15 not set: create and update', undefined, 'create', 'update'],
    ['S2.8 null: skip', null, 'skip', 'skip'],
    ['S2.8 empty: skip', [], 'skip', 'skip'],
    ['S2.10, S2.13 create alone', ['create'], 'create', 'skip'],
    ['S2.11, S2.12 update alone', ['update'], 'skip', 'update'],
    ['S2.7 both', ['update', 'create'], 'create', 'update'],
    ['one value counts as a list of one', 'create', 'create', 'skip'],
  ])('%s', (_, strategy, whenUnknown, whenKnown) => {
    const policy = strategy === undefined ? {} : { strategy };
    expect(decide(unknown, policy, null).action).toBe(whenUnknown);
    expect(decide(known, policy, null).action).toBe(whenKnown);
  });

  it('the method is CREATE without a local record, else UPDATE, before anybody is asked', () => {
    expect(unknown.method).toBe('create');
    expect(known.method).toBe('update');
  });

  it.each<[string, unknown, Action, Action]>([
    ['S2.14 it sets the strategy', { strategy: ['create'] }, 'create', 'skip'],
    ['S2.8 null: skip', { strategy: null }, 'skip', 'skip'],
    ['S2.8 empty: skip', { strategy: [] }, 'skip', 'skip'],
    ['one word', { strategy: 'update', resolution: 'other' }, 'skip', 'update'],
    ['S2.15 it returns nothing', undefined, 'create', 'unchanged'],
    ['S2.15 it sets something else', { resolution: 'other' }, 'create', 'update'],
  ])('S2.14 the resolver: %s', (_, answer, whenUnknown, whenKnown) => {
    expect(decide(unknown, {}, { answer }).action).toBe(whenUnknown);
    expect(decide(known, {}, { answer }).action).toBe(whenKnown);
  });

  it('the resolver wins over the strategy of the configuration, both ways', () => {
    expect(decide(known, { strategy: [] }, { answer: { strategy: 'update', resolution: 'other' } }).action).toBe(
      'update',
    );
    expect(decide(known, { strategy: ['update'] }, { answer: { strategy: [] } }).action).toBe('skip');
    expect(decide(known, { strategy: [] }, { answer: { resolution: 'other' } }).action).toBe('skip');
  });

  it('S2.9, S2.13 a skipped record keeps all it has, and its base; it is told apart from an unchanged one', () => {
    const before = vector({ base: baseOf({ title: 'then' }, { title: T1 }) });
    const decision = decide(before, { strategy: 'create' }, null);
    expect(decision).toMatchObject({ action: 'skip', fields: {}, removed: [], details: [] });
    expect(decision.record).toBe(before.local);
    expect(decision.base).toBe(before.base);
    expect(decide(unknown, { strategy: [] }, null).record).toBeNull();
  });
});
