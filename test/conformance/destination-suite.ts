import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../catalog/database.ts';
import type { Destination } from '../../destinations/destination.ts';
import { type MappedRecord, StagedRun } from '../support/staged-run.ts';
import { describeDeletes } from './delete-suite.ts';
import { describeStrategy } from './strategy-suite.ts';

/** A destination with what the suite needs to look at it from outside. */
export interface DestinationUnderTest {
  readonly db: Database;
  readonly destination: Destination;
  /** What the destination holds: `<blueprint>/<identifier>` → fields. */
  read(): Promise<Record<string, Record<string, unknown>>>;
  /** How often the destination has written an entity, from its own log. */
  writes(): Promise<number>;
  /** Writes an entity as a person would, past Tidemark. */
  writeByHand(entity: { blueprint: string; identifier: string; fields: Record<string, unknown> }): Promise<void>;
  /** Empties everything. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** What every destination must do: written once, run by each. */
export function describeDestination(name: string, open: () => Promise<DestinationUnderTest>): void {
  describe(`destination ${name}`, () => {
    let under: DestinationUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    beforeEach(() => under.reset());
    afterAll(() => under.close());

    const begin = (options?: Parameters<typeof StagedRun.begin>[1]) => StagedRun.begin(under, options);

    /** A complete run that returns just these records. */
    async function resync(records: readonly MappedRecord[], integration = 'acme') {
      const run = await begin({ integration });
      const counts = await run.write(records);
      const { phase } = await run.deleteUnseen();
      await run.end();
      return { counts, deleted: phase.kinds.reduce((sum, kind) => sum + kind.deleted, 0), phase };
    }

    it('S0.3 creates, updates and deletes just what differs, and a second run writes nothing', async () => {
      await resync([
        { key: 'a', fields: { title: 'A' } },
        { key: 'b', fields: { title: 'B' } },
      ]);
      const wanted = [
        { key: 'b', fields: { title: 'B2' } },
        { key: 'c', fields: { title: 'C' } },
      ];
      const second = await resync(wanted);
      expect(second.counts).toMatchObject({ created: 1, updated: 1, unchanged: 0 });
      expect(second.deleted).toBe(1);
      expect(await under.read()).toEqual({ 'thing/b': { title: 'B2' }, 'thing/c': { title: 'C' } });

      const before = await under.writes();
      const third = await resync(wanted);
      expect(third.counts).toMatchObject({ created: 0, updated: 0, unchanged: 2 });
      expect(third.deleted).toBe(0);
      expect(await under.writes()).toBe(before);
    });

    it('1.6 keys in another order are no change', async () => {
      await resync([{ key: 'a', fields: { title: 'A', 'properties.tags': { x: 1, y: [1, { p: 1, q: 2 }] } } }]);
      const again = await resync([
        { key: 'a', fields: { 'properties.tags': { y: [1, { q: 2, p: 1 }], x: 1 }, title: 'A' } },
      ]);
      expect(again.counts).toMatchObject({ updated: 0, unchanged: 1 });
    });

    it('1.5 an explicit null clears a value, and stays an explicit null', async () => {
      await resync([{ key: 'a', fields: { title: 'A', 'properties.license': 'MIT' } }]);
      const cleared = await resync([{ key: 'a', fields: { title: 'A', 'properties.license': null } }]);
      expect(cleared.counts.updated).toBe(1);
      expect(await under.read()).toEqual({ 'thing/a': { title: 'A', 'properties.license': null } });
    });

    it('1.5 a field that the mapping no longer names is cleared', async () => {
      await resync([{ key: 'a', fields: { title: 'A', 'properties.license': 'MIT' } }]);
      await resync([{ key: 'a', fields: { title: 'A' } }]);
      expect(await under.read()).toEqual({ 'thing/a': { title: 'A' } });
    });

    it('1.5 a field whose expression failed stays as it is, also in the next run', async () => {
      await resync([{ key: 'a', fields: { title: 'A', 'properties.size': 1 } }]);
      for (const title of ['A2', 'A3']) {
        await resync([{ key: 'a', fields: { title }, failed: ['properties.size'] }]);
        expect(await under.read()).toEqual({ 'thing/a': { title, 'properties.size': 1 } });
      }
    });

    it('1.7 duplicates inside one batch: the last wins, and is counted', async () => {
      const { counts } = await resync([
        { key: 'a', fields: { title: 'first' } },
        { key: 'a', fields: { title: 'last' } },
      ]);
      expect(counts).toMatchObject({ created: 1, duplicates: 1 });
      expect(await under.read()).toEqual({ 'thing/a': { title: 'last' } });
    });

    it('1.7 one identifier from two records: merged in record key order, in whichever order they come', async () => {
      const records: MappedRecord[] = [
        { key: 'k1', identifier: 'same', fields: { title: 'one', 'properties.a': 1 } },
        { key: 'k2', identifier: 'same', fields: { title: 'two', 'properties.b': 2 } },
      ];
      const merged = { 'thing/same': { title: 'two', 'properties.a': 1, 'properties.b': 2 } };
      await resync(records);
      expect(await under.read()).toEqual(merged);
      const before = await under.writes();
      await resync([...records].reverse());
      expect(await under.read()).toEqual(merged);
      expect(await under.writes()).toBe(before);
    });

    it('1.7 one identifier from two resources: merged in configuration order, however the batches commit', async () => {
      for (const order of [
        [0, 1],
        [1, 0],
      ]) {
        await under.reset();
        const run = await begin();
        for (const position of order) {
          const fields = { title: `from ${position}`, [`properties.p${position}`]: position };
          await run.write([{ key: 'k', identifier: 'same', fields }], { resource: `thing#${position}`, position });
        }
        expect(await under.read()).toEqual({
          'thing/same': { title: 'from 1', 'properties.p0': 0, 'properties.p1': 1 },
        });
      }
    });

    it('1.7 claims of a resource that left the configuration fill gaps, and never overrule what is still read', async () => {
      const first = await begin();
      await first.write([{ key: 'k', fields: { title: 'old', 'properties.a': 1 } }], { resource: 'two', position: 1 });
      await first.end();
      const resources = ['one'];
      for (const title of ['new', 'newer']) {
        const run = await begin();
        await run.write([{ key: 'k', fields: { title } }], { resource: 'one', position: 0, resources });
        await run.deleteUnseen({ resources });
        await run.end();
        expect(await under.read()).toEqual({ 'thing/k': { title, 'properties.a': 1 } });
      }
    });

    it('1.2 an entity is deleted only when its last claim ends; until then its fields are those of the claims left', async () => {
      const write = async (records: { one: MappedRecord[]; two: MappedRecord[] }) => {
        const run = await begin();
        await run.write(records.one, { resource: 'one', position: 0 });
        await run.write(records.two, { resource: 'two', position: 1 });
        const { phase } = await run.deleteUnseen({ resources: ['one', 'two'] });
        await run.end();
        return phase.kinds[0]?.deleted;
      };
      const one = { key: 'k1', identifier: 'same', fields: { title: 'one', 'properties.a': 1 } };
      const two = { key: 'k2', identifier: 'same', fields: { title: 'two', 'properties.b': 2 } };
      await write({ one: [one], two: [two] });
      expect(await write({ one: [one], two: [] })).toBe(0);
      expect(await under.read()).toEqual({ 'thing/same': { title: 'one', 'properties.a': 1 } });
      expect(await write({ one: [], two: [] })).toBe(1);
      expect(await under.read()).toEqual({});
    });

    it('1.2 1.5 a field that a claim took over when another one ended goes when that claim names it no more', async () => {
      const write = async (records: MappedRecord[]) => {
        const run = await begin();
        await run.write(records);
        await run.deleteUnseen();
        await run.end();
      };
      // k3 comes after k2: while both are there, what k2 says does not show.
      const k3 = { key: 'k3', identifier: 'same', fields: { 'properties.a': 1 } };
      await write([k3]);
      await write([{ key: 'k2', identifier: 'same', fields: { 'properties.a': 2 } }, k3]);
      expect(await under.read()).toEqual({ 'thing/same': { 'properties.a': 1 } });
      await write([{ key: 'k2', identifier: 'same', fields: { 'properties.a': 2 } }]);
      expect(await under.read()).toEqual({ 'thing/same': { 'properties.a': 2 } });
      await write([{ key: 'k2', identifier: 'same', fields: {} }]);
      expect(await under.read()).toEqual({ 'thing/same': {} });
    });

    it('1.5 1.7 a field that a claim gives up is the null of the claim before it, not what that one wrote earlier', async () => {
      const write = async (k1: MappedRecord['fields'], k2: MappedRecord['fields']) => {
        const run = await begin();
        await run.write([
          { key: 'k1', identifier: 'same', fields: k1 },
          { key: 'k2', identifier: 'same', fields: k2 },
        ]);
        await run.end();
      };
      await write({ 'properties.b': 1 }, { 'properties.b': 1 });
      await write({ 'properties.b': null }, {});
      expect(await under.read()).toEqual({ 'thing/same': { 'properties.b': null } });
    });

    it('1.1 a record that was only seen takes its entity over when the claim that wrote it ends', async () => {
      const both = { fields: { title: 'same' }, identifier: 'same' };
      const first = await begin();
      await first.write([{ key: 'k1', ...both }], { resource: 'one', position: 0 });
      await first.write([{ key: 'k2', ...both }], { resource: 'two', position: 1 });
      await first.deleteUnseen({ resources: ['one', 'two'] });
      await first.end();

      const second = await begin();
      await second.write([], { resource: 'one', position: 0 });
      await second.write([{ key: 'k2', ...both }], { resource: 'two', position: 1 });
      await second.deleteUnseen({ resources: ['one', 'two'] });
      await second.end();
      expect(await under.read()).toEqual({ 'thing/same': { title: 'same' } });

      const third = await begin();
      await third.deleteUnseen({ resources: ['one', 'two'] });
      expect(await under.read()).toEqual({});
    });

    it('1.1 a record that found an entity as it would have written it owns nothing: when it goes, the entity stays', async () => {
      await under.writeByHand({ blueprint: 'thing', identifier: 'a', fields: { title: 'mine' } });
      const { counts } = await resync([{ key: 'a', fields: { title: 'mine' } }]);
      expect(counts).toMatchObject({ created: 0, updated: 0, unchanged: 1 });
      expect((await resync([])).deleted).toBe(0);
      expect(await under.read()).toEqual({ 'thing/a': { title: 'mine' } });
    });

    it('1.7 the content does not depend on the order in which the batches of a run commit', async () => {
      // k2 comes later in the merge, and says at first what k1 says: it owns nothing. Then k1 changes.
      const write = async (fields: Record<string, unknown>) => {
        const run = await begin();
        await run.write([{ key: 'k2', identifier: 'same', fields: { title: 'v1' } }], { resource: 'two', position: 1 });
        await run.write([{ key: 'k1', identifier: 'same', fields }], { resource: 'one', position: 0 });
        await run.deleteUnseen({ resources: ['one', 'two'] });
        await run.end();
      };
      const first = await begin();
      await first.write([{ key: 'k1', identifier: 'same', fields: { title: 'v1' } }], { resource: 'one', position: 0 });
      await first.end();
      await write({ title: 'v1' });
      await write({ title: 'v2', 'properties.x': 1 });
      expect(await under.read()).toEqual({ 'thing/same': { title: 'v1', 'properties.x': 1 } });
    });

    it('S0.4 entities of another integration and of people are never touched', async () => {
      await under.writeByHand({ blueprint: 'thing', identifier: 'byhand', fields: { title: 'mine' } });
      await resync([{ key: 'b', fields: { title: 'B' } }], 'other');
      await resync([{ key: 'a', fields: { title: 'A' } }]);
      const { deleted } = await resync([]);
      expect(deleted).toBe(1);
      expect(await under.read()).toEqual({ 'thing/byhand': { title: 'mine' }, 'thing/b': { title: 'B' } });
    });

    it('S0.5 an entity that two integrations changed goes only when both let go', async () => {
      await resync([{ key: 'a', fields: { title: 'A' } }], 'other');
      await resync([{ key: 'a', fields: { 'properties.x': 1 } }]);
      expect((await resync([], 'other')).deleted).toBe(0);
      expect(await under.read()).toEqual({ 'thing/a': { 'properties.x': 1 } });
      expect((await resync([])).deleted).toBe(1);
      expect(await under.read()).toEqual({});
    });

    it('3.1 a claim seen in this epoch is never deleted, one seen in the epoch before is', async () => {
      await resync([{ key: 'a' }, { key: 'b' }]);
      const run = await begin();
      await run.write([{ key: 'a' }]);
      const { stale } = await run.deleteUnseen();
      expect(stale).toMatchObject([{ kind: 'thing', candidates: 1 }]);
      expect(Object.keys(await under.read())).toEqual(['thing/a']);
    });

    it('1.4 a record without identity keeps its entity; one that no claim knows holds all deletes of its kind', async () => {
      await resync([{ key: 'a' }, { key: 'b' }]);
      const known = await begin();
      await known.write([{ key: 'a', rejected: true }]);
      const first = await known.deleteUnseen();
      await known.end();
      expect(first.phase.kinds).toMatchObject([{ deleted: 1, held: null }]);
      expect(Object.keys(await under.read())).toEqual(['thing/a']);

      const unknown = await begin();
      await unknown.write([{ key: 'new', rejected: true }]);
      const second = await unknown.deleteUnseen();
      expect(second.phase.kinds).toMatchObject([
        { deleted: 0, held: expect.stringContaining('unidentified records: 1') },
      ]);
      expect(Object.keys(await under.read())).toEqual(['thing/a']);
    });

    it('6.2 an older observation never replaces a newer one, and still counts as seen', async () => {
      const run = await begin();
      await run.write([{ key: 'a', fields: { title: 'new' } }]);
      const { outdated } = await run.write([
        { key: 'a', fields: { title: 'old' }, observedAt: '2020-01-01 00:00:00+00' },
      ]);
      expect(outdated).toBe(1);
      expect(await under.read()).toEqual({ 'thing/a': { title: 'new' } });
      expect((await run.deleteUnseen()).stale).toEqual([]);
    });

    it('5.1 a run that was overtaken writes nothing more and deletes nothing', async () => {
      await resync([{ key: 'a', fields: { title: 'A' } }]);
      const old = await begin();
      const staged = await old.stage([{ key: 'a', fields: { title: 'zombie' } }]);
      const young = await begin();
      await expect(under.destination.upsert(old.run, staged)).rejects.toMatchObject({ name: 'StaleEpochError' });
      await expect(old.deleteUnseen()).rejects.toMatchObject({ name: 'StaleEpochError' });
      await young.write([{ key: 'a', fields: { title: 'A2' } }]);
      expect(await under.read()).toEqual({ 'thing/a': { title: 'A2' } });
    });

    it('5.2 a batch that is written twice counts and writes once', async () => {
      const run = await begin();
      const staged = await run.stage([{ key: 'a', fields: { title: 'A' } }]);
      const first = await under.destination.upsert(run.run, staged);
      const before = await under.writes();
      expect(await under.destination.upsert(run.run, staged)).toEqual(first);
      expect(first.counts.created).toBe(1);
      expect(await under.writes()).toBe(before);
    });

    it('after any complete run the destination equals the source mapped afresh, whatever happened before', async () => {
      // Two resources that map to few identifiers, so that they meet; each run returns another state of the source.
      const fields = fc.dictionary(
        fc.constantFrom('title', 'properties.a', 'properties.b'),
        fc.constantFrom(1, 2, null),
        { maxKeys: 3 },
      );
      const record = fc.record({
        key: fc.constantFrom('k1', 'k2', 'k3'),
        identifier: fc.constantFrom('x', 'y'),
        fields,
      });
      const state = fc.record({
        one: fc.uniqueArray(record, { selector: ({ key }) => key, maxLength: 3 }),
        two: fc.uniqueArray(record, { selector: ({ key }) => key, maxLength: 3 }),
        twoFirst: fc.boolean(),
        complete: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(state, { minLength: 2, maxLength: 5 }), async (states) => {
          await under.reset();
          await under.writeByHand({ blueprint: 'thing', identifier: 'byhand', fields: { title: 'mine' } });
          for (const { one, two, twoFirst, complete } of states) {
            const run = await begin();
            const writes = [
              () => run.write(one, { resource: 'one', position: 0 }),
              () => run.write(two, { resource: 'two', position: 1 }),
            ];
            for (const write of twoFirst ? writes.reverse() : writes) await write();
            if (complete) await run.deleteUnseen({ resources: ['one', 'two'] });
            await run.end(complete ? 'complete' : 'incomplete');
            const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
            const mapped: Record<string, Record<string, unknown>> = { 'thing/byhand': { title: 'mine' } };
            for (const { identifier, fields } of [...[...one].sort(byKey), ...[...two].sort(byKey)]) {
              const id = `thing/${identifier}`;
              mapped[id] = { ...mapped[id], ...fields };
            }
            if (complete) expect(await under.read()).toEqual(mapped);
          }
        }),
        { numRuns: 60 },
      );
    }, 120_000);

    it('11 texts with quotes, backslashes, emoji and prototype keys arrive as they are', async () => {
      const fields = {
        title: `O'Neil "x" \\ \t ${String.fromCodePoint(0x1f4a7)}`,
        'properties.__proto__': { constructor: 1, ['__proto__']: 2 },
        'properties.a.b': [1.5, 1e21, -0.1, true, null, ''],
      };
      await resync([{ key: `k'"\\`, identifier: `id'"\\ü`, fields }]);
      expect(await under.read()).toEqual({ [`thing/id'"\\ü`]: fields });
    });

    describeDeletes(() => under);
    describeStrategy(() => under);
  });
}
