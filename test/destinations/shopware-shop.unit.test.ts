import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json, RawRecord } from '../../domain/json.ts';
import { CLIENT_ID, CLIENT_SECRET, TestShop } from '../support/shop/server.ts';

/** The bodies of seed 004, as they stand there. */
const WRITE = {
  'write-tax': {
    entity: 'tax',
    action: 'upsert',
    payload: [
      { name: 'tax-1', taxRate: 16 },
      { name: 'tax-2', taxRate: 15 },
    ],
  },
  'write-category': { entity: 'category', action: 'upsert', payload: [{ name: 'category-1' }, { name: 'category-2' }] },
  'write-country': { entity: 'country', action: 'upsert', payload: [{ name: 'country-1' }, { name: 'country-2' }] },
};

const hex = (digit: string): string => digit.repeat(32);
const ID = expect.stringMatching(/^[0-9a-f]{32}$/);
const ENGLISH = '2fbb5fe2e29a4d70aa5854ce7ce3e20b';

/** The shop that the client is tested against, held to the seed's own examples. */
describe('the test shop', () => {
  let shop: TestShop;
  beforeAll(async () => {
    shop = await TestShop.start();
  });
  beforeEach(() => shop.reset());
  afterAll(() => shop.close());

  async function token(): Promise<string> {
    const answer = await fetch(`${shop.url}/api/oauth/token`, {
      method: 'POST',
      body: JSON.stringify({ grant_type: 'client_credentials', client_id: CLIENT_ID, client_secret: CLIENT_SECRET }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  async function sync(body: object, { path = '/api/v3/_action/sync', headers = {} } = {}) {
    const answer = await fetch(shop.url + path, {
      method: 'POST',
      headers: { ...headers, Authorization: `Bearer ${await token()}` },
      body: JSON.stringify(body),
    });
    return {
      status: answer.status,
      body: (await answer.json()) as { success: boolean; data: RawRecord; errors: Json },
    };
  }

  const v65 = { path: '/api/_action/sync' };

  const product = (fields: RawRecord = {}): RawRecord => ({
    id: hex('a'),
    name: 'A',
    productNumber: 'A',
    stock: 1,
    taxId: hex('7'),
    price: [{ currencyId: hex('e'), gross: 1, net: 1, linked: true }],
    ...fields,
  });
  const TAX = { entity: 'tax', action: 'upsert', payload: [{ id: hex('7'), name: 'T', taxRate: 19 }] };

  it('S4.12 S4.13 S4.14 answers the first example as the seed shows, translations by composite keys', async () => {
    const { status, body } = await sync(WRITE);
    expect(status).toBe(200);
    expect(body.success).toBe(true);
    const one = (entities: object) => ({ entities, errors: [] });
    const translation = (entity: string) => ({
      [entity]: [ID],
      [`${entity}_translation`]: [{ [`${entity}Id`]: ID, languageId: ENGLISH }],
    });
    expect(body.data).toEqual({
      'write-tax': { result: [one({ tax: [ID] }), one({ tax: [ID] })] },
      'write-category': { result: [one(translation('category')), one(translation('category'))] },
      'write-country': { result: [one(translation('country')), one(translation('country'))] },
    });
    expect(shop.violations).toEqual([]);
  });

  it('S4.6 S4.9 S4.18 takes a list of operations as well, and attaches no meaning to keys', async () => {
    const { body } = await sync(Object.values(WRITE));
    expect(body.data).toHaveLength(3);
    expect(shop.store.rows('country')).toHaveLength(2);
  });

  it('S4.3 S4.4 S4.5 updates a row whose id is there, creates one with the id that was passed', async () => {
    await sync({ a: { entity: 'tax', action: 'upsert', payload: [{ id: hex('1'), name: 'one', taxRate: 1 }] } });
    await sync({ a: { entity: 'tax', action: 'upsert', payload: [{ id: hex('1'), name: 'two' }] } });
    expect(shop.store.rows('tax')).toEqual([{ id: hex('1'), name: 'two', taxRate: 1 }]);
  });

  it.each(['/api/v3/_action/sync', '/api/_action/sync'])(
    'S4.7 S4.8 refuses what is no operation (%s)',
    async (path) => {
      for (const operation of [
        { entity: 'tax', action: 'insert', payload: [{}] },
        { action: 'upsert', payload: [{}] },
        { entity: 'tax', action: 'upsert', payload: [] },
      ]) {
        const { status, body } = await sync({ bad: operation }, { path });
        expect(status).toBe(400);
        expect(body.errors).toMatchObject([
          { code: 'FRAMEWORK__INVALID_SYNC_OPERATION', detail: expect.stringContaining('"bad"') },
        ]);
      }
    },
  );

  it('S4.15 S4.16 S4.17 deletes by id, and links by both of their foreign keys', async () => {
    const categories = [hex('1'), hex('2'), hex('3')];
    await sync({
      tax: TAX,
      category: { entity: 'category', action: 'upsert', payload: categories.map((id) => ({ id, name: id })) },
      product: {
        entity: 'product',
        action: 'upsert',
        payload: ['a', 'b'].map((digit) =>
          product({ id: hex(digit), productNumber: digit, categories: [{ id: hex('1') }] }),
        ),
      },
    });
    const link = (digit: string) => ({ productId: hex(digit), categoryId: hex('1') });
    const one = await sync({ x: { entity: 'product_category', action: 'delete', payload: [link('a')] } });
    expect(one.body.success).toBe(true);
    expect(shop.store.rows('product_category')).toEqual([link('b')]);
    const half = await sync({
      x: { entity: 'product_category', action: 'delete', payload: [{ productId: hex('b') }] },
    });
    expect(half.body.success).toBe(false);
    const payload = [...categories, hex('9')].map((id) => ({ id }));
    const all = await sync({ 'delete-tax': { entity: 'category', action: 'delete', payload } });
    expect(all.body.success).toBe(true);
    expect(shop.store.rows('category')).toEqual([]);
    expect(shop.store.rows('product_category')).toEqual([]);
  });

  it('S4.19 S4.20 S4.21 S4.22 a list only adds links; a delete of a link is indexed at once', async () => {
    const option = (digit: string) => ({ id: hex(digit), name: digit, groupId: hex('c') });
    await sync({
      tax: TAX,
      group: { entity: 'property_group', action: 'upsert', payload: [{ id: hex('c'), name: 'colour' }] },
      option: { entity: 'property_group_option', action: 'upsert', payload: [option('1'), option('2')] },
      product: {
        entity: 'product',
        action: 'upsert',
        payload: [product({ properties: [{ id: hex('1') }, { id: hex('2') }] })],
      },
    });
    const shrunken = [{ id: hex('a'), properties: [{ id: hex('1') }] }];
    await sync({ x: { entity: 'product', action: 'upsert', payload: shrunken } });
    expect(shop.indexes.product(hex('a'))).toMatchObject({ propertyIds: [hex('1'), hex('2')] });
    await sync({
      'delete-product-property': {
        entity: 'product_property',
        action: 'delete',
        payload: [{ productId: hex('a'), optionId: hex('2') }],
      },
    });
    expect(shop.indexes.product(hex('a'))).toMatchObject({ propertyIds: [hex('1')] });
  });

  it('S4.23 S4.24 writes and indexes each record by itself, unless told otherwise', async () => {
    await sync(WRITE);
    expect(shop.writes).toBe(6);
    expect(shop.indexes.log).toEqual(expect.arrayContaining(['tax: indexed', 'category: indexed', 'country: indexed']));
    shop.reset();
    // Names of headers in any case (seed S4.32).
    const headers = { 'Single-Operation': '1', 'INDEXING-BEHAVIOR': 'use-queue-indexing' };
    const { body } = await sync(WRITE, { headers });
    expect(shop.writes).toBe(1);
    expect(shop.indexes.log).toEqual(expect.arrayContaining(['tax: queued', 'category: queued', 'country: queued']));
    expect(body.data).toMatchObject({ tax: [ID, ID], category: [ID, ID], country: [ID, ID] });
  });

  it('S4.27 with single-operation one bad record means that nothing is written', async () => {
    const bad = { ...WRITE, bad: { entity: 'tax', action: 'upsert', payload: [{ name: 'no rate' }] } };
    expect((await sync(bad, { headers: { 'single-operation': '1' } })).status).toBe(400);
    expect(shop.store.rows('country')).toEqual([]);
  });

  it('S4.28 S4.29 S4.30 S4.31 the three ways to index; any other is refused', async () => {
    const indexed = () => shop.indexes.product(hex('a')) !== undefined;
    const write = { tax: TAX, product: { entity: 'product', action: 'upsert', payload: [product()] } };
    expect((await sync(write, { headers: { 'indexing-behavior': 'later' } })).status).toBe(400);
    await sync(write, { headers: { 'indexing-behavior': 'disable-indexing' } });
    expect(indexed()).toBe(false);
    await sync(write, { headers: { 'indexing-behavior': 'use-queue-indexing' } });
    expect(indexed()).toBe(false);
    shop.indexes.work();
    expect(indexed()).toBe(true);
    shop.indexes.clear();
    await sync(write);
    expect(indexed()).toBe(true);
  });

  it('9 fail-on-error: false rolls back the operations that have errors, and still reports their ids', async () => {
    const body = {
      good: TAX,
      mixed: { entity: 'tax', action: 'upsert', payload: [{ name: 'fine', taxRate: 1 }, { name: 'no rate' }] },
    };
    const answer = await sync(body, { headers: { 'fail-on-error': 'false' } });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        success: false,
        data: {
          mixed: { result: [{ entities: { tax: [ID] } }, { errors: [{ source: { pointer: '/1/taxRate' } }] }] },
        },
      },
    });
    expect(shop.store.rows('tax')).toHaveLength(1);
    const whole = await sync(body);
    expect(whole).toMatchObject({ status: 400, body: { data: { good: { result: [{ entities: [] }] } } } });
  });

  it('9 6.5: one transaction, all mistakes by their pointers, ids by entity', async () => {
    const good = await sync({ tax: TAX, gone: { entity: 'tax', action: 'delete', payload: [{ id: hex('9') }] } }, v65);
    expect(good.body).toMatchObject({ data: { tax: [hex('7')] }, notFound: { tax: [hex('9')] }, deleted: {} });
    const bad = await sync(
      {
        first: { entity: 'unit', action: 'upsert', payload: [{ name: 'm', shortCode: 'm' }, { name: 'kg' }] },
        second: { entity: 'tax', action: 'upsert', payload: [{ name: 'x' }] },
      },
      v65,
    );
    expect(bad).toMatchObject({
      status: 400,
      body: {
        errors: [{ source: { pointer: '/first/1/shortCode' } }, { source: { pointer: '/second/0/taxRate' } }],
      },
    });
    expect(shop.store.rows('unit')).toEqual([]);
  });

  it('answers a foreign key that leads nowhere as its database does, and refuses to delete what is used', async () => {
    const orphan = await sync({ x: { entity: 'product', action: 'upsert', payload: [product()] } }, v65);
    expect(orphan).toMatchObject({ status: 500, body: { errors: [{ detail: expect.stringContaining('1452') }] } });
    await sync({ tax: TAX, x: { entity: 'product', action: 'upsert', payload: [product()] } }, v65);
    const used = await sync({ x: { entity: 'tax', action: 'delete', payload: [{ id: hex('7') }] } }, v65);
    expect(used).toMatchObject({ status: 409, body: { errors: [{ code: 'FRAMEWORK__DELETE_RESTRICTED' }] } });
  });

  it('notes a request that the API description does not allow', async () => {
    await sync({ x: { entity: 'tax', action: 'upsert', payload: [{ name: 1, rate: 16, taxRate: 1 }] } });
    expect(shop.violations).toEqual(['upsert tax 0 name: must be string', 'upsert tax 0 rate: there is no such field']);
  });
});
