import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../domain/json.ts';
import { canonicalJson, sameJson } from '../../domain/json-equality.ts';

const json = fc.jsonValue() as fc.Arbitrary<Json>;

/** The same value with the keys of every object the other way round. */
const reversed = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)]),
  );
};

describe('1.6 equal values', () => {
  it.each<[Json | undefined, Json | undefined, boolean]>([
    [{ a: 1, b: { c: [1, 2], d: null } }, { b: { d: null, c: [1, 2] }, a: 1 }, true],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [[1, 2], [1], false],
    [{}, [], false],
    [{ a: null }, {}, false],
    [{ a: null }, { b: null }, false],
    [JSON.parse('{"__proto__": {}}'), { x: 1 }, false],
    [0, '0', false],
    [null, undefined, false],
    [undefined, undefined, true],
    [null, {}, false],
  ])('%j and %j: %s', (a, b, same) => {
    expect(sameJson(a, b)).toBe(same);
    expect(sameJson(b, a)).toBe(same);
  });

  it('are those with the same canonical text, keys in any order', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(sameJson(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
        expect(sameJson(a, reversed(a))).toBe(true);
        expect(canonicalJson(reversed(a))).toBe(canonicalJson(a));
        expect(sameJson(JSON.parse(canonicalJson(a)), a)).toBe(true);
      }),
    );
  });

  it('the canonical text is the same on every machine', () => {
    expect(canonicalJson({ b: [1.5, 'é'], B: null, a: { z: true, y: '"' } })).toBe(
      '{"B":null,"a":{"y":"\\"","z":true},"b":[1.5,"é"]}',
    );
  });
});
