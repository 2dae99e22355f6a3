import { describe, expect, it } from 'vitest';
import type { MappedEntity } from '../../domain/entity.ts';
import { MappingError } from '../../domain/errors.ts';
import type { Json, RawRecord } from '../../domain/json.ts';
import { ExpressionError } from '../../mapping/errors.ts';
import type { MappingResult } from '../../mapping/mapping.ts';
import { createResourceMapping, type MappedResource } from '../../mapping/resource-mapping.ts';
import { resource } from './support/resource.ts';

const map = async (mapped: MappedResource, record: RawRecord): Promise<MappingResult> =>
  createResourceMapping(mapped).map(record);

/** The one entity of a record, with its failures by path. */
async function entityOf(mapped: MappedResource, record: RawRecord) {
  const result = await map(mapped, record);
  if (result.type !== 'mapped') throw new Error(JSON.stringify(result));
  expect(result.entities).toHaveLength(1);
  const { fields, failures } = result.entities[0] as MappedEntity;
  return { fields, failures: Object.fromEntries(failures.map(({ field, reason }) => [field, reason])) };
}

describe('the query', () => {
  it('keeps what it says yes to, and rules the rest out', async () => {
    const mapped = resource({ query: 'archived = false' });
    expect(await map(mapped, { id: 'a', archived: false })).toMatchObject({ type: 'mapped' });
    expect(await map(mapped, { id: 'a', archived: true })).toEqual({ type: 'ruled-out' });
    expect(await map(mapped, { id: 'a' })).toEqual({ type: 'ruled-out' });
  });

  it.each([
    ['archived', {}, 'nothing'],
    ['name', { name: 'false' }, 'a text'],
    ['size', { size: 1 }, 'a number'],
    ['topics', { topics: [] }, 'an empty list'],
    ['archived', { archived: null }, 'null'],
  ])('2.2 a query that is not boolean is an error of the kind: %s of %j', async (query, record, type) => {
    const error: unknown = await map(resource({ query }), { id: 'a', ...record }).catch((reason) => reason);
    expect(error).toBeInstanceOf(MappingError);
    expect((error as Error).message).toBe(
      `the query \`${query}\` must yield true or false, but yields ${type}; compare something (archived = false) or use $boolean(…)`,
    );
  });

  it('1.4 a query that throws on a record puts the record aside', async () => {
    const result = await map(resource({ query: 'size > 1' }), { id: 'a', size: {} });
    expect(result).toEqual({
      type: 'rejected',
      stage: 'query',
      reason: expect.stringMatching(/^expression `size > 1`: .* must evaluate to numeric or string values/),
    });
  });
});

describe('1.4 identity', () => {
  it.each<[string, Partial<MappedResource['entity']>, RawRecord, string, RegExp]>([
    [
      'yields nothing',
      {},
      {},
      'identifier',
      /^identifier `id` must yield a text that is not empty, but yields nothing$/,
    ],
    ['yields an empty text', {}, { id: '' }, 'identifier', /but yields an empty text$/],
    ['yields a number', {}, { id: 7 }, 'identifier', /^identifier yields a number; wrap it: \$string\(id\)$/],
    ['yields null', {}, { id: null }, 'identifier', /but yields null$/],
    ['yields a list', {}, { id: ['a', 'b'] }, 'identifier', /but yields a list$/],
    ['yields an object', {}, { id: { a: 1 } }, 'identifier', /but yields an object$/],
    ['yields a function', { identifier: '$string' }, {}, 'identifier', /but yields a function$/],
    ['throws', { identifier: 'id + 1' }, { id: 'a' }, 'identifier', /^expression `id \+ 1`: /],
    ['holds a NUL character', {}, { id: 'a\0b' }, 'identifier', /holds a NUL character/],
    ['holds half of a surrogate pair', {}, { id: 'a\ud800' }, 'identifier', /half of a surrogate pair/],
    ['is longer than an index entry', {}, { id: 'é'.repeat(501) }, 'identifier', /a text of 1002 bytes; at most 1000$/],
    ['names no blueprint', { blueprint: 'kind' }, { id: 'a' }, 'blueprint', /^blueprint `kind` must yield a text/],
    ['names a long blueprint', { blueprint: 'id' }, { id: 'x'.repeat(201) }, 'blueprint', /201 bytes; at most 200$/],
  ])('a record whose identity %s is put aside', async (_, entity, record, stage, reason) => {
    expect(await map(resource(entity), record)).toEqual({
      type: 'rejected',
      stage,
      reason: expect.stringMatching(reason),
    });
  });

  it('is the text that the expressions yield', async () => {
    const result = await map(resource({ identifier: '$string(id)', blueprint: '$lowercase(type)' }), {
      id: 7,
      type: 'Repo',
    });
    const entity = { identifier: '7', blueprint: 'repo', fields: {}, failures: [], modifiedAt: null };
    expect(result).toEqual({ type: 'mapped', entities: [entity], rejections: [] });
  });

  it('of a thousand bytes is accepted', async () => {
    const record = { id: 'x'.repeat(1_000) };
    expect(await map(resource(), record)).toMatchObject({ type: 'mapped', entities: [{ identifier: record.id }] });
  });
});

