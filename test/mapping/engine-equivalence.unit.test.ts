import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../domain/json.ts';
import { FUNCTIONS, REFUSED } from '../../mapping/built-ins.ts';
import { compile } from '../../mapping/expression.ts';

/** What an expression does, as JSON text: marks on lists are no part of the value. */
async function outcome(evaluate: Promise<unknown>): Promise<string> {
  try {
    const value = await evaluate;
    return value === undefined ? 'nothing' : JSON.stringify(value);
  } catch {
    return 'an error';
  }
}

/** The guarded engine and jsonata alone must agree. */
async function expectTheSame(text: string, input: Json): Promise<void> {
  const guarded = await outcome(compile(text).evaluate(structuredClone(input)));
  expect(guarded).toBe(await outcome(jsonata(text).evaluate(structuredClone(input))));
}

const KEYS = ['a', 'b', 'c'];
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json>(null, true, 0, 1, '', 'x', '1'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value')),
  ),
})).value;

describe('the guarded engine does what jsonata does', () => {
  it('knows every function of the engine', () => {
    const source = readFileSync(createRequire(import.meta.url).resolve('jsonata'), 'utf8');
    const names = [...source.matchAll(/(?:staticFrame|environment)\.bind\('(\w+)'/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(60);
    expect(names.toSorted()).toEqual([...FUNCTIONS, ...REFUSED.keys()].toSorted());
  });

  it('reads plain paths and constants, which it does without the engine', async () => {
    const path = fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 }).map((names) => names.join('.'));
    await fc.assert(
      fc.asyncProperty(path, json, (text, input) => expectTheSame(text, input)),
      { numRuns: 1_000 },
    );
    for (const text of ['"x"', '1.5', '-2', 'true', 'null', 'a', '`a`', 'a."b"', `"it's"`]) {
      await expectTheSame(text, { a: { b: 1 } });
    }
  });

  it('evaluates expressions of every sort, the replaced functions among them', async () => {
    const text = fc.constantFrom(
      '$sort(a)',
      '$sort(a, function($l, $r) { $string($l) > $string($r) })',
      'a^(b)',
      '$distinct(a)',
      '$distinct([a, b, a, c])',
      '$distinct(a.b)',
      '$spread(a)',
      '$spread(a.b)',
      '$join(a.$string(), "-")',
      '$map(a, $spread)',
      'a ~> $distinct ~> $count',
      '$pad(a, 5)',
      '$pad(a, -5, "ab")',
      '[a..b]',
      '[$count(a)..4]',
      '[1..$count(a)].($ + 1)',
      '[a]',
      'a[]',
      'a{b: c}',
      '{"a": a, "b": [b.c]}',
      '*.a',
      '**.b',
      'a[b = c].c',
      'a ?? b ?? "none"',
      'a ?: b',
      'a = b',
      '($p := $pad(?, 4, "0"); $p($string(a)))',
    );
    await fc.assert(
      fc.asyncProperty(text, json, (expression, input) => expectTheSame(expression, input)),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '$match(s, /o/)',
    '$match(s, /(o)(r)?/)',
    '$match(s, /(\\w+)\\s*(\\w*)/, 2)',
    '$match(s, /WORLD/i).index',
    '$match(m, /^b\\w*/m).match',
    '$match(m, /^b.*$/)',
    '$match(s, /z/)',
    '$match(e, /(x)/).index',
    '$contains(s, /^hello/)',
    '$contains(s, /^Hello/)',
    '$contains(s, /[\\u0048\\x65]{2}/)',
    '$contains(p, /a\\/b/)',
    '$replace(s, /(o)/, "<$1>")',
    '$replace(s, /(l+)(o)/, "$2$1$$$0")',
    '$replace(s, /o/, "0", 1)',
    '$replace(s, /l/, function($m) { $uppercase($m.match) })',
    '$replace(s, /(?<name>w)/, "$1$1")',
    '$replace(s, /x*/, "-")',
    '$split(s, /[ ,]+/)',
    '$split(s, /o/, 1)',
    '$split(s, /$/)',
    's ~> /o/',
    '$filter(l, /^a/)',
    '$match(s, /h/i).groups',
    '$map(l, function($t) { $t ~> /(.)(.)/ ? "two" : "one" })',
  ])('matches by RE2 as by the engine of JavaScript: %s', async (text) => {
    const input = { s: 'Hello, world of words', m: 'abc\nbcd\r\nbe', e: '😀x', p: 'a/b', l: ['ab', 'b', 'ac'] };
    await expectTheSame(text, input);
  });

  it('differs from JavaScript where RE2 does: "." takes a whole character, and a carriage return', async () => {
    const input = { emoji: '😀x', lines: 'a\r\nb' };
    expect(await compile('$match(emoji, /(.)x/).groups').evaluate(input)).toEqual(['😀']);
    expect(await compile('$match(lines, /^a.*$/m).match').evaluate(input)).toBe('a\r');
  });
});
