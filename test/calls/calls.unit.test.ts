import { describe, expect, it } from 'vitest';
import { calls } from '../../client/calls.ts';
import { UsageError } from '../../domain/errors.ts';

/** What a call is refused with, a mistake a line. `value`: whatever a file or a request may hold. */
function mistakes(make: (value: never) => unknown, value: unknown): string[] {
  try {
    make(value as never);
  } catch (error) {
    if (error instanceof UsageError) return error.message.split('\n');
    throw error;
  }
  throw new Error('the call was accepted');
}

const rows = (value: never) => calls.raw('register-raw', 'repository', value);
const rawDiff = (value: never) => calls.rawDiff('repository', value);
const entities = (value: never) => calls.entities('register', value);
const diff = (value: never) => calls.diff(value);
const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

describe('calls are checked where they enter', () => {
  it.each([
    ['nothing', undefined, ['rows: is missing; it must be a list']],
    ['an object', { a: 1 }, ['rows: must be a list, not an object']],
    [
      'items that are no objects',
      [{}, 'x', [], null, {}],
      [1, 2, 3].map((index) => `rows[${index}]: must be a JSON object, one raw record`),
    ],
  ])('S0.12 S0.30 rows that are %s', (_, value, expected) => {
    expect(mistakes(rows, value)).toEqual(expected);
  });

  it.each([
    ['raw', rawDiff],
    ['plain', diff],
  ] as const)('S0.30 S0.48 a %s difference without its keys, or with others', (_, make) => {
    expect(mistakes(make, { before: [] })).toEqual(['after: is missing; it must be a list']);
    expect(mistakes(make, { befor: [], before: [], after: [], x: 1 })).toEqual([
      'the call: unknown key "befor"; did you mean "before"? (one of: before, after)',
      'the call: unknown key "x"; one of: before, after',
    ]);
    expect(mistakes(make, [])).toEqual(['the call: must be a map, not a list']);
    expect(mistakes(make, { before: [], after: [1] })[0]).toMatch(/^after\[0\]: /);
  });

  const good = { identifier: 'a', blueprint: 'b' };
  it.each<[string, unknown, string]>([
    ['no object', 5, 'must be a map, not 5'],
    ['no identifier', { blueprint: 'b' }, 'identifier: is missing; it must be text'],
    ['an empty blueprint', { ...good, blueprint: '' }, 'blueprint: must not be empty'],
    ['a number as identifier', { ...good, identifier: 5 }, 'identifier: must be text, not 5; put it in quotes'],
    ['a long identifier', { ...good, identifier: 'é'.repeat(501) }, 'identifier: has 1002 bytes; at most 1000'],
    ['a broken identifier', { ...good, identifier: 'a\0' }, 'identifier: holds a NUL character'],
    ['half a character', { ...good, title: '\ud800' }, 'title: holds a NUL character or half of a surrogate pair'],
    ['a title that is a list', { ...good, title: ['x'] }, 'title: must be text, not a list'],
    ['a team that is a number', { ...good, team: 5 }, 'team: must be a text, a list of texts or null'],
    ['properties that are a list', { ...good, properties: [1] }, 'properties: must be an object of fields by name'],
    ['a function', { ...good, properties: { x: () => 1 } }, 'properties.x: holds a function'],
    ['infinity', { ...good, properties: { x: [Infinity] } }, 'properties.x: holds Infinity'],
    ['a key with NUL', { ...good, properties: { 'x\0': 1 } }, 'properties["x\\u0000"]: holds a NUL'],
    ['a field without a name', { ...good, properties: { '': 1 } }, 'properties[""]: has no name'],
    ['deep nesting', { ...good, properties: { x: nested(101) } }, 'properties.x: is nested deeper than 100'],
    ['very deep nesting', { ...good, properties: { x: nested(100_000) } }, 'properties.x: is nested deeper than 100'],
    ['a huge value', { ...good, properties: { x: 'x'.repeat(1_048_577) } }, 'properties.x: is larger than 1048576'],
    [
      'a broken __proto__',
      JSON.parse('{"identifier":"a","blueprint":"b","properties":{"__proto__":"\\u0000"}}'),
      'properties.__proto__: holds a NUL',
    ],
    ['a relation to a number', { ...good, relations: { x: 5 } }, 'relations.x: must be an identifier, a list of'],
    ['a relation to nobody', { ...good, relations: { x: ['a', ''] } }, 'relations.x: must be an identifier, a list of'],
    ['a key too many', { ...good, propertys: {} }, ': unknown key "propertys"; did you mean "properties"?'],
  ])('S0.46 an entity with %s', (_, entity, expected) => {
    const place = /^(must|:)/.test(expected) ? 'entities[1]' : 'entities[1].';
    const separator = expected.startsWith('must') ? ': ' : '';
    const found = mistakes(entities, [good, entity]);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${place}${separator}${expected}`);
  });

  it('says every mistake at once, up to twenty', () => {
    expect(mistakes(entities, [{ title: 5 }])).toHaveLength(3);
    const many = mistakes(entities, Array(50).fill(5));
    expect(many).toHaveLength(21);
    expect(many.at(-1)).toBe('… and 30 more');
  });

  it.each(['', 'a b', '-x', 'x'.repeat(64), 'scope:x'])('S0.49 a scope called %j is refused', (scope) => {
    expect(mistakes(() => calls.entities('sync', [], scope), [])).toEqual([expect.stringMatching(/^scope: must have/)]);
  });

  it('S0.46 an entity passes through field by field; what is left out stays out, null stays null', () => {
    const entity = {
      ...good,
      title: undefined,
      team: null,
      properties: { 'a.b': 0, x: undefined },
      relations: { r: ['s'] },
    };
    expect(entities([entity] as never)).toEqual({
      type: 'register',
      scope: 'plain',
      entities: [{ ...good, fields: { team: null, 'properties.a.b': 0, 'relations.r': ['s'] } }],
    });
  });
});
