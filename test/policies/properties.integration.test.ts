import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Catalog, policy, record, T1, T2, T3 } from './support.ts';

/** What three resources say of one entity, and another order in which each of them says it twice. */
const value = fc.constantFrom<string | null>('a', 'b', null);
const content = fc.dictionary(fc.constantFrom('title', 'team', 'properties.x'), value);
const said = fc.record({ fields: content, time: fc.constantFrom(T1, T2, T3) });
const orders = fc
  .tuple(said, said, said)
  .chain((all) =>
    fc.record({
      all: fc.constant(all),
      order: fc.shuffledSubarray([0, 1, 2, 0, 1, 2], { minLength: 6, maxLength: 6 }),
    }),
  );

describe('policies of several resources on one entity, whatever they say', () => {
  let catalog: Catalog;
  beforeAll(async () => {
    catalog = await Catalog.open();
  });
  afterAll(() => catalog?.close());

  type Said = { readonly fields: Readonly<Record<string, string | null>>; readonly time: string };

  async function written(all: readonly Said[], order: readonly number[], resolution: 'other' | 'newer') {
    const batches = order.map((place) => {
      const { fields, time } = all[place] as Said;
      const resource = `thing#${place}`;
      const mapped = record(fields, time, { key: `k${place}`, identifier: 'a' });
      return [[mapped], { resource, position: place, policy: policy({ resolution }) }] as const;
    });
    const { counts } = await catalog.write(...batches);
    return { fields: await catalog.fields(), counts };
  }

  it.each(['other', 'newer'] as const)(
    '1.7 7.3 7.4 %s: the content depends neither on the order of batches nor on how often each comes',
    async (resolution) => {
      await fc.assert(
        fc.asyncProperty(orders, async ({ all, order }) => {
          await catalog.reset();
          const { fields } = await written(all, [0, 1, 2, 0, 1, 2], resolution);
          await catalog.reset();
          await written(all, order, resolution);
          const again = await written(all, order, resolution);
          expect(again.fields).toEqual(fields);
          if (resolution === 'other') expect(fields).toEqual(Object.assign({}, ...all.map((each) => each.fields)));
          for (const counts of (await written(all, order, resolution)).counts) {
            expect(counts).toMatchObject({ created: 0, updated: 0 });
          }
        }),
        { numRuns: 8 },
      );
    },
    60_000,
  );

  it('7.1 7.3 skipped, and kept by THIS, means byte for byte the same', async () => {
    await fc.assert(
      fc.asyncProperty(said, said, fc.boolean(), async (first, second, skips) => {
        await catalog.reset();
        await catalog.write([[record(first.fields, first.time)], { policy: policy({ resolution: 'newer' }) }]);
        const before = await catalog.row();
        const rules = skips ? policy({ strategy: [], resolution: 'other' }) : policy({ resolution: 'this' });
        await catalog.write([[record(second.fields, second.time)], { policy: rules }]);
        expect(await catalog.row()).toEqual(before);
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});
