import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_FIELD_BYTES, MAX_FIELD_DEPTH } from '../../domain/entity-limits.ts';
import type { Json, RawRecord } from '../../domain/json.ts';
import { isRawRecord } from '../../domain/json.ts';
import { compile } from '../../mapping/expression.ts';
import { createResourceMapping } from '../../mapping/resource-mapping.ts';
import { type Storable, toStorable } from '../../mapping/storable.ts';
import { resource } from './support/resource.ts';

const nested = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;

describe('11 toStorable', () => {
  it.each<[string, unknown, string, string]>([
    ['a NUL character', { a: ['x', 'y\0'] }, '.a[1]', 'holds a NUL character, which PostgreSQL cannot store'],
    ['a NUL character in a key', { a: { 'k\0': 1 } }, '.a.k\0', 'holds a NUL character, which PostgreSQL cannot store'],
    [
      'half of a surrogate pair',
      ['\ud83d'],
      '[0]',
      'holds half of a surrogate pair (a broken character), which PostgreSQL cannot store',
    ],
    ['infinity', { a: Number.POSITIVE_INFINITY }, '.a', 'is Infinity, which JSON cannot hold'],
    ['no number', [Number.NaN], '[0]', 'is NaN, which JSON cannot hold'],
    ['nothing in a list', [1, undefined], '[1]', 'is nothing, which a list or an object cannot hold'],
    ['nothing in an object', { a: undefined }, '.a', 'is nothing, which a list or an object cannot hold'],
    ['a function', { a: () => 1 }, '.a', 'is a function'],
    [
      'a value that is nested too deeply',
      JSON.parse(nested(101)),
      '[0]'.repeat(100),
      `is nested deeper than ${MAX_FIELD_DEPTH} levels`,
    ],
    [
      'a record of 10,000 levels',
      JSON.parse(nested(10_000)),
      '[0]'.repeat(100),
      `is nested deeper than ${MAX_FIELD_DEPTH} levels`,
    ],
    ['a text of 2 MB', ['x'.repeat(2_000_000)], '[0]', `is larger than ${MAX_FIELD_BYTES} bytes`],
    ['a text of 2 MB in other letters', ['é'.repeat(1_000_000)], '[0]', `is larger than ${MAX_FIELD_BYTES} bytes`],
    ['a list of 2 MB', Array.from({ length: 500_000 }, () => 1), '[131072]', `is larger than ${MAX_FIELD_BYTES} bytes`],
  ])('refuses %s, and says where', (_, value, path, reason) => {
    expect(toStorable(value)).toEqual({ ok: false, path, reason });
  });

  it.each(['$string', 'function($x) { $x }', '{"f": $string}', '[$sum, 1]', '$match("ab", /(x)?b/)'])(
    'refuses what %s yields',
    async (text) => {
      expect(toStorable(await compile(text).evaluate({}))).toMatchObject({
        ok: false,
        reason: expect.stringMatching(/is a function|is nothing/),
      });
    },
  );

  it.each<[unknown, Json]>([
    [undefined, null],
    [JSON.parse('{"__proto__": {"a": 1}}'), JSON.parse('{"__proto__": {"a": 1}}')],
    [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [Object.assign([1, 2], { sequence: true, keepSingleton: true }), [1, 2]],
    [JSON.parse(nested(MAX_FIELD_DEPTH)), JSON.parse(nested(MAX_FIELD_DEPTH))],
    ['x'.repeat(MAX_FIELD_BYTES - 2), 'x'.repeat(MAX_FIELD_BYTES - 2)],
    ['😀', '😀'],
    [-0, 0],
  ])('takes what is JSON', (value, expected) => {
    const storable = toStorable(value) as Storable & { ok: true };
    expect(storable).toStrictEqual({ ok: true, value: expected });
    expect(JSON.stringify(storable.value)).toBe(JSON.stringify(expected));
  });
});

/** Any JSON, with what PostgreSQL cannot store and keys that mean something to JavaScript or to the engine. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\0', 'a\0b', '\ud800', 'x\udc00', '\ud83d\ude00', '__proto__'),
);
const key = fc.oneof(
  fc.constantFrom(
    'id',
    'list',
    'value',
    'item',
    'constructor',
    '__proto__',
    'then',
    'sequence',
    'length',
    'a\0',
    '\ud800',
  ),
  fc.constantFrom('_jsonata_lambda', '_jsonata_function', 'thunk', 'tupleStream', 'outerWrapper', 'keepSingleton'),
  fc.string(),
);
const anyJson = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(text, fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value as fc.Arbitrary<Json>;

const EXPRESSIONS = [
  'value',
  'list.value',
  '[list]',
  'list[]',
  '$',
  '*',
  '**.value',
  'value{$string(id): list}',
  '{"a": value, "b": {"c": [list.value]}}',
  '$keys($)',
  '$merge([value, list])',
  '$spread($)',
  'list[value > 1]^(id)',
  '$map(list, function($v, $i) { {"i": $i, "v": $v} })',
  '$match(value, /(a)|(b)/)',
  '$split(value, "")',
  '$substring(value, 0, 1)',
  '$base64decode(value)',
  '$string($)',
  '$sum(list) / $count(value)',
  'list ~> $map($uppercase)',
  '$lookup($, "__proto__")',
  'value ~> | $ | {"x": $string} |',
  'function($x) { $x }',
  'value ?? list ?? "none"',
];

/** What `\u0000` or half of a surrogate pair looks like in JSON; a doubled backslash before it is only text. */
const BROKEN = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

describe('11 any record, any expression', () => {
  it('maps to storable JSON, a rejection or a failure, and leaves the record as it is', async () => {
    const expression = fc.constantFrom(...EXPRESSIONS);
    const properties = fc.dictionary(fc.constantFrom('a', 'b.c', '__proto__'), expression, { maxKeys: 3 });
    const anyRecord = anyJson.filter(isRawRecord) as fc.Arbitrary<RawRecord>;
    const property = fc.asyncProperty(
      anyRecord,
      fc.record({
        identifier: fc.constantFrom('id', '"fixed"', '$string($)'),
        title: fc.option(expression),
        team: fc.option(expression),
        properties,
        relations: properties,
        itemsToParse: fc.option(fc.constantFrom('list', 'value', '$', '**')),
      }),
      async (record, mapped) => {
        const before = JSON.stringify(record);
        const result = await createResourceMapping(resource(mapped)).map(record);
        expect(JSON.stringify(record)).toBe(before);
        if (result.type !== 'mapped') return;
        for (const { identifier, blueprint, fields } of result.entities) {
          const stored = JSON.stringify({ identifier, blueprint, fields });
          expect(stored).not.toMatch(BROKEN);
          expect(JSON.parse(stored)).toEqual({ identifier, blueprint, fields });
        }
      },
    );
    await fc.assert(property, { numRuns: 3_000 });
  }, 120_000);

  it('the check for broken texts finds them', () => {
    expect(JSON.stringify('a\0')).toMatch(BROKEN);
    expect(JSON.stringify('\ud800')).toMatch(BROKEN);
    expect(JSON.stringify('\\u0000 \ud83d\ude00')).not.toMatch(BROKEN);
  });
});

describe('11 records that are hard to bear', () => {
  const mapped = resource({
    title: 'name',
    properties: { whole: '$', text: '$string($)', search: '**.name', size: 'size' },
  });

  it('10,000 levels: the record is written without the fields that cannot hold it', async () => {
    const record = JSON.parse(`${'{"id": "a", "name": "n", "next": '.repeat(10_000)}1${'}'.repeat(10_000)}`);
    const result = await createResourceMapping(mapped).map(record);
    expect(result).toMatchObject({
      type: 'mapped',
      entities: [
        {
          identifier: 'a',
          fields: { title: 'n', 'properties.size': null },
          failures: [
            { field: 'properties.whole', reason: expect.stringContaining('is nested deeper than 100 levels') },
            { field: 'properties.text', reason: expect.stringContaining('nested too deeply') },
            { field: 'properties.search', reason: expect.stringContaining('nested too deeply') },
          ],
        },
      ],
    });
  });

  it('texts of 2 MB: the record is written without them', async () => {
    const record = { id: 'a', name: 'n', size: 'x'.repeat(2_000_000) };
    const result = await createResourceMapping(mapped).map(record);
    const failed = result.type === 'mapped' ? result.entities[0]?.failures.map(({ field }) => field) : [];
    expect(failed).toEqual(['properties.whole', 'properties.text', 'properties.size']);
  });

  it('numbers too large for JSON fail their field', async () => {
    const record = JSON.parse('{"id": "a", "size": 1e999}');
    const result = await createResourceMapping(resource({ properties: { size: 'size' } })).map(record);
    expect(result).toMatchObject({
      entities: [
        {
          fields: {},
          failures: [{ field: 'properties.size', reason: 'its value is Infinity, which JSON cannot hold' }],
        },
      ],
    });
  });
});