describe('itemsToParse', () => {
  const mapped = resource({
    itemsToParse: 'jobs',
    identifier: 'item.id',
    title: 'name & ":" & item.name',
    relations: { workflow: '$string(id)' },
  });

  it('makes one entity per item, which the expressions see beside the record', async () => {
    const record: RawRecord = {
      id: 1,
      name: 'ci',
      jobs: [
        { id: 'a', name: 'test' },
        { id: 'b', name: 'lint' },
      ],
    };
    const before = structuredClone(record);
    const fields = (name: string) => ({ title: `ci:${name}`, 'relations.workflow': '1' });
    expect(await map(mapped, record)).toEqual({
      type: 'mapped',
      entities: [
        { identifier: 'a', blueprint: 'thing', fields: fields('test'), failures: [], modifiedAt: null },
        { identifier: 'b', blueprint: 'thing', fields: fields('lint'), failures: [], modifiedAt: null },
      ],
      rejections: [],
    });
    expect(record).toEqual(before);
  });

  it.each<[string, Json | undefined, number]>([
    ['no items', [], 0],
    ['null', null, 0],
    ['nothing', undefined, 0],
    ['one item that is no list', { id: 'a', name: 'x' }, 1],
    ['a list of one', [{ id: 'a', name: 'x' }], 1],
  ])('yields entities for %s', async (_, jobs, entities) => {
    const record: RawRecord = jobs === undefined ? { id: 1 } : { id: 1, jobs };
    const result = await map(mapped, record);
    expect(result).toMatchObject({ type: 'mapped', rejections: [] });
    expect(result.type === 'mapped' && result.entities.length).toBe(entities);
  });

  it('1.4 one bad item is put aside, the good ones are mapped', async () => {
    const jobs: Json[] = [{ id: 'a', name: 'x' }, { id: 7 }, null, { id: 'b', name: 'y' }];
    const result = await map(mapped, { id: 1, name: 'ci', jobs });
    expect(result).toMatchObject({
      type: 'mapped',
      entities: [{ identifier: 'a' }, { identifier: 'b' }],
      rejections: [
        { item: 1, stage: 'identifier', reason: 'item 1: identifier yields a number; wrap it: $string(item.id)' },
        { item: 2, stage: 'identifier', reason: expect.stringContaining('yields nothing') },
      ],
    });
  });

  it('1.4 items that cannot be evaluated put the record aside', async () => {
    const result = await map(resource({ itemsToParse: 'jobs + 1' }), { id: 'a', jobs: 'x' });
    expect(result).toMatchObject({ type: 'rejected', stage: 'itemsToParse' });
    expect(result).toHaveProperty('reason', expect.stringMatching(/^expression `jobs \+ 1`: /));
  });

  it('a field of the record by the name of item gives way', async () => {
    const result = await map(resource({ itemsToParse: 'list', identifier: 'item' }), { item: 'record', list: ['a'] });
    expect(result).toMatchObject({ entities: [{ identifier: 'a' }] });
  });
});

