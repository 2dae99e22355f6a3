import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { id, openShop, type Shop } from './shop.ts';

const BAD = 300;

/** 500 records of which one cannot be written: its tax rate is a text. Ids begin at `from`. */
function oneBadIn500(from: number) {
  const payload = Array.from({ length: 500 }, (_, index) => ({
    id: id(from + index),
    name: `tax ${from + index}`,
    taxRate: index === BAD ? 'nineteen' : index,
  }));
  return {
    taxes: { entity: 'tax', action: 'upsert', payload },
    countries: { entity: 'country', action: 'upsert', payload: [{ id: id(from), name: 'Elbonia' }] },
  };
}

const ERROR = {
  status: '400',
  code: 'FRAMEWORK__WRITE_ERROR',
  title: expect.any(String),
  detail: 'must be a value of the type number, not a text',
  source: { pointer: `/taxes/${BAD}/taxRate` },
};

describe('one bad record in 500', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.rig.close());

  const written = async (from: number) => ({
    tax: (await shop.read('tax', id(from))) !== null,
    lastTax: (await shop.read('tax', id(from + 499))) !== null,
    country: (await shop.read('country', id(from))) !== null,
  });
  const NOTHING = { tax: false, lastTax: false, country: false };

  it('S4.23 S4.25 v3: every record is told of, nothing is written, and operations behind it are still looked at', async () => {
    const operations = oneBadIn500(1_000);
    const second = { entity: 'tax', action: 'upsert', payload: [{ id: 'NO-ID', name: 'x' }] };
    const { status, body } = await shop.v3({ ...operations, second });
    expect({ status, success: body.success }).toEqual({ status: 400, success: false });
    const { result } = body.data.taxes;
    expect(result).toHaveLength(500);
    expect(result[BAD]).toEqual({ entities: {}, errors: [ERROR] });
    expect(result.filter(({ errors }: { errors: unknown[] }) => errors.length > 0)).toHaveLength(1);
    expect(result.every(({ entities }: { entities: object }) => Object.keys(entities).length === 0)).toBe(true);
    expect(body.data.second.result[0].errors[0].source).toEqual({ pointer: '/second/0/id' });
    expect(await written(1_000)).toEqual(NOTHING);
  });

  it('v3 with fail-on-error: false: its operation is left out, the others are written', async () => {
    const { status, body } = await shop.v3(oneBadIn500(2_000), { 'Fail-On-Error': 'false' });
    expect({ status, success: body.success }).toEqual({ status: 200, success: false });
    expect(body.data.taxes.result).toHaveLength(500);
    expect(body.data.taxes.result[BAD]).toEqual({ entities: {}, errors: [ERROR] });
    expect(body.data.taxes.result[0]).toEqual({ entities: {}, errors: [] });
    expect(body.data.countries.result[0].entities.country).toEqual([id(2_000)]);
    expect(await written(2_000)).toEqual({ ...NOTHING, country: true });
  });

  it('S4.26 S4.27 v3 with single-operation: nothing is written', async () => {
    const { status, body } = await shop.v3(oneBadIn500(3_000), { 'single-operation': '1' });
    expect({ status, body }).toEqual({ status: 400, body: { success: false, data: {}, errors: [ERROR] } });
    expect(await written(3_000)).toEqual(NOTHING);
    const tolerant = await shop.v3(oneBadIn500(3_000), { 'single-operation': '1', 'fail-on-error': '0' });
    expect(tolerant).toMatchObject({ status: 200, body: { success: false, data: {}, errors: [ERROR] } });
    expect(await written(3_000)).toEqual(NOTHING);
  });

  it('6.5: nothing is written, and all errors are told, whatever the headers say', async () => {
    const operations = oneBadIn500(4_000);
    const empty = { entity: 'tax', action: 'upsert', payload: [] };
    const half = { entity: 'product_category', action: 'delete', payload: [{ productId: id(1) }] };
    const { status, body } = await shop.v65({ ...operations, empty, half }, { 'fail-on-error': 'false' });
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        errors: [
          ERROR,
          expect.objectContaining({ code: 'FRAMEWORK__INVALID_SYNC_OPERATION', source: { pointer: '/empty/payload' } }),
          expect.objectContaining({
            code: 'FRAMEWORK__INCONSISTENT_PRIMARY_KEY',
            source: { pointer: '/half/0/categoryId' },
          }),
        ],
      },
    });
    expect(await written(4_000)).toEqual(NOTHING);
    expect((await shop.v65(Object.values(operations))).body.errors[0].source).toEqual({ pointer: `/0/${BAD}/taxRate` });
  });
});

