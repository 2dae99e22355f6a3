import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShop, type Shop } from './shop.ts';

/** The bodies of the seed's examples, as they stand there. */
const body = (name: string): Promise<string> => readFile(new URL(`./bodies/${name}.txt`, import.meta.url), 'utf8');

const ID = expect.stringMatching(/^[0-9a-f]{32}$/);
const LANGUAGE = '2fbb5fe2e29a4d70aa5854ce7ce3e20b';

/** What the seed answers to a record of each entity. */
const plain = (entity: string) => ({ entities: { [entity]: [ID] }, errors: [] });
const translated = (entity: string) => ({
  entities: { [entity]: [ID], [`${entity}_translation`]: [{ [`${entity}Id`]: ID, languageId: LANGUAGE }] },
  errors: [],
});

const WRITTEN = {
  'write-tax': { result: [plain('tax'), plain('tax')] },
  'write-category': { result: [translated('category'), translated('category')] },
  'write-country': { result: [translated('country'), translated('country')] },
};

describe('the examples of the seed', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.rig.close());

  it('S4.1 S4.6 S4.7 S4.8 S4.9 S4.10 S4.11 S4.12 S4.13 S4.14 writes three entities by one request, and answers by key', async () => {
    const { status, body: answer } = await shop.v3(await body('write'));
    expect({ status, answer }).toEqual({ status: 200, answer: { success: true, data: WRITTEN } });
    const { entities } = answer.data['write-category'].result[1];
    expect(entities.category_translation[0].categoryId).toBe(entities.category[0]);
    const [tax] = answer.data['write-tax'].result[1].entities.tax;
    expect((await shop.read('tax', tax)).properties).toEqual({ name: 'tax-2', taxRate: 15 });
    expect((await shop.read('category', entities.category[0])).properties).toEqual({ name: 'category-2' });
    const row = `${entities.category[0]}:${LANGUAGE}`;
    expect(await shop.read('category_translation', row)).toMatchObject({ properties: { name: 'category-2' } });
  });

  it('S4.6 takes the same operations as a list, and answers with a list', async () => {
    const operations = Object.values(JSON.parse(await body('write')));
    const { status, body: answer } = await shop.v3(operations);
    expect({ status, answer }).toEqual({ status: 200, answer: { success: true, data: Object.values(WRITTEN) } });
  });

  it('S4.26 S4.27 S4.30 S4.32 takes both headers, in any case, and answers by entity', async () => {
    const headers = { 'Single-Operation': '1', 'INDEXING-BEHAVIOR': 'use-queue-indexing' };
    const { status, body: answer } = await shop.v3(await body('write'), headers);
    const row = (entity: string) => ({ [`${entity}Id`]: ID, languageId: LANGUAGE });
    expect({ status, answer }).toEqual({
      status: 200,
      answer: {
        success: true,
        data: {
          tax: [ID, ID],
          category: [ID, ID],
          category_translation: [row('category'), row('category')],
          country: [ID, ID],
          country_translation: [row('country'), row('country')],
        },
      },
    });
  });

  it('S4.15 S4.16 S4.17 S4.18 deletes three categories and two links by one request, whatever its keys say', async () => {
    const text = await body('delete');
    const { 'delete-tax': categories, 'delete-product-category': links } = JSON.parse(text);
    const operation = (entity: string, payload: unknown) => ({ entity, action: 'upsert', payload });
    await shop.v65([operation('category', categories.payload), operation('product_category', links.payload)]);
    const expected = {
      'delete-tax': {
        result: categories.payload.map((key: { id: string }) => ({ entities: { category: [key.id] }, errors: [] })),
      },
      'delete-product-category': {
        result: links.payload.map((key: object) => ({ entities: { product_category: [key] }, errors: [] })),
      },
    };
    const { status, body: answer } = await shop.v3(text);
    expect({ status, answer }).toEqual({ status: 200, answer: { success: true, data: expected } });
    for (const { id } of categories.payload) expect(await shop.read('category', id)).toBeNull();
    const again = await shop.v3(text);
    expect(again).toMatchObject({ status: 200, body: { success: true } });
    expect(again.body.data['delete-tax'].result[0]).toEqual({ entities: {}, errors: [] });
  });

  it('S4.19 S4.20 S4.21 S4.22 takes a relation away on the mapping entity, and the entity says so in the next read', async () => {
    const text = await body('delete-product-property');
    const [first, second] = JSON.parse(text)['delete-product-property'].payload;
    const upsert = { entity: 'product_property', action: 'upsert', payload: [first, second] };
    const product = { id: first.productId, name: 'chair', options: [{ id: second.optionId }] };
    await shop.v65([upsert, { entity: 'product', action: 'upsert', payload: [product] }]);
    expect((await shop.read('product', first.productId)).relations.options).toEqual([first.optionId]);
    await shop.v65([{ entity: 'product', action: 'upsert', payload: [{ id: first.productId, options: [] }] }]);
    expect((await shop.read('product', first.productId)).relations.options).toEqual([first.optionId]);
    expect((await shop.v3(text)).body.data['delete-product-property'].result).toEqual(
      [first, second].map((key) => ({ entities: { product_property: [key] }, errors: [] })),
    );
    expect((await shop.read('product', first.productId)).relations.options).toEqual([]);
  });
});
