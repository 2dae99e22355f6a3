import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallReport } from '../../domain/call.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { Rig } from '../support/rig.ts';
import { families, type Thing } from './families.ts';

const thing = (name: string, title = name.toUpperCase()): Thing => ({ name, title });
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => thing(name)) as [Thing, Thing, Thing, Thing];

/** The counts of a report that are not zero. */
function counts({ state, reason, result }: CallReport): Record<string, number> {
  expect({ state, reason }).toEqual({ state: 'applied', reason: null });
  return Object.fromEntries(Object.entries(result ?? {}).filter(([, count]) => count > 0));
}

/** What the raw family asks for, the plain one asks for too, with other numbers (seed S0.45). */
const IDS = {
  raw: {
    diff: 'S0.1 S0.2 S0.3 S0.28 S0.31 S0.32',
    aside: 'S0.34 S0.35',
    empty: 'S0.36 S0.37',
    register: 'S0.38 S0.39',
    unregister: 'S0.42 S0.43',
  },
  plain: {
    diff: 'S0.45 S0.48',
    aside: 'S0.45 S0.48',
    empty: 'S0.45 S0.48',
    register: 'S0.45 S0.49',
    unregister: 'S0.45 S0.50',
  },
} as const;

describe.each(['raw', 'plain'] as const)('%s calls', (name) => {
  const family = families[name];
  const ids = IDS[name];
  let rig: Rig;
  beforeAll(async () => {
    const { store, organizations } = generated({
      organizations: 1,
      repositories: 0,
      pullRequests: 0,
      repositoriesWithPulls: 0,
    });
    rig = await Rig.start({ store, organizations });
  });
  beforeEach(() =>
    rig.db.query('delete from tidemark.entity; delete from tidemark.claim; delete from tidemark.tombstone'),
  );
  afterAll(() => rig?.close());

  /** Name → title of what the family wrote. */
  const catalog = async () =>
    Object.fromEntries(
      [...(await rig.entities()).values()]
        .filter(({ blueprint }) => blueprint === family.blueprint)
        .map(({ identifier, title }) => [identifier, title]),
    );
  const rows = () => rig.db.query('select * from tidemark.entity order by identifier');

  it(`${ids.diff} a difference deletes what is only before, updates and creates what is after, once`, async () => {
    await family.register(rig, [a, b]);
    const difference = { before: [a, b], after: [thing('b', 'new'), c] };
    expect(counts(await family.diff(rig, difference))).toEqual({ created: 1, updated: 1, deleted: 1 });
    expect(await catalog()).toEqual({ b: 'new', c: 'C' });
    const before = await rows();
    expect(counts(await family.diff(rig, difference))).toEqual({ unchanged: 2 });
    expect(await rows()).toEqual(before);
  });

  it(`${ids.aside} what is in neither list stays as it is, byte for byte`, async () => {
    await family.register(rig, [a, d]);
    const [, before] = await rows();
    await family.diff(rig, { before: [a], after: [b] });
    expect(await catalog()).toEqual({ b: 'B', d: 'D' });
    expect((await rows())[1]).toEqual(before);
  });

  it(`${ids.empty} an empty before creates all, an empty after deletes all, both do nothing`, async () => {
    expect(counts(await family.diff(rig, { before: [], after: [a, b] }))).toEqual({ created: 2 });
    expect(counts(await family.diff(rig, { before: [a, b], after: [] }))).toEqual({ deleted: 2 });
    expect(counts(await family.diff(rig, { before: [], after: [] }))).toEqual({});
    expect(await catalog()).toEqual({});
  });

  it(`${ids.register} register creates and updates, and deletes nothing that the list lacks`, async () => {
    expect(counts(await family.register(rig, [a, b]))).toEqual({ created: 2 });
    expect(counts(await family.register(rig, [thing('b', 'new'), c]))).toEqual({ created: 1, updated: 1 });
    expect(counts(await family.register(rig, []))).toEqual({});
    expect(await catalog()).toEqual({ a: 'A', b: 'new', c: 'C' });
  });

  it(`${ids.unregister} unregister only deletes what is listed; what is unknown is no error`, async () => {
    await family.register(rig, [a, b]);
    expect(counts(await family.unregister(rig, [a, c]))).toEqual({ deleted: 1 });
    expect(await catalog()).toEqual({ b: 'B' });
    expect(counts(await family.unregister(rig, [a]))).toEqual({});
    // What was unregistered may come back.
    expect(counts(await family.register(rig, [a]))).toEqual({ created: 1 });
  });

  it('of one entity twice in a list the last counts', async () => {
    expect(counts(await family.register(rig, [a, thing('a', 'last')]))).toEqual({ created: 1 });
    expect(await catalog()).toEqual({ a: 'last' });
  });
});
