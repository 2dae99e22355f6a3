import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Queryable } from '../../catalog/database.ts';
import { collectDoomed } from '../../catalog/ending.ts';
import { assignDoomed, assignToBatch } from '../../catalog/outbox.ts';
import { takeEntities } from '../../catalog/outbox-take.ts';
import { startCatalog, type TestCatalog } from '../support/catalog.ts';
import { rowsRead } from '../support/rows-read.ts';

const DESTINATION = 'port:test';
const ENTITIES = 5_000;
const BATCH = 250;
const DELETED = 2_000;

/** A database that tells of how many rows the last transaction read. */
function counting(db: Database): Database & { most: number } {
  const counted = {
    ...db,
    most: 0,
    transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
      return db.transaction(async (tx) => {
        const { result, most } = await rowsRead(tx, () => work(tx));
        counted.most = most;
        return result;
      });
    },
  };
  return counted;
}

/** Sending a batch must not cost more for what the destination holds besides. */
describe('the outbox of a large destination', () => {
  let under: TestCatalog;
  const batches = Array.from({ length: ENTITIES / BATCH }, () => randomUUID());
  beforeAll(async () => {
    under = await startCatalog();
    await under.db.query(
      `insert into tidemark.entity (destination, blueprint, identifier, fields)
       select $1, 'thing', 'id' || i, '{"title": "one"}' from generate_series(0, $2::int - 1) i`,
      [DESTINATION, ENTITIES],
    );
    await under.db.query(
      `update tidemark.remote_entity set integration = 'mine', run_id = 'mine.1', kind = 'thing',
              batch = ($1::uuid[])[1 + substr(identifier, 3)::int / $2::int]`,
      [batches, BATCH],
    );
  });
  afterAll(() => under?.close());

  it.each(['never analyzed', 'analyzed'])('5.3 what is taken is looked for in its batch: table %s', async (state) => {
    if (state === 'analyzed') await under.db.query('analyze tidemark.remote_entity; analyze tidemark.entity');
    const db = counting(under.db);
    const batch = batches.pop() as string;
    const taken = await takeEntities(db, {
      ...{ destination: DESTINATION, scope: { type: 'batch', batch }, run: null, request: randomUUID() },
      ...{ removing: false, blueprints: ['thing'], maxEntities: BATCH, expires: 60_000 },
    });
    expect(taken).toHaveLength(BATCH);
    expect(db.most).toBeLessThan(BATCH * 8);
  });

  it('5.3 what an earlier run left over of a batch is looked for by its keys', async () => {
    const db = counting(under.db);
    const entities = Array.from({ length: BATCH }, (_, index) => ({ blueprint: 'thing', identifier: `id${index}` }));
    const run = { integration: 'mine', runId: 'mine.2', epoch: 2 };
    const batch = { destination: DESTINATION, kind: 'thing', fetchAttempt: randomUUID(), entities };
    const found = await db.transaction((tx) => assignToBatch(tx, run, batch));
    expect(found).toBe(BATCH);
    expect(db.most).toBeLessThan(BATCH * 8);
  });

  it('3.6 5.3 what a run deletes is assigned to it by its keys', async () => {
    const db = counting(under.db);
    const run = { integration: 'mine', runId: 'mine.3', epoch: 3 };
    await db.transaction(async (tx) => {
      await collectDoomed(
        tx,
        `select destination, 'mine', 'thing', identifier, blueprint, identifier, 'thing', false, fields, true, null
           from tidemark.entity where destination = $1 and substr(identifier, 3)::int < $2::int`,
        [DESTINATION, DELETED],
      );
      await tx.query(
        `delete from tidemark.entity where destination = $1 and identifier in (select identifier from doomed)`,
        [DESTINATION],
      );
      const { most } = await rowsRead(tx, () => assignDoomed(tx, run));
      expect(most).toBeLessThan(DELETED * 8);
    });
    const assigned = await db.query('select from tidemark.remote_entity where run_id = $1 and gone', [run.runId]);
    expect(assigned).toHaveLength(DELETED);
  });
});
