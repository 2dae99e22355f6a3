import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectDoomed, endDoomed, WRITTEN } from '../../catalog/ending.ts';
import { startCatalog, type TestCatalog } from '../support/catalog.ts';
import { rowsRead } from '../support/rows-read.ts';

/** Enough that comparing all with all shows, few enough to be made at once. */
const CLAIMS = 4_000;

describe('ending many claims', () => {
  let under: TestCatalog;
  beforeAll(async () => {
    under = await startCatalog();
  });
  afterAll(() => under?.close());

  it.each(['never analyzed', 'analyzed'])(
    '3.1 5.1 reads each row a few times, however many there are: tables %s',
    async (state) => {
      const { db } = under;
      await db.query('truncate tidemark.entity, tidemark.claim');
      await db.query(
        `insert into tidemark.entity (destination, blueprint, identifier, fields)
       select 'catalog', 'thing', 'id' || i, '{"title": "one", "properties.a": 1}' from generate_series(1, $1::int) i`,
        [CLAIMS],
      );
      // Every entity has a claim that ends; every second one another claim, which stays.
      await db.query(
        `insert into tidemark.claim (destination, integration, resource, record_key, blueprint, identifier, kind, position,
                                   first_epoch, seen_epoch, observed_at, live, base, owns)
       select 'catalog', 'peers', r, 'key' || i, 'thing', 'id' || i, r, 0, 1, 1, now(), false,
              case r when 'ends' then '{"title": "one", "properties.a": 1}'::jsonb else '{"title": "one"}' end, true
         from generate_series(1, $1::int) i cross join unnest(array['ends', 'stays']) r where r = 'ends' or i % 2 = 0`,
        [CLAIMS],
      );
      if (state === 'analyzed') await db.query('analyze tidemark.claim; analyze tidemark.entity');
      const { result: groups, most } = await db.transaction((tx) =>
        rowsRead(tx, async () => {
          const doomed = `select c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier, c.kind,
                                 false, ${WRITTEN}, c.owns, null from tidemark.claim c where c.resource = 'ends'`;
          await collectDoomed(tx, doomed, []);
          return endDoomed(tx, { integration: 'peers', resources: ['ends', 'stays'] });
        }),
      );
      expect(groups).toEqual([{ kind: 'ends', removed: false, deleted: CLAIMS / 2, ended: CLAIMS }]);
      const left = await db.query('select distinct fields from tidemark.entity');
      expect(left).toEqual([{ fields: { title: 'one' } }]);
      expect(most).toBeGreaterThan(CLAIMS);
      expect(most).toBeLessThan(CLAIMS * 50);
    },
  );
});
