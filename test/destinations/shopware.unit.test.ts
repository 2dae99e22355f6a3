import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { shopId } from '../../destinations/shopware/shop-id.ts';
import type { Json, RawRecord } from '../../domain/json.ts';
import { category, entity, product, productFields, ShopUnderTest, tax, unit } from '../support/shop/remote.ts';
import { TestShop } from '../support/shop/server.ts';

const DONE = { outcome: 'done' };
const REFUSED = { outcome: 'refused' };

/** The ways in which a shop can be written to. */
const MANNERS: [string, Readonly<Record<string, unknown>>][] = [
  ['v6.5', { dialect: 'v6.5' }],
  ['v3 in one transaction', { dialect: 'v3' }],
  ['v3 record by record', { dialect: 'v3', singleOperation: false }],
];

let shop: TestShop;
beforeAll(async () => {
  shop = await TestShop.start();
});
beforeEach(() => shop.reset());
// Every request of every test agrees with the shop's own API description.
afterEach(() => expect(shop.violations).toEqual([]));
afterAll(() => shop.close());

/** The operations of each sync request: key → operation. */
const sent = () =>
  shop.syncs.map(({ body }) => body as Record<string, { action: string; entity: string; payload: RawRecord[] }>);
const operations = () => sent().flatMap((request) => Object.entries(request));
const names = (rows: readonly RawRecord[]): Json[] => rows.map(({ name = null }) => name).sort();

