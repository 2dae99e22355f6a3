import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../cli/main.ts';
import { until } from '../support/rig.ts';
import { id, openShop, type Shop } from './shop.ts';

const upsert = (entity: string, ...payload: unknown[]) => ({ entity, action: 'upsert', payload });
const remove = (entity: string, ...payload: unknown[]) => ({ entity, action: 'delete', payload });
const QUEUE = { 'indexing-behavior': 'use-queue-indexing' };
const DISABLED = { 'indexing-behavior': 'disable-indexing' };

describe('indexing without a worker', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.rig.close());
  afterEach(() => {
    delete process.env.DATABASE_URL;
  });

  const references = async (blueprint: string, identifier: string) =>
    (await shop.call('GET', `/v1/blueprints/${blueprint}/entities/${identifier}/references`)).body;

  it('S4.24 S4.28 S4.29 by default a search finds what was written in the very next read, and only where it is', async () => {
    await shop.v3([upsert('tax', { id: id(1), name: 'Über-Steuer', note: { deep: ['Kraken'] } })]);
    for (const search of ['über', 'steu', 'ÜBER steuer', 'kraken', id(1), id(1).slice(0, 8)]) {
      expect(await shop.found(search), search).toEqual([id(1)]);
    }
    for (const search of ['ber', 'über krake nothing', '&|!', "'"])
      expect(await shop.found(search), search).toEqual([]);
    await shop.v3([upsert('tax', { id: id(1), name: 'reduced' })]);
    expect([await shop.found('über'), await shop.found('reduced')]).toEqual([[], [id(1)]]);
    await shop.v3([remove('tax', { id: id(1) })]);
    expect(await shop.found('reduced')).toEqual([]);
    const [index] = await shop.rig.db.query('select count(*)::int as count from tidemark.entity_index');
    expect(index).toEqual({ count: 0 });
  });

  it('S4.31 with disable-indexing nothing is found until an index run is asked for', async () => {
    await shop.v3([upsert('tax', { id: id(2), name: 'hidden' })], DISABLED);
    await shop.v65([upsert('tax', { id: id(3), name: 'hidden as well' })], DISABLED);
    expect(await shop.found('hidden')).toEqual([]);
    expect((await shop.read('tax', id(2))).properties).toEqual({ name: 'hidden' });
    process.env.DATABASE_URL = shop.rig.databaseUrl;
    expect(await main(['index'])).toBe(0);
    expect(await shop.found('hidden')).toEqual([id(2), id(3)]);
  });

  it('S4.30 with use-queue-indexing the index is behind while no worker runs', async () => {
    await shop.v3([upsert('tax', { id: id(4), name: 'patience' })], QUEUE);
    expect(await shop.found('patience')).toEqual([]);
  });

  it('S4.21 rows of links are told on both ends, and pass their changes up', async () => {
    const link = { productId: id(10), categoryId: id(11) };
    await shop.v65([upsert('product', { id: id(10) }), upsert('category', { id: id(11), name: 'seats' })]);
    const before = await references('category', id(11));
    await shop.v65([upsert('product_category', link, { productId: id(12), categoryId: id(11) })]);
    const after = await references('category', id(11));
    expect(after.referencedBy).toEqual({ 'category_translation.categoryId': 1, 'product_category.categoryId': 2 });
    expect(after.changedAt > before.changedAt).toBe(true);
    expect((await shop.read('product', id(10))).relations.categories).toEqual([id(11)]);
    await shop.v65([remove('product_category', link)]);
    expect((await references('category', id(11))).referencedBy['product_category.categoryId']).toBe(1);
    expect((await shop.read('product', id(10))).relations.categories).toEqual([]);
    expect((await references('nothing', id(11))).status).toBe(404);
  });
});

describe('indexing by the queue', () => {
  let shop: Shop;
  let temporal: Client;
  beforeAll(async () => {
    shop = await openShop({ worker: true });
    temporal = new Client({ connection: await Connection.connect({ address: shop.rig.temporalAddress }) });
  });
  afterAll(async () => {
    await temporal?.connection.close();
    await shop?.rig.close();
  });

  const execution = () => temporal.workflow.getHandle(`index/${shop.rig.taskQueue}`);

  it('S4.30 catches up, by one workflow for all that was written', async () => {
    const writes = Array.from({ length: 30 }, (_, index) =>
      shop.v3([upsert('tax', { id: id(100 + index), name: 'soon found' })], QUEUE),
    );
    await Promise.all(writes);
    await until(async () => (await shop.found('soon')).length === 30);
    expect((await execution().describe()).type).toBe('indexWorkflow');
    const { events } = await execution().fetchHistory();
    const activities = events?.filter(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled);
    expect(activities?.length).toBeLessThan(60);
  });

  it('S4.30 goes on where it was when its workflow was terminated', async () => {
    await execution().terminate();
    await shop.v3([upsert('tax', { id: id(200), name: 'resumed' })], QUEUE);
    await until(async () => (await shop.found('resumed')).length === 1);
  });

  it('S4.30 has what resyncs write as well', async () => {
    expect((await shop.rig.resync()).outcome).toBe('complete');
    const entities = await shop.rig.entities();
    await until(async () => (await shop.found('org')).length === entities.size - 31);
  });

  it('S4.4 S4.5 what a resync wrote is updated under its own identifier, and stays when the caller deletes it', async () => {
    await shop.rig.resync();
    const before = await shop.read('organization', 'org-0');
    await shop.v65([upsert('organization', { id: 'org-0', url: 'https://example.org', note: 'ours' })]);
    expect((await shop.read('organization', 'org-0')).properties).toEqual({ url: 'https://example.org', note: 'ours' });
    expect((await shop.rig.resync()).outcome).toBe('complete');
    expect((await shop.read('organization', 'org-0')).properties.note).toBe('ours');
    const deleted = await shop.v65([remove('organization', { id: 'org-0' })]);
    expect(deleted).toMatchObject({ status: 200, body: { notFound: {}, deleted: {} } });
    expect(await shop.read('organization', 'org-0')).toEqual(before);
  });
});
