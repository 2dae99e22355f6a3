import { describe, expect, it } from 'vitest';
import type { Answer, Configuration, Log, Raw, Run, State, Write } from './events.ts';
import { violations } from './model.ts';

const CONFIGURATION: Configuration = {
  number: 0,
  variant: 'plain',
  kinds: ['repository'],
  removed: 'hold',
  emptySource: 'delete',
};

const record = (name: string): Raw => ({
  name,
  full_name: `o/${name}`,
  owner: { login: 'o' },
  language: 'Go',
  topics: [],
});

const fields = (name: string): Raw => ({
  title: name,
  'properties.language': 'Go',
  'properties.topics': [],
  'properties.mapping': 0,
  'relations.organization': 'o',
});

const state = (at: number, key: string, name: string | null): State => ({
  at,
  kind: 'repository',
  key,
  record: name === null ? null : record(name),
});

const listing = (at: number, ...keys: string[]): Answer => ({
  ...{ at, kind: 'repository', url: '/list', form: 'opening', truth: 'true', moot: false },
  records: new Map(keys.map((key) => [key, record(key)])),
});

const lookup = (at: number, key: string, name: string | null): Answer => ({
  ...{ at, kind: 'repository', url: `/${key}`, form: 'lookup', truth: 'true', moot: false },
  records: new Map([[key, name === null ? null : record(name)]]),
});

const write = (at: number, name: string, epoch = 1): Write => ({
  ...{ at, epoch, newest: epoch },
  entity: `repository o/${name}`,
  fields: fields(name),
});

const remove = (at: number, name: string, epoch = 2): Write => ({ ...write(at, name, epoch), fields: null });

const run = (epoch: number, change: Partial<Run> = {}): Run => ({
  ...{ epoch, begun: epoch * 100, ended: epoch * 100 + 90, configuration: CONFIGURATION, outcome: 'complete' },
  ...{ scope: null, kinds: [{ kind: 'repository', state: 'complete' }], deleted: 0, triggers: [] },
  ...change,
});

/** Two repositories that a first run has written; a second run begins at 200. */
function judged({ runs = [run(1), run(2, { deleted: 1 })], ...then }: Partial<Log>): string[] {
  return violations({
    states: [state(0, 'a', 'a'), state(0, 'b', 'b'), ...(then.states ?? [])],
    answers: [listing(110, 'a', 'b'), ...(then.answers ?? [])],
    writes: [write(150, 'a'), write(150, 'b'), ...(then.writes ?? [])],
    runs,
    triggers: then.triggers ?? [],
  });
}

describe('the judge of the chaos test', () => {
  it('finds nothing where a lookup said that the record is gone', () => {
    const gone = { states: [state(190, 'b', null)], answers: [listing(210, 'a'), lookup(220, 'b', null)] };
    expect(judged({ ...gone, writes: [remove(280, 'b')] })).toEqual([]);
  });

  it('3.2 a record that a lookup found, or a listing returned, may not be deleted', () => {
    const hidden = [listing(210, 'a'), lookup(220, 'b', 'b')];
    expect(judged({ answers: hidden, writes: [remove(280, 'b')] })[0]).toContain('the source answered that it holds b');
    const seen = [listing(210, 'a', 'b')];
    expect(judged({ answers: seen, writes: [remove(280, 'b')] })[0]).toContain('b was listed and never gone');
  });

  it('3.7 without lookup both listings would have to miss it, and only a list that moves or lies may', () => {
    const moved = { states: [state(205, 'a', null)], writes: [remove(270, 'a'), remove(280, 'b')] };
    const runs = [run(1), run(2, { deleted: 2 })];
    const [once] = judged({ ...moved, answers: [listing(210)], runs });
    expect(once).toContain('did not get a second look');
    const twice = judged({ ...moved, answers: [listing(210), listing(240)], runs });
    expect(twice.filter((text) => text.startsWith('delete'))).toEqual([]);
    const still = judged({ answers: [listing(210, 'a'), listing(240, 'a')], writes: [remove(280, 'b')] });
    expect(still[0]).toContain('the lists stood still');
  });

  it('3.3 3.4 what is to be held is not deleted', () => {
    const gone = { states: [state(190, 'b', null), state(190, 'a', null)], answers: [listing(210), listing(240)] };
    const holds = [run(1), run(2, { deleted: 1, configuration: { ...CONFIGURATION, emptySource: 'hold' } })];
    expect(judged({ ...gone, writes: [remove(280, 'b')], runs: holds })[0]).toContain('was to be held');
    const without = [run(1), run(2, { deleted: 1, configuration: { ...CONFIGURATION, kinds: ['organization'] } })];
    expect(judged({ writes: [remove(280, 'b')], runs: without })[0]).toContain('its resource was removed');
  });

  it('5.1 a write that is committed after a newer epoch has begun, and one of no run', () => {
    const late = { ...write(210, 'a'), newest: 2 };
    expect(judged({ writes: [late], runs: [run(1), run(2)] })[0]).toContain('committed after epoch 2 had begun');
    const foreign = { ...write(210, 'a'), epoch: null };
    expect(judged({ writes: [foreign], runs: [run(1), run(2)] })[0]).toContain('which is no run');
  });

  it('2.2 2.5 a run that says complete and could not read; one that deleted on an incomplete view, or miscounts', () => {
    const fault = { ...listing(210), truth: 'fault' as const, records: new Map() };
    const runs = [run(1), run(2)];
    expect(judged({ answers: [fault], runs })).toEqual(['run 2 says complete, but /list could not be read']);
    expect(judged({ answers: [fault, listing(220, 'a', 'b')], runs })).toEqual([]);
    const gone = { states: [state(190, 'b', null)], answers: [lookup(220, 'b', null)], writes: [remove(280, 'b')] };
    const [aborted] = judged({ ...gone, runs: [run(1), run(2, { outcome: 'aborted', deleted: 1 })] });
    expect(aborted).toContain('deleted 1 on an incomplete view');
    expect(judged({ ...gone, runs })[0]).toContain('0 deleted; 1 were deleted');
  });

  it('4.1 a trigger that only an aborted run covers', () => {
    const runs = [run(1), run(2, { outcome: 'aborted', triggers: ['t'] })];
    expect(judged({ triggers: ['t'], runs })).toEqual(['trigger t was accepted, and no finished run covers it']);
  });

  it('at the end the catalog is what the source maps to, field by field', () => {
    const states = [state(190, 'b', 'c')];
    expect(judged({ states, runs: [run(1), run(2)] })).toEqual([
      expect.stringContaining('at the end repository o/c is nothing'),
      expect.stringContaining('at the end repository o/b is [["'),
    ]);
  });
});