describe.each(MANNERS)('a shop, %s', (_, settings) => {
  const open = (more: Readonly<Record<string, unknown>> = {}) =>
    new ShopUnderTest(shop, { settings: { ...settings, ...more } });

  it('S4.1 S4.2 S4.9 writes records of several entities in one request', async () => {
    const answers = await open().write([tax('t'), unit('m'), entity('country', 'de', { fields: { title: 'DE' } })]);
    expect(answers).toEqual([DONE, DONE, DONE]);
    expect(shop.syncs).toHaveLength(1);
    expect(shop.store.rows('tax')).toEqual([{ id: shopId('tax', 't'), name: 't', taxRate: 19 }]);
    expect(names(shop.store.rows('country'))).toEqual(['DE']);
  });

  it('S4.1 as many requests as batches, an entity with its links in one of them', async () => {
    const taxes = Array.from({ length: 25 }, (_, index) => tax(`t${index}`));
    await open({ batchSize: 10 }).write(taxes);
    expect(shop.syncs).toHaveLength(3);
    expect(shop.store.rows('tax')).toHaveLength(25);
  });

  it('S4.3 S4.4 S4.5 S4.8 only upserts and deletes, always with an id, never an empty payload', async () => {
    const remote = open();
    await remote.write([tax('t', 7), category('c')]);
    await remote.write([tax('t', 19)]);
    await remote.remove([tax('t')]);
    await remote.write([]);
    expect(shop.store.rows('tax')).toEqual([]);
    for (const [, { action, payload }] of operations()) {
      expect(['upsert', 'delete']).toContain(action);
      expect(payload.length).toBeGreaterThan(0);
      for (const { id } of payload) expect(id).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it('S4.10 keys are readable and never the same', async () => {
    const remote = open({ batchSize: 1 });
    await remote.write([tax('t'), tax('u')]);
    await remote.remove([tax('t')]);
    const keys = operations().map(([key]) => key);
    expect(keys).toEqual([expect.stringMatching(/^upsert-tax-\d+$/), keys[1], expect.stringMatching(/^delete-tax-/)]);
    expect(new Set(keys).size).toBe(3);
  });

  it('S4.11 the records that the shop refuses are named, with its reason, and the rest is written', async () => {
    const units = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => unit(name, name === 'f' ? null : name));
    const answers = await open().write([tax('t', null), ...units, tax('u')]);
    const blank = { ...REFUSED, reason: expect.stringContaining('should not be blank') };
    expect(answers).toEqual([blank, DONE, DONE, DONE, DONE, DONE, blank, DONE, DONE, DONE]);
    expect(names(shop.store.rows('unit'))).toEqual(['a', 'b', 'c', 'd', 'e', 'g', 'h']);
    expect(names(shop.store.rows('tax'))).toEqual(['u']);
  });

  it('9 a record whose relation is not there says so, and holds up no other', async () => {
    const answers = await open().write([
      tax('t'),
      product('a'),
      product('b', { 'relations.manufacturer': 'nobody' }),
      product('c'),
    ]);
    expect(answers).toMatchObject([DONE, DONE, { outcome: 'missing-relation' }, DONE]);
    expect(names(shop.store.rows('product'))).toEqual(['a', 'c']);
  });

  it('9 a record that refers to a refused one waits for it', async () => {
    const answers = await open().write([product('a'), tax('t', null), category('c')]);
    expect(answers).toMatchObject([{ outcome: 'missing-relation' }, REFUSED, DONE]);
    expect(names(shop.store.rows('category'))).toEqual(['c']);
  });

  it('2.7 what others refer to is written first, also within one entity', async () => {
    const answers = await open().write([
      product('p', { 'relations.categories': ['leaf'] }),
      category('leaf', 'branch'),
      category('branch', 'root'),
      category('root'),
      tax('t'),
    ]);
    expect(answers).toEqual([DONE, DONE, DONE, DONE, DONE]);
    expect(shop.syncs).toHaveLength(1);
  });

  it('S4.15 S4.16 deletes links before their ends and children before parents; what is gone is no error', async () => {
    const remote = open();
    const all = [tax('t'), category('c'), product('p', { 'relations.categories': ['c'] })];
    await remote.write(all);
    const held = all.map((each) => ({ ...each, held: [each.fields] }));
    expect(await remote.remove([...held, category('never')])).toEqual([DONE, DONE, DONE, DONE]);
    for (const table of ['tax', 'category', 'product', 'product_category']) expect(shop.store.rows(table)).toEqual([]);
    const [last = {}] = sent().slice(-1);
    expect(Object.values(last).map((operation) => operation.entity)).toEqual([
      'product_category',
      'product',
      'tax',
      'category',
    ]);
    expect(await remote.remove(held)).toEqual([DONE, DONE, DONE]);
  });

  it('a delete that the shop refuses is told with its reason, and the others are done', async () => {
    const remote = open();
    await remote.write([tax('t'), tax('u'), tax('v'), product('p')]);
    const answers = await remote.remove([tax('t'), tax('u'), tax('v')]);
    expect(answers).toEqual([{ ...REFUSED, reason: expect.stringContaining('in use by: product (1)') }, DONE, DONE]);
    expect(names(shop.store.rows('tax'))).toEqual(['t']);
  });

  it('S4.16 S4.17 rows of links have the key that their identifier is made of', async () => {
    const remote = open();
    await remote.write([tax('t'), product('p'), category('a:b'), category('c')]);
    const links = [entity('product_category', 'p:a%3Ab'), entity('product_category', 'p:c')];
    expect(await remote.write([...links, entity('product_category', 'p')])).toEqual([
      DONE,
      DONE,
      { ...REFUSED, reason: expect.stringContaining('productId, categoryId') },
    ]);
    expect(shop.store.rows('product_category')).toEqual(
      ['a:b', 'c'].map((each) => ({ productId: shopId('product', 'p'), categoryId: shopId('category', each) })),
    );
    expect(await remote.remove(links.slice(0, 1))).toEqual([DONE]);
    expect(shop.store.rows('product_category')).toHaveLength(1);
  });

  it('S4.19 S4.20 S4.21 a shrunken list becomes deletes on the mapping entity, and the shop indexes them', async () => {
    const remote = open({ indexing: 'immediate' });
    const before = { 'relations.categories': ['a', 'b'] };
    await remote.write([tax('t'), category('a'), category('b'), category('c'), product('p', before)]);
    const held = [productFields('p', before)];
    await remote.write([product('p', { 'relations.categories': ['b', 'c'] }, held)]);
    expect(shop.indexes.product(shopId('product', 'p'))).toMatchObject({
      categoryIds: [shopId('category', 'b'), shopId('category', 'c')],
    });
    const links = operations().filter(([, operation]) => operation.entity === 'product_category');
    expect(links.map(([, { action, payload }]) => [action, payload.length])).toEqual([
      ['upsert', 2],
      ['upsert', 1],
      ['delete', 1],
    ]);
    await remote.write([product('p', {}, [productFields('p', { 'relations.categories': ['b', 'c'] })])]);
    expect(shop.store.rows('product_category')).toEqual([]);
  });

  it('5.3 of a list that was sent without an answer all that may be there is brought in line', async () => {
    const remote = open();
    await remote.write([tax('t'), category('a'), category('b'), product('p', { 'relations.categories': ['a'] })]);
    const held = [['a'], ['b']].map((list) => productFields('p', { 'relations.categories': list }));
    await remote.write([product('p', { 'relations.categories': ['b'] }, held)]);
    expect(shop.store.rows('product_category')).toEqual([
      { productId: shopId('product', 'p'), categoryId: shopId('category', 'b') },
    ]);
  });

  it('S4.14 texts in several languages go by translations; a language that is left out is cleared', async () => {
    const remote = open();
    const texts = { 'en-GB': 'Sea', 'de-DE': 'Meer' };
    const fields = { title: 'sea', 'properties.description': texts };
    await remote.write([entity('category', 'c', { fields })]);
    const german = () =>
      shop.store.rows('category_translation').filter(({ languageId }) => String(languageId).startsWith('c1'));
    expect(german()).toMatchObject([{ description: 'Meer' }]);
    const changed = { title: 'sea', 'properties.description': { 'en-GB': 'The sea' } };
    await remote.write([entity('category', 'c', { fields: changed, held: [fields] })]);
    expect(german()).toMatchObject([{ description: null }]);
    expect(shop.store.rows('category')).toMatchObject([{ description: 'The sea' }]);
  });

  it('1.5 what is not named any more is cleared, custom fields one by one', async () => {
    const remote = open();
    const fields = productFields('p', {
      'properties.ean': '4006381333931',
      'properties.customFields': { a: 1, b: 2 },
      'relations.manufacturer': 'm',
    });
    await remote.write([tax('t'), entity('product_manufacturer', 'm', { fields: { title: 'M' } })]);
    await remote.write([entity('product', 'p', { fields })]);
    const later = productFields('p', { 'properties.customFields': { a: 1 } });
    await remote.write([entity('product', 'p', { fields: later, held: [fields] })]);
    expect(shop.store.rows('product')).toMatchObject([
      { ean: null, customFields: { a: 1, b: null }, manufacturerId: null },
    ]);
  });

  it('says what no shop can hold, before anything is sent', async () => {
    const answers = await open().write([
      entity('tax', 't', { fields: { title: 't', team: 'us', 'properties.taxRate': 1 } }),
      entity('tax', 'u', { fields: { title: 'u', 'relations.country': 'de' } }),
      product('p', { 'relations.tax': ['t'] }),
      product('p', { 'relations.categories': [{ id: 'x' }] }),
    ]);
    expect(answers.map((answer) => 'reason' in answer && answer.reason)).toEqual([
      'team: a shop has no teams',
      expect.stringContaining('relations.country'),
      expect.stringContaining('relations.tax: a list needs'),
      expect.stringContaining('relations.categories: must be a list of identifiers'),
    ]);
    expect(shop.requests).toEqual([]);
  });

  it('413: halves the request, and keeps to what went through', async () => {
    shop.intercept = ({ path, body }) => {
      const isTooLarge = path.endsWith('sync') && JSON.stringify(body).length > 900;
      return isTooLarge ? { fault: 'answer', status: 413, body: '<html>' } : undefined;
    };
    const taxes = Array.from({ length: 40 }, (_, index) => tax(`t${index}`));
    const answers = await open({ batchSize: 20 }).write(taxes);
    expect(answers).toEqual(taxes.map(() => DONE));
    expect(shop.store.rows('tax')).toHaveLength(40);
    const large = { 'properties.customFields': { text: 'x'.repeat(1000) } };
    const [only] = await open().write([entity('tax', 'big', { fields: { ...tax('big').fields, ...large } })]);
    expect(only).toMatchObject({ ...REFUSED, reason: expect.stringContaining('413') });
  });

  it('504: halves the request; one record alone is not known to be written', async () => {
    shop.intercept = ({ path, body }) => {
      if (!path.endsWith('sync')) return undefined;
      const rows = Object.values(body as Record<string, { payload: Json[] }>).flatMap(({ payload }) => payload);
      return rows.length > 1 ? { fault: 'answer', status: 504, body: '<html>' } : undefined;
    };
    expect(await open().write([tax('a'), tax('b'), tax('c')])).toEqual([DONE, DONE, DONE]);
    expect(shop.store.rows('tax')).toHaveLength(3);
    shop.intercept = ({ path }) => (path.endsWith('sync') ? { fault: 'answer', status: 504 } : undefined);
    expect(await open().write([tax('a'), tax('b')])).toMatchObject([
      { outcome: 'unanswered' },
      { outcome: 'unanswered' },
    ]);
  });

  it('a time-out: halves the request', async () => {
    shop.intercept = ({ path, body }) =>
      path.endsWith('sync') && JSON.stringify(body).includes('"a"') && JSON.stringify(body).includes('"b"')
        ? { fault: 'hang' }
        : undefined;
    const slow = new ShopUnderTest(shop, { settings, requestTimeout: 300 });
    expect(await slow.write([tax('a'), tax('b')])).toEqual([DONE, DONE]);
  });

  it.each([408, 429, 500, 502, 503])('%i: tries again with a pause', async (status) => {
    let refusals = 2;
    shop.intercept = ({ path }) =>
      path.endsWith('sync') && refusals-- > 0 ? { fault: 'answer', status, body: { errors: [] } } : undefined;
    expect(await open().write([tax('t')])).toEqual([DONE]);
    expect(shop.syncs).toHaveLength(3);
  });

  it('a connection that is cut before or in the middle of the answer: tries again, and nothing is there twice', async () => {
    const faults = ['cut', 'destroy'] as const;
    let next = 0;
    shop.intercept = ({ path }) => {
      const fault = path.endsWith('sync') ? faults[next++] : undefined;
      return fault && { fault };
    };
    expect(await open().write([tax('t'), tax('u')])).toEqual([DONE, DONE]);
    expect(shop.store.rows('tax')).toHaveLength(2);
    expect(shop.syncs).toHaveLength(3);
  });

  it('never sends again what was refused, as it was', async () => {
    await open().write([tax('t', null)]);
    expect(shop.syncs).toHaveLength(1);
  });

  it('5.3 when the shop stops answering, what is known, unknown and unsent is told apart', async () => {
    let requests = 0;
    shop.intercept = ({ path }) =>
      path.endsWith('sync') && ++requests > 1 ? { fault: 'answer', status: 502 } : undefined;
    const answers = await open({ batchSize: 1 }).write([tax('a'), tax('b'), tax('c')]);
    expect(answers).toMatchObject([DONE, { outcome: 'unanswered' }, { outcome: 'later' }]);
  });

  it('401: asks for a new token and goes on', async () => {
    const remote = open();
    await remote.write([tax('t')]);
    shop.revokeTokens();
    expect(await remote.write([tax('u')])).toEqual([DONE]);
    expect(shop.requests.filter(({ path }) => path === '/api/oauth/token')).toHaveLength(2);
  });
});

describe('a shop', () => {
  const open = (settings: Readonly<Record<string, unknown>> = {}) => new ShopUnderTest(shop, { settings });

  it('S4.12 S4.13 S4.32 sends the last example of the seed: its operations, its headers', async () => {
    const remote = open({ dialect: 'v3', indexing: 'queue' });
    const named = (name: string, kind: string) => entity(kind, name, { fields: { title: name } });
    await remote.write([
      tax('tax-1', 16),
      tax('tax-2', 15),
      ...['category-1', 'category-2'].map((name) => category(name)),
      ...['country-1', 'country-2'].map((name) => named(name, 'country')),
    ]);
    expect(shop.syncs).toHaveLength(1);
    const [{ path, headers } = { path: '', headers: {} }] = shop.syncs;
    expect(path).toBe('/api/v3/_action/sync');
    expect(headers).toMatchObject({ 'single-operation': '1', 'indexing-behavior': 'use-queue-indexing' });
    expect(operations().map(([, operation]) => operation)).toMatchObject([
      {
        entity: 'tax',
        action: 'upsert',
        payload: [
          { name: 'tax-1', taxRate: 16 },
          { name: 'tax-2', taxRate: 15 },
        ],
      },
      { entity: 'category', action: 'upsert', payload: [{ name: 'category-1' }, { name: 'category-2' }] },
      { entity: 'country', action: 'upsert', payload: [{ name: 'country-1' }, { name: 'country-2' }] },
    ]);
  });

  it('S4.22 sends the example of deleted relations', async () => {
    const ids = ['000bba26e2044b98a3ee4a84b03f9551', '5deed0c33b2a4866a6b2c88fa215561c'];
    const optionId = '0446a1eb394c4e729178699a7bc2833f';
    await open({ dialect: 'v3' }).remove(ids.map((id) => entity('product_property', `${id}:${optionId}`)));
    expect(operations()).toEqual([
      [
        expect.stringMatching(/^delete-product_property-/),
        { entity: 'product_property', action: 'delete', payload: ids.map((productId) => ({ productId, optionId })) },
      ],
    ]);
  });

  it('S4.23 S4.26 S4.27 one transaction is one write of the shop; record by record it is one each', async () => {
    const taxes = [tax('a'), tax('b'), tax('c')];
    await open({ dialect: 'v3', singleOperation: false }).write(taxes);
    expect(shop.writes).toBe(3);
    await open({ dialect: 'v3' }).write(taxes);
    expect(shop.writes).toBe(4);
  });

  it.each([
    ['immediate', undefined, 'indexed'],
    ['queue', 'use-queue-indexing', 'queued'],
    ['disabled', 'disable-indexing', 'not indexed'],
  ])('S4.24 S4.28 S4.29 S4.30 S4.31 indexing: %s', async (indexing, header, becomes) => {
    for (const dialect of ['v3', 'v6.5']) {
      shop.reset();
      await open({ dialect, indexing }).write([tax('t')]);
      expect(shop.syncs[0]?.headers['indexing-behavior']).toBe(header);
      expect(shop.indexes.log).toEqual([`tax: ${becomes}`]);
    }
  });

  it('9 the same entity always has the same id; an identifier that is an id stays one', async () => {
    const id = '98432def39fc4624b33213a56b8c944f';
    await open().write([tax('t'), tax(id)]);
    expect(shop.store.rows('tax').map((row) => row.id)).toEqual([shopId('tax', 't'), id]);
    expect(shopId('tax', 't')).toBe(shopId('tax', 't'));
    expect(shopId('tax', 't')).not.toBe(shopId('unit', 't'));
    // What it is made of must never change: the rows of every shop are found by it.
    expect(shopId('product', 'p-1')).toBe('eebaef1880467ec70de583c33672670e');
  });

  it('9 v3: `success: false` without errors on a delete means that it was gone', async () => {
    shop.intercept = undefined;
    expect(await open({ dialect: 'v3' }).remove([tax('gone')])).toEqual([DONE]);
  });

  it('9 v3: the same on a write is no success', async () => {
    shop.intercept = ({ path }) =>
      path.endsWith('sync') ? { fault: 'answer', status: 200, body: { success: false, data: [] } } : undefined;
    expect(await open({ dialect: 'v3' }).write([tax('t')])).toMatchObject([REFUSED]);
  });

  it('9 v3: ids that an operation with errors reports are not trusted: its other records are sent again', async () => {
    const remote = open({ dialect: 'v3', singleOperation: false });
    expect(await remote.write([tax('a'), tax('b', null), tax('c')])).toMatchObject([DONE, REFUSED, DONE]);
    expect(sent().map((request) => Object.values(request).map(({ payload }) => payload.length))).toEqual([[3], [2]]);
    expect(names(shop.store.rows('tax'))).toEqual(['a', 'c']);
  });

  it('9 6.5: the named records are refused by one more request, v3 finds them by halves', async () => {
    const units = Array.from({ length: 64 }, (_, index) => unit(`u${index}`, [5, 40].includes(index) ? null : 'x'));
    await open({ dialect: 'v6.5' }).write(units);
    expect(shop.syncs).toHaveLength(2);
    shop.reset();
    await open({ dialect: 'v3' }).write(units);
    expect(shop.store.rows('unit')).toHaveLength(62);
    expect(shop.syncs.length).toBeLessThan(32);
  });

  it('9 the token is renewed before it ends, and asked for once by all who need it', async () => {
    const remote = open();
    shop.tokenLifetime = 0.2;
    await Promise.all([remote.write([tax('a')]), remote.write([tax('b')])]);
    const tokens = () => shop.requests.filter(({ path }) => path === '/api/oauth/token').length;
    expect(tokens()).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 170));
    await remote.write([tax('c')]);
    expect(tokens()).toBe(2);
    expect(shop.requests.filter(({ headers }) => headers.authorization).length).toBe(3);
  });

  it.each([
    ['clientSecret', { clientSecret: 'wrong-secret' }, /401 to destination\.clientId and destination\.clientSecret/],
    ['address', { baseUrl: 'http://127.0.0.1:1' }, /ECONNREFUSED.*check destination\.baseUrl/],
  ])('says what is wrong with its %s, and shows no secret', async (_, settings, message) => {
    const failed = open(settings).write([tax('t')]);
    await expect(failed).rejects.toMatchObject({ name: 'DestinationError', message: expect.stringMatching(message) });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('wrong-secret') });
  });

  it.each([
    [401, /401: the credentials of the destination are wrong/],
    [403, /403: the credentials of the destination may not do this/],
    [404, /destination\.dialect/],
    [302, /destination\.baseUrl leads elsewhere/],
    [200, /not JSON/],
  ])('an answer %i that concerns the shop as a whole ends the call', async (status, message) => {
    shop.intercept = ({ path }) =>
      path.endsWith('sync') ? { fault: 'answer', status, headers: { location: '/x' }, body: '<html>' } : undefined;
    await expect(open().write([tax('t')])).rejects.toThrow(message);
    expect(shop.store.rows('tax')).toEqual([]);
  });

  it('an entity that the shop does not have ends the call, and is named', async () => {
    const unknown = open().write([entity('nonsense', 'x', { fields: { title: 'x' } })]);
    await expect(unknown).rejects.toThrow(/"nonsense" does not exist/);
    expect(shop.syncs).toHaveLength(1);
  });

  it('2.4 a longer pause that the shop asks for is waited for outside of the call', async () => {
    let asked = 0;
    shop.intercept = ({ path }) =>
      path.endsWith('sync') && asked++ === 0
        ? { fault: 'answer', status: 429, headers: { 'retry-after': '3600' } }
        : undefined;
    const under = open();
    expect(await under.write([tax('t')])).toMatchObject([
      { outcome: 'later', reason: expect.stringContaining('rate limit') },
    ]);
    expect(shop.syncs).toHaveLength(1);
    const stop = new AbortController();
    const ready = under.remote.ready(stop.signal);
    stop.abort();
    await expect(ready).rejects.toMatchObject({ name: 'AbortError' });
  });
});
