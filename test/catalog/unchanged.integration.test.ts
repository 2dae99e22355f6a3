import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCatalog, type TestCatalog } from '../support/catalog.ts';
import { type MappedRecord, StagedRun, type Target } from '../support/staged-run.ts';

describe('records that say the same as before', () => {
  let under: TestCatalog;
  beforeAll(async () => {
    under = await startCatalog();
  });
  beforeEach(() => under.db.query('truncate tidemark.integration, tidemark.entity, tidemark.claim cascade'));
  afterAll(() => under.close());

  async function resync(...batches: { records: readonly MappedRecord[]; target?: Target }[]) {
    const run = await StagedRun.begin(under);
    const counts = [];
    for (const { records, target } of batches) counts.push(await run.write(records, target));
    await run.end();
    return counts;
  }

  const titles = async () =>
    Object.fromEntries(
      (
        await under.db.query<{ identifier: string; title: unknown }>(
          `select identifier, fields -> 'title' as title from tidemark.entity`,
        )
      ).map(({ identifier, title }) => [identifier, title]),
    );

  it('1.6 they renew their claim, whose content is not written again', async () => {
    const records = [{ key: 'a', fields: { title: 'A' } }];
    await resync({ records });
    // A content that only a write of it could put right shows that there was none.
    await under.db.query(`update tidemark.claim set base = '{"title": "left alone"}'`);
    const [counts] = await resync({ records });
    expect(counts).toMatchObject({ created: 0, updated: 0, unchanged: 1, duplicates: 0 });
    const claims = await under.db.query(
      'select base, seen_epoch = epoch as seen from tidemark.claim, tidemark.integration',
    );
    expect(claims).toEqual([{ base: { title: 'left alone' }, seen: true }]);
    expect(await titles()).toEqual({ a: 'A' });
  });

  it('1.6 an entity that somebody else changed meanwhile is put right', async () => {
    const records = [
      { key: 'a', fields: { title: 'A' } },
      { key: 'b', fields: { title: 'B' } },
    ];
    await resync({ records });
    await under.db.query(
      `update tidemark.entity set fields = '{"title": "other"}', version = version + 1 where identifier = 'a'`,
    );
    const [counts] = await resync({ records });
    expect(counts).toMatchObject({ updated: 1, unchanged: 1 });
    expect(await titles()).toEqual({ a: 'A', b: 'B' });
  });

  it('1.7 another order in the configuration changes what two of them make together', async () => {
    const one = [{ key: 'k1', identifier: 'x', fields: { title: 'one' } }];
    const two = [{ key: 'k2', identifier: 'x', fields: { title: 'two' } }];
    await resync(
      { records: one, target: { resource: 'one', position: 0 } },
      { records: two, target: { resource: 'two', position: 1 } },
    );
    expect(await titles()).toEqual({ x: 'two' });
    await resync(
      { records: two, target: { resource: 'two', position: 0 } },
      { records: one, target: { resource: 'one', position: 1 } },
    );
    expect(await titles()).toEqual({ x: 'one' });
  });

  it('1.7 one that comes again in the same run is a duplicate, in the same batch or in another', async () => {
    const a = { key: 'a', fields: { title: 'A' } };
    const b = { key: 'b', fields: { title: 'B' } };
    await resync({ records: [a, b] });
    const counts = await resync({ records: [a, b] }, { records: [a] }, { records: [b, b] });
    expect(counts).toMatchObject([
      { unchanged: 2, duplicates: 0 },
      { unchanged: 0, duplicates: 1 },
      { unchanged: 0, duplicates: 2 },
    ]);
  });

  it('6.2 what is older than what is known of the record renews nothing but its having been seen', async () => {
    const known = { key: 'a', fields: { title: 'A' }, observedAt: '2026-01-02 00:00:00+00' };
    await resync({ records: [known] });
    const [counts] = await resync({ records: [{ ...known, observedAt: '2026-01-01 00:00:00+00' }] });
    expect(counts).toMatchObject({ unchanged: 0, outdated: 1 });
    const claims = await under.db.query(
      'select observed_at::text as at, seen_epoch = epoch as seen from tidemark.claim, tidemark.integration',
    );
    expect(claims).toEqual([{ at: '2026-01-02 00:00:00+00', seen: true }]);
  });

  it('7.1 a strategy that has changed meanwhile is heeded', async () => {
    const records = [{ key: 'a', fields: { title: 'A' } }];
    await resync({ records });
    const [counts] = await resync({ records, target: { strategy: { create: true, update: false } } });
    expect(counts).toMatchObject({ unchanged: 0, skipped: 1 });
  });
});
