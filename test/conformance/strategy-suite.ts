import { describe, expect, it } from 'vitest';
import type { Strategy } from '../../domain/strategy.ts';
import { type MappedRecord, StagedRun } from '../support/staged-run.ts';
import type { DestinationUnderTest } from './destination-suite.ts';

/** What a strategy allows and leaves alone, to be run within the suite of a destination. */
export function describeStrategy(current: () => DestinationUnderTest): void {
  const BOTH: Strategy = { create: true, update: true };
  const CREATE: Strategy = { create: true, update: false };
  const UPDATE: Strategy = { create: false, update: true };
  const NEITHER: Strategy = { create: false, update: false };

  /** A complete run that returns just these records. */
  async function resync(records: readonly MappedRecord[], strategy: Strategy) {
    const run = await StagedRun.begin(current());
    const counts = await run.write(records, { strategy });
    const { phase } = await run.deleteUnseen();
    await run.end();
    return { ...counts, deleted: phase.kinds[0]?.deleted };
  }

  const thing = (key: string, title: string): MappedRecord => ({ key, fields: { title } });

  it('1.3 7.1 [create] twice: the second run skips and sees what is there, changes nothing and deletes nothing', async () => {
    const created = { created: 2, skipped: 0, deleted: 0 };
    expect(await resync([thing('a', 'A'), thing('b', 'B')], CREATE)).toMatchObject(created);
    const before = await current().writes();
    const second = await resync([thing('a', 'A'), thing('b', 'B2')], CREATE);
    expect(second).toMatchObject({ created: 0, updated: 0, unchanged: 0, skipped: 2, deleted: 0 });
    expect(await current().writes()).toBe(before);
    expect(await current().read()).toEqual({ 'thing/a': { title: 'A' }, 'thing/b': { title: 'B' } });
  });

  it('7.1 [create] deletes what is gone: it is the last claim that ends', async () => {
    await resync([thing('a', 'A'), thing('b', 'B')], CREATE);
    expect(await resync([thing('a', 'A')], CREATE)).toMatchObject({ skipped: 1, deleted: 1 });
    expect(await current().read()).toEqual({ 'thing/a': { title: 'A' } });
  });

  it('7.1 [create] leaves what somebody else made alone, and does not own it', async () => {
    await current().writeByHand({ blueprint: 'thing', identifier: 'a', fields: { title: 'mine' } });
    expect(await resync([thing('a', 'A')], CREATE)).toMatchObject({ created: 0, skipped: 1 });
    expect(await resync([], CREATE)).toMatchObject({ deleted: 0 });
    expect(await current().read()).toEqual({ 'thing/a': { title: 'mine' } });
  });

  it('7.1 [update] changes what is there and never creates', async () => {
    await current().writeByHand({ blueprint: 'thing', identifier: 'a', fields: { title: 'mine' } });
    expect(await resync([thing('a', 'A'), thing('b', 'B')], UPDATE)).toMatchObject({
      created: 0,
      updated: 1,
      skipped: 1,
    });
    expect(await current().read()).toEqual({ 'thing/a': { title: 'A' } });
    expect(await resync([thing('a', 'A'), thing('b', 'B')], UPDATE)).toMatchObject({
      created: 0,
      updated: 0,
      skipped: 1,
    });
  });

  it('1.3 7.1 [] skips everything, and everything counts as seen', async () => {
    await resync([thing('a', 'A'), thing('b', 'B')], BOTH);
    const before = await current().writes();
    const skipped = { created: 0, updated: 0, unchanged: 0, skipped: 3, deleted: 0 };
    expect(await resync([thing('a', 'A2'), thing('b', 'B'), thing('c', 'C')], NEITHER)).toMatchObject(skipped);
    expect(await current().writes()).toBe(before);
    expect(await current().read()).toEqual({ 'thing/a': { title: 'A' }, 'thing/b': { title: 'B' } });
  });

  it('7.1 what was skipped does not count into the content: the claim keeps what it wrote', async () => {
    const one = (title: string, strategy: Strategy, extra: object) => async () => {
      const run = await StagedRun.begin(current());
      const same = { identifier: 'same' };
      await run.write([{ key: 'k1', ...same, fields: { title } }], { resource: 'one', position: 0, strategy });
      await run.write([{ key: 'k2', ...same, fields: { ...extra } }], { resource: 'two', position: 1 });
      await run.end();
    };
    await one('written', BOTH, { 'properties.x': 1 })();
    await one('skipped', CREATE, { 'properties.x': 2 })();
    expect(await current().read()).toEqual({ 'thing/same': { title: 'written', 'properties.x': 2 } });
    await one('written again', BOTH, { 'properties.x': 2 })();
    expect(await current().read()).toEqual({ 'thing/same': { title: 'written again', 'properties.x': 2 } });
  });

  describe.each([
    ['create', CREATE],
    ['update', UPDATE],
    ['neither', NEITHER],
  ])('%s', (_, strategy) => {
    it('7.1 a record that is skipped twice in one run is counted once', async () => {
      await resync([thing('a', 'A')], BOTH);
      const run = await StagedRun.begin(current());
      const records = strategy.update ? [thing('b', 'B')] : [thing('a', 'A')];
      const first = await run.write(records, { strategy });
      const again = await run.write(records, { strategy });
      expect(first).toMatchObject({ skipped: 1, duplicates: 0 });
      expect(again.skipped + again.duplicates).toBe(1);
    });
  });
}