describe('a request', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop({}, 100_000);
  });
  afterAll(() => shop?.rig.close());

  const upsert = (entity: string, ...payload: unknown[]) => ({ entity, action: 'upsert', payload });
  const remove = (entity: string, ...payload: unknown[]) => ({ entity, action: 'delete', payload });
  const nothingWritten = async () => {
    const [row] = await shop.rig.db.query('select count(*)::int as count from tidemark.entity');
    expect(row).toEqual({ count: 0 });
  };

  it.each([
    { text: '', reason: /not JSON: it ends too early/ },
    { text: '[', reason: /not JSON/ },
    {
      text: '{"a":{"entity":"tax","action":"upsert","payload":[{"id":1},]}}',
      reason: /not JSON: "]" at byte 59, where a value/,
    },
    { text: '{"a":{"entity":"tax","action":"upsert","payload":[{"name":"x"}]}} x', reason: /not JSON/ },
    { text: '"text"', reason: /an object of operations by key, or a list/ },
    { text: '{}', reason: /has no operation/ },
    { text: '[]', reason: /has no operation/ },
    { text: '{"a":{"entity":"tax"},"a":{}}', reason: /the key \/a is there twice/ },
    { text: '{"a":{"entity":"tax","entity":"category"}}', reason: /the key \/a\/entity is there twice/ },
    {
      text: '{"a":{"entity":"tax","action":"upsert","payload":[{"b":{"c/d":1,"c/d":2}}]}}',
      reason: /\/a\/payload\/0\/b\/c~1d is there twice/,
    },
    {
      text: `{"a":{"entity":"tax","action":"upsert","payload":[{"b":${'['.repeat(5_000)}${']'.repeat(5_000)}}]}}`,
      reason: /nested deeper than/,
    },
  ])('S4.7 that is none is refused with what is wrong: $reason', async ({ text, reason }) => {
    for (const send of [shop.v3, shop.v65]) {
      const { status, body } = await send(text);
      expect({ status, title: body.title }).toEqual({ status: 400, title: 'Bad Request' });
      expect(body.detail).toMatch(reason);
    }
    await nothingWritten();
  });

  it.each([
    [{ entity: 'tax', action: 'replace', payload: [{ name: 'x' }] }, '/a/action'],
    [{ entity: 'tax', payload: [{ name: 'x' }] }, '/a/action'],
    [{ action: 'upsert', payload: [{ name: 'x' }] }, '/a/entity'],
    [{ entity: 7, action: 'upsert', payload: [{ name: 'x' }] }, '/a/entity'],
    [{ entity: 'tax', action: 'upsert', payload: [] }, '/a/payload'],
    [{ entity: 'tax', action: 'upsert' }, '/a/payload'],
    [{ entity: 'tax', action: 'upsert', payload: { name: 'x' } }, '/a/payload'],
    [{ entity: 'tax', action: 'upsert', payload: [{ name: 'x' }], paylaod: [] }, '/a/paylaod'],
    [{ entity: 'tax', action: 'upsert', criteria: [{ type: 'equals', field: 'id', value: 'x' }] }, '/a/criteria'],
    ['text', '/a'],
  ])('S4.7 S4.8 with a bad operation names it: %j', async (operation, pointer) => {
    const error = expect.objectContaining({ code: 'FRAMEWORK__INVALID_SYNC_OPERATION', source: { pointer } });
    const { status, body } = await shop.v65({ a: operation });
    expect({ status, body }).toEqual({ status: 400, body: { errors: [error] } });
    const v3 = await shop.v3({ a: operation });
    expect({ status: v3.status, success: v3.body.success }).toEqual({ status: 400, success: false });
    expect(v3.body.data.a.result[0]).toEqual({ entities: {}, errors: [error] });
    await nothingWritten();
  });

  it.each([
    [{ name: 'nul \u0000' }, '/a/0/name', /NUL/],
    [{ name: '\ud800' }, '/a/0/name', /surrogate/],
    [{ deep: JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`) }, '/a/0/deep', /nested deeper than 100 levels/],
    [{ id: id(1).replace('0', 'A') }, '/a/0/id', /32 lower-case hex digits/],
    [{ id: 17 }, '/a/0/id', /32 lower-case hex digits, not 17/],
    [{ id: 'unknown' }, '/a/0/id', /has none of this id/],
    ['text', '/a/0', /must be an object/],
    [{ tax: 'unknown' }, '/a/0/tax', /tax has none of this id/],
    [{ categories: id(1) }, '/a/0/categories', /must be a list/],
    [{ translations: { 'de-DE': { name: 'x' } } }, '/a/0/translations', /has nothing translated/],
  ])('with a bad record names the field: %#', async (record, pointer, detail) => {
    const { status, body } = await shop.v65({ a: upsert('product', record) });
    expect({ status, errors: body.errors.length }).toEqual({ status: 400, errors: 1 });
    expect(body.errors[0]).toMatchObject({ code: 'FRAMEWORK__WRITE_ERROR', source: { pointer } });
    expect(body.errors[0].detail).toMatch(detail);
    await nothingWritten();
  });

  it('keeps `__proto__` as a name like others', async () => {
    const { status } = await shop.v65(
      `{"a":{"entity":"thing","action":"upsert","payload":[{"id":"${id(9)}","__proto__":{"x":1}}]}}`,
    );
    expect(status).toBe(200);
    const { properties } = await shop.read('thing', id(9));
    expect(Object.entries(properties)).toEqual([['__proto__', { x: 1 }]]);
    await shop.v65([remove('thing', { id: id(9) })]);
    await nothingWritten();
  });

  it('S4.28 with a header of another value is refused', async () => {
    const body = { a: upsert('tax', { name: 'x' }) };
    expect((await shop.v3(body, { 'indexing-behavior': 'later' })).status).toBe(400);
    expect((await shop.v3(body, { 'single-operation': 'maybe' })).status).toBe(400);
    expect((await shop.v3(body, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await shop.v3({ a: upsert('tax', { name: 'x'.repeat(100_000) }) })).status).toBe(413);
    await nothingWritten();
  });
});

describe('what is written', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.rig.close());

  const upsert = (entity: string, ...payload: unknown[]) => ({ entity, action: 'upsert', payload });
  const remove = (entity: string, ...payload: unknown[]) => ({ entity, action: 'delete', payload });
  const versionOf = async (identifier: string) => {
    const [row] = await shop.rig.db.query<{ version: number }>(
      'select version from tidemark.entity where identifier = $1',
      [identifier],
    );
    return row?.version;
  };

  it('S4.2 S4.3 S4.4 S4.5 is created with the id that was passed, or one that is made, and updated after that', async () => {
    const made = await shop.v65([upsert('unit', { name: 'kilo' }, { id: id(1), name: 'litre', factor: 1 })]);
    const [first, second] = made.body.data.unit;
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(second).toBe(id(1));
    expect(made.body).toEqual({ data: { unit: [first, second] }, notFound: {}, deleted: {} });
    await shop.v65([upsert('unit', { id: id(1), name: 'liter' })]);
    expect((await shop.read('unit', id(1))).properties).toEqual({ name: 'liter', factor: 1 });
  });

  it.each(['v3', 'single', 'v65'] as const)(
    'the same id twice: the last wins, field by field (%s)',
    async (dialect) => {
      const key = id(dialect.length);
      const body = [upsert('unit', { id: key, name: 'a', old: 1 }, { id: key, name: 'b', new: 2 })];
      const single = { 'single-operation': dialect === 'single' ? '1' : '0' };
      const { status } = dialect === 'v65' ? await shop.v65(body) : await shop.v3(body, single);
      expect(status).toBe(200);
      expect((await shop.read('unit', key)).properties).toEqual({ name: 'b', old: 1, new: 2 });
    },
  );

  it('S4.23 is written record by record in v3: an id that comes twice is written twice', async () => {
    await shop.v3([upsert('unit', { id: id(20), name: 'a' }, { id: id(20), name: 'b' })]);
    await shop.v3([upsert('unit', { id: id(21), name: 'a' }, { id: id(21), name: 'b' })], {
      'single-operation': 'true',
    });
    expect([await versionOf(id(20)), await versionOf(id(21))]).toEqual([2, 1]);
  });

  it('is told whatever the order of an operation’s keys, and done in the order of the operations', async () => {
    const key = id(30);
    const text = JSON.stringify({
      first: { payload: [{ id: key, name: 'a' }], action: 'upsert', entity: 'unit' },
      second: { payload: [{ id: key }], entity: 'unit', action: 'delete' },
      third: { action: 'upsert', payload: [{ id: key, other: 1 }], entity: 'unit' },
    });
    const { body } = await shop.v3(text);
    expect(body.data.second.result[0].entities).toEqual({ unit: [key] });
    expect((await shop.read('unit', key)).properties).toEqual({ other: 1 });
    await shop.v3([upsert('unit', { id: key, name: 'b' }), remove('unit', { id: key }, { id: key })]);
    expect(await shop.read('unit', key)).toBeNull();
  });

  it('S4.9 S4.19 S4.20 takes records within records: they are written, and linked; lists of links only grow', async () => {
    const [tax, c1, c2] = [id(40), id(41), id(42)];
    const product = {
      id: id(43),
      name: 'chair',
      tax: { id: tax, taxRate: 19 },
      categories: [{ id: c1, name: 'seats' }, { id: c2 }],
      related: [{ id: id(44) }],
    };
    const { body } = await shop.v3([upsert('product', product)]);
    expect(body.data[0].result[0]).toEqual({
      entities: {
        product: [id(43)],
        tax: [tax],
        category: [c1],
        category_translation: [{ categoryId: c1, languageId: expect.any(String) }],
        product_category: [
          { productId: id(43), categoryId: c1 },
          { productId: id(43), categoryId: c2 },
        ],
      },
      errors: [],
    });
    await shop.v3([upsert('product', { id: id(43), taxId: null, categories: [], related: [id(45)] })]);
    expect((await shop.read('product', id(43))).relations).toEqual({
      tax: null,
      categories: [c1, c2],
      options: [],
      related: [id(44), id(45)],
    });
    expect(await shop.read('category', c2)).toBeNull();
  });

  it('S4.14 S4.16 has rows of translations by language, which are deleted by their keys, and with what they belong to', async () => {
    const key = id(50);
    const { body } = await shop.v65([
      upsert('category', { id: key, name: 'chairs', translations: { 'de-DE': { name: 'Stühle' } } }),
    ]);
    const rows = body.data.category_translation;
    expect(rows.map(({ categoryId }: { categoryId: string }) => categoryId)).toEqual([key, key]);
    expect(await shop.read('category_translation', `${key}:de-DE`)).toMatchObject({ properties: { name: 'Stühle' } });
    const german = { categoryId: key, languageId: 'de-DE' };
    const wrong = await shop.v65([remove('category_translation', { ...german, name: 'x' }, { categoryId: key })]);
    expect(wrong.body.errors.map(({ source }: { source: object }) => source)).toEqual([
      { pointer: '/0/0/name' },
      { pointer: '/0/1/languageId' },
    ]);
    const deleted = await shop.v65([remove('category_translation', german)]);
    expect(deleted.body).toEqual({ data: {}, notFound: {}, deleted: { category_translation: [german] } });
    await shop.v65([remove('category', { id: key })]);
    const [left] = await shop.rig.db.query(
      'select count(*)::int as count from tidemark.entity where identifier like $1',
      [`${key}%`],
    );
    expect(left).toEqual({ count: 0 });
  });

  it('S4.15 S4.16 6.5: deletes tell what was not there, and delete by criteria', async () => {
    const link = (product: number, category: number) => ({ productId: id(product), categoryId: id(category) });
    await shop.v65([upsert('product_category', link(60, 1), link(60, 2), link(61, 1)), upsert('tax', { id: id(62) })]);
    const { status, body } = await shop.v65([
      {
        entity: 'product_category',
        action: 'delete',
        criteria: [{ type: 'equals', field: 'productId', value: id(60) }],
      },
      remove('tax', { id: id(62) }, { id: id(63) }),
      { entity: 'tax', action: 'delete', criteria: [{ type: 'equalsAny', field: 'id', value: `${id(64)}|${id(65)}` }] },
    ]);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        data: {},
        notFound: { tax: [id(63)] },
        deleted: { product_category: [link(60, 1), link(60, 2)], tax: [id(62)] },
      },
    });
    const range = { entity: 'tax', action: 'delete', criteria: [{ type: 'range', field: 'taxRate', value: 1 }] };
    expect((await shop.v65([range])).body.errors[0].detail).toMatch(/equals or equalsAny/);
  });

  it('many requests over the same rows in opposite orders all succeed', async () => {
    const rows = Array.from({ length: 20 }, (_, index) => [
      upsert(index % 2 ? 'ebb' : 'flow', { id: id(70 + index), name: 'x' }),
      upsert(index % 2 ? 'flow' : 'ebb', { id: id(70 + index), name: 'x' }),
    ]).flat();
    const requests = Array.from({ length: 8 }, (_, index) => (index % 2 ? rows : rows.toReversed()));
    const answers = await Promise.all(
      requests.map((operations, index) => (index % 3 ? shop.v3(operations) : shop.v65(operations))),
    );
    expect(answers.map(({ status }) => status)).toEqual(requests.map(() => 200));
  });
});
