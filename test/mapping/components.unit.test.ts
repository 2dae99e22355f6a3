import { describe, expect, it } from 'vitest';
import type { Json, RawRecord } from '../../domain/json.ts';
import { createResourceMapping, type MappedResource } from '../../mapping/resource-mapping.ts';
import { resource } from './support/resource.ts';

const part = (items: string, identifier: string, properties: Readonly<Record<string, string>> = {}) => ({
  items,
  entity: { identifier, blueprint: '"part"', title: null, team: null, properties, relations: {}, modifiedAt: null },
});

async function map(mapped: MappedResource, record: RawRecord) {
  const result = await createResourceMapping(mapped).map(record);
  if (result.type !== 'mapped') throw new Error(JSON.stringify(result));
  return result;
}

const identifiers = async (mapped: MappedResource, record: RawRecord): Promise<string[]> =>
  (await map(mapped, record)).entities.map(({ identifier }) => identifier);

describe('components', () => {
  it('follow their record, each with its key as parent; expressions see the record and the item', async () => {
    const mapped = resource({
      components: [part('branches', 'id & "/" & item.name', { head: 'item.sha', of: 'id' }), part('tags', 'item')],
    });
    const record: RawRecord = { id: 'r', branches: [{ name: 'main', sha: '1' }, { name: 'next' }], tags: ['v1'] };
    const parent = { blueprint: 'thing', identifier: 'r' };
    expect((await map(mapped, record)).entities).toEqual([
      { blueprint: 'thing', identifier: 'r', fields: {}, failures: [], modifiedAt: null },
      {
        blueprint: 'part',
        identifier: 'r/main',
        fields: { 'properties.head': '1', 'properties.of': 'r', parent },
        failures: [],
        modifiedAt: null,
        component: 0,
      },
      {
        blueprint: 'part',
        identifier: 'r/next',
        fields: { 'properties.head': null, 'properties.of': 'r', parent },
        failures: [],
        modifiedAt: null,
        component: 0,
      },
      { blueprint: 'part', identifier: 'v1', fields: { parent }, failures: [], modifiedAt: null, component: 1 },
    ]);
  });

  it.each([
    ['nothing', {}, ['r']],
    ['null', { parts: null }, ['r']],
    ['an empty list', { parts: [] }, ['r']],
    ['one that JSONata hands out bare', { parts: [{ id: 'a' }] }, ['r', 'a']],
  ])('of %s', async (_, fields, expected) => {
    expect(await identifiers(resource({ components: [part('parts', 'item.id')] }), { id: 'r', ...fields })).toEqual(
      expected,
    );
  });

  it('of items of itemsToParse see that item as parentItem', async () => {
    const mapped = resource({
      itemsToParse: 'jobs',
      identifier: 'item.id',
      components: [part('item.steps', 'parentItem.id & "." & item & "@" & id')],
    });
    const record: RawRecord = { id: 'ci', jobs: [{ id: 'a', steps: ['1', '2'] }, { id: 'b' }] };
    expect(await identifiers(mapped, record)).toEqual(['a', 'a.1@ci', 'a.2@ci', 'b']);
  });

  it('1.4 one without identity is put aside with its place, the others and the record are mapped', async () => {
    const mapped = resource({ components: [part('a', 'item.id'), part('$sum(x)', 'item'), part('c', 'item.id')] });
    const record: Readonly<Record<string, Json>> = {
      id: 'r',
      a: [{ id: 'a1' }, { id: 7 }],
      x: ['no number'],
      c: [{ id: 'c1' }],
    };
    const { entities, rejections } = await map(mapped, record);
    expect(entities.map(({ identifier }) => identifier)).toEqual(['r', 'a1', 'c1']);
    expect(rejections).toEqual([
      { stage: 'components', reason: expect.stringMatching(/^components\[0\], item 1: identifier yields a number/) },
      { stage: 'components', reason: expect.stringMatching(/^components\[1\]\.items: /) },
    ]);
  });

  it('1.4 a record without identity has none', async () => {
    const mapped = resource({ identifier: 'missing', components: [part('a', 'item.id')] });
    const result = await createResourceMapping(mapped).map({ id: 'r', a: [{ id: 'a1' }] });
    expect(result).toMatchObject({ type: 'rejected', stage: 'identifier' });
  });

  it('1.4 one that is the record itself is put aside', async () => {
    const own = part('[1]', 'id');
    const mapped = resource({ components: [{ ...own, entity: { ...own.entity, blueprint: '"thing"' } }] });
    const { entities, rejections } = await map(mapped, { id: 'r' });
    expect(entities).toHaveLength(1);
    expect(rejections).toMatchObject([
      { stage: 'components', reason: expect.stringContaining('of the record itself') },
    ]);
  });
});