describe('1.5 fields', () => {
  it('a field whose expression yields nothing is an explicit null', async () => {
    const mapped = resource({
      title: 'name',
      team: 'team',
      properties: { license: 'license.spdx_id', homepage: 'homepage' },
      relations: { owner: 'owner.login' },
    });
    expect(await entityOf(mapped, { id: 'a', license: null, homepage: null })).toEqual({
      fields: {
        title: null,
        team: null,
        'properties.license': null,
        'properties.homepage': null,
        'relations.owner': null,
      },
      failures: {},
    });
  });

  it('a field that the mapping does not name is absent', async () => {
    expect((await entityOf(resource(), { id: 'a', title: 'x' })).fields).toEqual({});
  });

  it('a field whose expression fails is absent and reported by its path; the rest is mapped', async () => {
    const mapped = resource({ properties: { size: 'size * 2', language: 'language' } });
    const { fields, failures } = await entityOf(mapped, { id: 'a', size: 'big', language: 'Go' });
    expect(fields).toEqual({ 'properties.language': 'Go' });
    expect(failures).toEqual({
      'properties.size': expect.stringMatching(/^expression `size \* 2`: .*number.* \(at character 6\)$/),
    });
  });

  it.each<[string, Json, Json]>([
    ['title', 'a title', 'a title'],
    ['title', '', ''],
    ['team', 'ops', 'ops'],
    ['team', ['ops', 'web'], ['ops', 'web']],
    ['relations.owner', ['a'], ['a']],
    ['relations.owner', [], []],
    ['properties.any', { deep: [1, { x: null }] }, { deep: [1, { x: null }] }],
    ['properties.any', false, false],
    ['properties.any', '', ''],
  ])('%s takes %j', async (path, value, expected) => {
    const { fields, failures } = await entityOf(fieldAt(path), { id: 'a', value });
    expect(fields).toEqual({ [path]: expected });
    expect(failures).toEqual({});
  });

  it.each<[string, Json, string]>([
    ['title', 5, 'must be a text or null, but yields a number; wrap it: $string(value)'],
    ['title', true, 'must be a text or null, but yields true or false; wrap it: $string(value)'],
    ['title', ['a', 'b'], 'must be a text or null, but yields a list'],
    ['team', 5, 'must be a text, a list of texts or null, but yields a number; wrap it: $string(value)'],
    ['team', ['a', null], 'must be a text, a list of texts or null, but its list has null at [1]'],
    ['relations.owner', '', 'must be an identifier, a list of identifiers or null, but yields an empty text'],
    [
      'relations.owner',
      ['a', ''],
      'must be an identifier, a list of identifiers or null, but its list has an empty text at [1]',
    ],
    [
      'relations.owner',
      [1, 2],
      'must be an identifier, a list of identifiers or null, but its list has a number at [0]',
    ],
    ['relations.owner', { id: 'a' }, 'must be an identifier, a list of identifiers or null, but yields an object'],
    ['title', 'a\0', 'its value holds a NUL character, which PostgreSQL cannot store'],
    ['relations.owner', ['a', 'b\0'], 'its value holds a NUL character, which PostgreSQL cannot store, at [1]'],
    [
      'properties.any',
      { a: [{ 'b\0': 1 }] },
      'its value holds a NUL character, which PostgreSQL cannot store, at .a[0].b\0',
    ],
  ])('%s does not take %j', async (path, value, reason) => {
    const { fields, failures } = await entityOf(fieldAt(path), { id: 'a', value });
    expect(fields).toEqual({});
    expect(failures).toEqual({ [path]: reason });
  });

  it('names of properties and relations may hold dots and be __proto__', async () => {
    const properties = JSON.parse('{"a.b": "id", "__proto__": "id"}');
    const { fields } = await entityOf(resource({ properties, relations: { 'x.y': 'id' } }), { id: 'a' });
    expect(Object.entries(fields)).toEqual([
      ['properties.a.b', 'a'],
      ['properties.__proto__', 'a'],
      ['relations.x.y', 'a'],
    ]);
  });

  it('are plain JSON that no other field and not the record shares', async () => {
    const record: RawRecord = { id: 'a', topics: ['x'], owner: { login: 'o' } };
    const mapped = resource({
      properties: { list: '[topics]', kept: 'topics[]', owner: 'owner', same: 'owner', made: '{"a": topics}' },
    });
    const { fields } = await entityOf(mapped, record);
    expect(fields).toStrictEqual({
      'properties.list': ['x'],
      'properties.kept': ['x'],
      'properties.owner': { login: 'o' },
      'properties.same': { login: 'o' },
      'properties.made': { a: ['x'] },
    });
    expect(fields['properties.owner']).not.toBe(record.owner);
    expect(fields['properties.owner']).not.toBe(fields['properties.same']);
  });
});

/** A resource that maps the record's `value` to one field. */
function fieldAt(path: string): MappedResource {
  if (path === 'title' || path === 'team') return resource({ [path]: 'value' });
  const [group = '', name = ''] = path.split('.');
  return resource({ [group]: { [name]: 'value' } });
}

describe('the mapping as a whole', () => {
  it('is not made when an expression does not compile', () => {
    expect(() => createResourceMapping(resource({ properties: { x: 'a +' } }))).toThrow(ExpressionError);
  });

  it('lets the process do other things while it maps', async () => {
    const mapping = createResourceMapping(resource({ title: '$uppercase(id)' }));
    let beats = 0;
    const heart = setInterval(() => beats++, 1);
    const end = performance.now() + 300;
    while (performance.now() < end) await mapping.map({ id: 'a' });
    clearInterval(heart);
    expect(beats).toBeGreaterThan(2);
  });
});
