import { afterEach, describe, expect, it } from 'vitest';
import { shopId } from '../../destinations/shopware/shop-id.ts';
import type { RawRecord } from '../../domain/json.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { ShopIndexKeeper } from '../../workers/shop-index-keeper.ts';
import { httpRig } from '../support/http-rig.ts';
import { answer, type RestServer, serveRest } from '../support/rest-server.ts';
import { kindOf, type Rig } from '../support/rig.ts';
import { settingsOf } from '../support/shop/remote.ts';
import { TestShop } from '../support/shop/server.ts';

const BLUEPRINTS = {
  tax: {},
  category: { relations: { parent: { target: 'category' } } },
  product: {
    translated: ['description'],
    relations: {
      tax: { target: 'tax' },
      categories: { target: 'category', many: true, through: 'product_category' },
    },
  },
  product_category: { mapping: { productId: 'product', categoryId: 'category' } },
};

const RESOURCES = [
  {
    kind: 'product',
    entity: {
      identifier: 'sku',
      blueprint: '"product"',
      title: 'name',
      properties: {
        productNumber: 'sku',
        stock: 'stock',
        description: 'texts',
        price: '[{"currencyId": "b7d2554b0ce847cd82f3ac9bd1c0dfca", "gross": 1, "net": 1, "linked": true}]',
      },
      relations: { tax: 'tax', categories: '[categories]' },
    },
  },
  {
    kind: 'category',
    entity: { identifier: 'key', blueprint: '"category"', title: 'name', relations: { parent: 'parent' } },
  },
  { kind: 'tax', entity: { identifier: 'key', blueprint: '"tax"', title: 'key', properties: { taxRate: 'rate' } } },
];

const ALL_DELETES = { maxShare: 1, emptySource: 'delete' };

/** A small list of goods behind a REST API, a shop, and everything between them real. */
class World {
  readonly source: Record<string, RawRecord[]> = {
    tax: [{ key: 'full', rate: 19 }],
    // Children before their parents, as APIs list them.
    category: [
      { key: 'boots', name: 'Boots', parent: 'shoes' },
      { key: 'shoes', name: 'Shoes', parent: null },
    ],
    product: [1, 2, 3].map((number) => ({
      sku: `p-${number}`,
      name: `Product ${number}`,
      stock: number,
      tax: 'full',
      categories: ['boots', 'shoes'],
      texts: { 'en-GB': 'Sturdy', 'de-DE': 'Robust' },
    })),
  };
  readonly shop: TestShop;
  readonly rig: Rig;
  readonly #rest: RestServer;

  private constructor(parts: { shop: TestShop; rig: Rig; rest: RestServer }) {
    this.shop = parts.shop;
    this.rig = parts.rig;
    this.#rest = parts.rest;
  }

  static async start(destination: Readonly<Record<string, unknown>> = {}): Promise<World> {
    const holder: { world?: World } = {};
    const rest = await serveRest(({ path }) => answer(holder.world?.source[path.slice(1)] ?? []));
    const shop = await TestShop.start();
    const kinds = Object.fromEntries(
      ['product', 'category', 'tax'].map((kind) => [
        kind,
        { path: `/${kind}`, items: '$', paging: { type: 'none' }, recordKey: kind === 'product' ? 'sku' : 'key' },
      ]),
    );
    const rig = await httpRig({
      blueprints: BLUEPRINTS,
      source: { url: rest.url, kinds },
      destination: { type: 'shopware', ...settingsOf(shop, destination) },
      resources: RESOURCES,
      deletes: ALL_DELETES,
    });
    holder.world = new World({ shop, rig, rest });
    return holder.world;
  }

  /** The numbers of rows, by entity. */
  counts(): Record<string, number> {
    const entities = ['tax', 'category', 'product', 'product_category'];
    return Object.fromEntries(entities.map((entity) => [entity, this.shop.store.rows(entity).length]));
  }

  async close(): Promise<void> {
    await this.rig.close();
    await this.shop.close();
    await this.#rest.close();
    expect(this.shop.violations).toEqual([]);
  }
}

const FULL = { tax: 1, category: 2, product: 3, product_category: 6 };

