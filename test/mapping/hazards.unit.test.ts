import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../domain/json.ts';
import { LoneEvaluation } from './support/lone-evaluation.ts';

/** Milliseconds: generous, since the machine may be busy; unguarded, most of these take minutes, or all memory. */
const BOUND = 10_000;

const lone = new LoneEvaluation();

beforeAll(async () => {
  await lone.evaluate('1', null, 60_000);
});
afterAll(() => lone.stop());

interface Hazard {
  readonly what: string;
  readonly expression: string;
  readonly input?: Json;
  /** Absent where the expression is to succeed. */
  readonly reason?: RegExp;
  /** What it is to yield then; null: nothing. */
  readonly value?: Json;
}

const letters = (count: number): string => 'a'.repeat(count);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => (index * 7_919) % 100_003);

/** Whichever the machine meets first: the time limit or that of the stack. */
const ENDLESS = /Evaluation timeout after 1000 milliseconds|Stack overflow/i;

/** A slow machine may meet the time limit first. */
const TOO_MUCH = /more than 10000000 list elements|Evaluation timeout/;

const hazards: readonly Hazard[] = [
  { what: 'endless recursion', expression: '($f := function($n) { 1 + $f($n) }; $f(1))', reason: ENDLESS },
  { what: 'an endless tail call', expression: '($f := function($n) { $f($n) }; $f(1))', reason: ENDLESS },
  {
    what: 'recursion that branches',
    expression: '($f := function($n) { [$f($n), $f($n)] }; $f(1))',
    reason: ENDLESS,
  },
  { what: 'two failures side by side', expression: '{"a": $error("one"), "b": $error("two")}', reason: /one/ },
  {
    what: 'a failure beside endless recursion',
    expression: '{"a": $error("one"), "b": ($f := function($n) { $f($n) }; $f(1))}',
    reason: /one/,
  },
  { what: 'a huge range', expression: '[1..10000000]', reason: /range of 10000000 numbers is refused/ },
  {
    what: 'a huge range that the record asks for',
    expression: '[1..n]',
    input: { n: 9_000_000 },
    reason: /range of 9000000 numbers is refused/,
  },
  {
    what: 'many ranges that are each within the limit',
    expression: '$map([1..100000], function($i) { [1..100000] })',
    reason: TOO_MUCH,
  },
  {
    what: '$pad with a huge width from the record',
    expression: '$pad("x", n, "ab")',
    input: { n: 400_000_000 },
    reason: /\$pad to a width of 400000000 is refused/,
  },
  {
    what: 'a picture with a huge width',
    expression: '$fromMillis(0, "[Y1,400000000]")',
    reason: /the picture is refused/,
  },
  {
    what: 'a picture that cannot be told apart',
    expression: '$toMillis(s, "[MNn][FNn][MNn][FNn][MNn][FNn][MNn][FNn]")',
    input: { s: `${letters(190)}1` },
    reason: /the picture is refused/,
  },
  {
    what: 'a list that doubles',
    expression: '$count($reduce([1..60], function($a, $i) { $append($a, $a) }, [1]))',
    reason: TOO_MUCH,
  },
  {
    what: 'a text that doubles',
    expression: '$length($reduce([1..29], function($a, $i) { $a & $a }, "x"))',
    reason: /value of more than 10000000 characters/,
  },
  {
    what: 'an object that doubles when written out',
    expression: '$string($reduce([1..60], function($a, $i) { {"l": $a, "r": $a} }, 1))',
    reason: /value of more than 10000000 characters/,
  },
  {
    what: 'every element of a list with every other',
    expression: '[1..100000].($$.list)',
    input: { list: numbers(100_000) },
    reason: TOO_MUCH,
  },
  {
    what: '$join with a long separator',
    expression: '$join(list.$string(), big)',
    input: { list: numbers(1_000), big: letters(2_000_000) },
    reason: /\$join of 1000 texts would be longer/,
  },
  {
    what: '$replace that makes a huge text',
    expression: '$replace(big, "a", big)',
    input: { big: letters(2_000_000) },
    reason: /too large/,
  },
  {
    what: '$split of a long text into single characters',
    expression: '$count($split(big, ""))',
    input: { big: letters(2_000_000) },
    value: 2_000_000,
  },
  {
    what: '$string of a large record',
    expression: '$length($string($))',
    input: { big: letters(2_000_000) },
    value: 2_000_010,
  },
  {
    what: 'a regular expression that is catastrophic for a backtracking engine',
    expression: '$contains(s, /^(a+)+$/)',
    input: { s: `${letters(50_000)}!` },
    value: false,
  },
  {
    what: 'nested repetitions in $match',
    expression: '$match(s, /((x+x+)+y)|(([a-z])+.)+[A-Z]([a-z])+$/)',
    input: { s: letters(50_000) },
    value: null,
  },
  {
    what: 'a regular expression with many instructions on a long text',
    expression: '$contains(s, /(a{0,30}){30}([A-Z])/)',
    input: { s: letters(2_000_000) },
    reason: /too much work on a text of 2000000 characters/,
  },
  {
    what: 'a regular expression that matches at every character of a long text',
    expression: '$replace(s, /(a)(b)?/, "b")',
    input: { s: letters(2_000_000) },
    reason: /the regular expression ran for longer/,
  },
  {
    what: 'a regular expression left of ??, which jsonata 2.2.2 alone never ends',
    expression: '$match(s, /(b)(x)?/)[0].groups[1] ?? "none"',
    input: { s: 'abc' },
    value: 'none',
  },
  {
    what: 'a regular expression left of ?:',
    expression: '$contains(s, /x/) ?: "no"',
    input: { s: 'abc' },
    value: 'no',
  },
  {
    what: 'a regular expression in brackets left of two defaults',
    expression: '(($match(s, /(b)/).match ?? "x") ?? "y")',
    input: { s: 'abc' },
    value: 'b',
  },
  {
    what: 'defaults nested on their left sides, which the parser doubles each time',
    expression: `${'('.repeat(40)}a${' ?? 1)'.repeat(40)}`,
    reason: /nested more than 12 deep/,
  },
  {
    what: 'brackets nested without end',
    expression: '('.repeat(19_000),
    reason: /nested too deeply/,
  },
  { what: '$sort of a long list', expression: '$sort(list)[-1]', input: { list: numbers(100_000) }, value: 100_002 },
  {
    what: 'order-by of a long list',
    expression: 'list^($)[0]',
    input: { list: numbers(100_000) },
    reason: ENDLESS,
  },
  {
    what: '$distinct of a long list',
    expression: '$count($distinct(list))',
    input: { list: numbers(100_000) },
    value: 100_000,
  },
  {
    what: '$spread of a long list',
    expression: '$count($spread(list))',
    input: { list: numbers(100_000).map((a) => ({ a })) },
    value: 100_000,
  },
];

describe('11. bad input: an expression ends in a bounded time with an error that names it', () => {
  it.each(hazards.map((hazard) => [hazard.what, hazard] as const))('11 %s', async (_, hazard) => {
    const { expression, input = {}, reason, value } = hazard;
    const answer = await lone.evaluate(expression, input, BOUND);
    const outcome = 'error' in answer ? { error: answer.error } : { value: answer.value ?? 'null' };
    if (reason === undefined) {
      expect(outcome).toEqual({ value: JSON.stringify(value) });
    } else {
      expect(outcome).toEqual({ error: expect.stringMatching(reason) });
      expect(outcome).toEqual({ error: expect.stringContaining(expression.slice(0, 60).trim()) });
    }
    expect(answer.milliseconds).toBeLessThan(BOUND);
  });
});