describe.each([
  ['v6.5', { dialect: 'v6.5' }],
  ['v3 in one transaction', { dialect: 'v3' }],
  ['v3 record by record', { dialect: 'v3', singleOperation: false }],
])('resyncs to a shop, %s', (_, settings) => {
  let world: World | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  async function start(more: Readonly<Record<string, unknown>> = {}): Promise<World> {
    world = await World.start({ ...settings, ...more });
    return world;
  }

  it('S4.1 S4.20 2.7 the first run creates, the second sends nothing, a shrunken list deletes links', async () => {
    const { rig, shop, source } = await start();
    const first = await rig.resync();
    expect(first).toMatchObject({ outcome: 'complete', reason: null });
    expect(kindOf(first, 'product')).toMatchObject({ created: 3, updated: 0, quarantined: 0 });
    expect(world?.counts()).toEqual(FULL);
    expect(shop.store.row('product', shopId('product', 'p-2'))).toMatchObject({
      name: 'Product 2',
      productNumber: 'p-2',
      stock: 2,
      taxId: shopId('tax', 'full'),
      description: 'Sturdy',
    });
    expect(shop.store.row('category', shopId('category', 'boots'))).toMatchObject({
      parentId: shopId('category', 'shoes'),
    });

    const before = shop.requests.length;
    const second = await rig.resync();
    expect(second.outcome).toBe('complete');
    expect(kindOf(second, 'product')).toMatchObject({ created: 0, updated: 0, unchanged: 3, deleted: 0 });
    expect(shop.requests).toHaveLength(before);

    const [one, ...others] = source.product as [RawRecord, ...RawRecord[]];
    source.product = [{ ...one, categories: ['shoes'] }, ...others];
    expect(kindOf(await rig.resync(), 'product')).toMatchObject({ updated: 1, unchanged: 2 });
    expect(
      shop.store.rows('product_category').filter(({ productId }) => productId === shopId('product', 'p-1')),
    ).toEqual([{ productId: shopId('product', 'p-1'), categoryId: shopId('category', 'shoes') }]);
  });

  it('S4.15 what is gone from the source is deleted: children and links before what they refer to', async () => {
    const { rig, source } = await start();
    await rig.resync();
    Object.assign(source, { product: [], category: [], tax: [] });
    const run = await rig.resync();
    expect(run).toMatchObject({ outcome: 'complete', reason: null });
    expect(kindOf(run, 'tax')).toMatchObject({ deleted: 1 });
    expect(world?.counts()).toEqual({ tax: 0, category: 0, product: 0, product_category: 0 });
  });

  it('S4.11 one record that the shop refuses ends in quarantine, and the rest is written', async () => {
    const { rig, shop, source } = await start();
    const [one, two, ...others] = source.product as [RawRecord, RawRecord, ...RawRecord[]];
    source.product = [one, { ...two, stock: null }, ...others];
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'product')).toMatchObject({ created: 2, quarantined: 1 });
    expect(world?.counts()).toMatchObject({ product: 2, product_category: 4 });
    const [kept] = await rig.client.quarantine(rig.integration, 10);
    expect(kept).toMatchObject({ kind: 'product', reason: expect.stringContaining('should not be blank') });

    source.product = [one, two, ...others];
    expect(kindOf(await rig.resync(), 'product')).toMatchObject({ created: 1, quarantined: 0 });
    expect(world?.counts()).toEqual(FULL);
    expect(shop.violations).toEqual([]);
  });

  it('9 a request that is too large is halved, and a token that ended early is replaced', async () => {
    const { rig, shop } = await start();
    shop.intercept = ({ path, body }) => {
      if (!path.endsWith('sync')) return undefined;
      if (shop.syncs.length === 1) shop.revokeTokens();
      const rows = Object.values(body as Record<string, { payload: unknown[] }>).flatMap(({ payload }) => payload);
      return rows.length > 4 ? { fault: 'answer', status: 413, body: '<html>' } : undefined;
    };
    expect(await rig.resync()).toMatchObject({ outcome: 'complete', reason: null });
    expect(world?.counts()).toEqual(FULL);
    expect(shop.requests.filter(({ path }) => path === '/api/oauth/token').length).toBeGreaterThan(1);
  });
});

describe('resyncs to a shop', () => {
  let world: World | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it('S4.31 with indexing disabled a full index is certain to follow when all is written', async () => {
    world = await World.start({ indexing: 'disabled' });
    const { rig, shop } = world;
    await rig.resync();
    const product = () => shop.indexes.product(shopId('product', 'p-1'));
    expect(product()).toBeUndefined();
    const keeper = () =>
      new ShopIndexKeeper({ db: rig.db, context: configurationContext({}), log: { info: () => {}, warn: () => {} } });
    const later = () => rig.db.query(`update tidemark.unindexed_shop set written_at = now() - interval '1 minute'`);
    await keeper().look();
    expect(product()).toBeUndefined();
    shop.intercept = ({ path }) => (path.endsWith('index') ? { fault: 'answer', status: 400 } : undefined);
    await later();
    await expect(keeper().look()).rejects.toThrow('answered 400 when asked for a full index');
    shop.intercept = undefined;
    await keeper().look();
    expect(product()).toMatchObject({ categoryIds: [expect.anything(), expect.anything()] });
    expect(await rig.db.query('select destination from tidemark.unindexed_shop')).toEqual([]);
  });

  it('11 a shop that refuses the credentials fails the run with what to do, and the secret is nowhere', async () => {
    world = await World.start({ clientSecret: 'not-the-secret' });
    const run = await world.rig.resync();
    expect(run.outcome).toBe('failed');
    expect(JSON.stringify(run)).toContain('destination.clientId and destination.clientSecret');
    expect(JSON.stringify([run, world.rig.lines])).not.toContain('not-the-secret');
  });
});
