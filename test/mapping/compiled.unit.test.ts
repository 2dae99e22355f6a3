import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../domain/json.ts';
import { CODES } from '../../mapping/error-texts.ts';
import type { ExpressionError } from '../../mapping/errors.ts';
import { compile } from '../../mapping/expression.ts';

const record: Json = {
  id: 1,
  name: 'svc',
  big: Number.POSITIVE_INFINITY,
  owner: { login: 'acme' },
  items: [
    { id: 'a', n: 2 },
    { id: 'b', n: 1 },
  ],
};

describe('what is compiled, and what is left to jsonata', () => {
  it.each([
    'owner.login',
    'items[n > 1].id',
    'items^(n).id',
    'items{id: n}',
    '$map(items, function($item) { $item.id })',
    '($twice := function($f) { $f ~> $f }; $twice($uppercase)(name))',
    'items ~> | $ | {"seen": true}, "n" |',
    '$match(name, /s(v)c/).groups',
  ])('%s is evaluated at once', async (text) => {
    const value = compile(text).yields(record);
    expect(value).not.toBeInstanceOf(Promise);
    expect(JSON.stringify(value)).toBe(JSON.stringify(await jsonata(text).evaluate(record)));
  });

  it.each([
    'items.{"id": id, "owner": %.name}',
    'items@$item.$item.id',
    'items#$place[$place > 0].id',
    '[$x := 1, $x]',
    '{"a": $x := 1, "b": $exists($x)}',
  ])('%s is left to jsonata', async (text) => {
    const value = compile(text).yields(record);
    expect(value).toBeInstanceOf(Promise);
    expect(JSON.stringify(await value)).toBe(JSON.stringify(await jsonata(text).evaluate(record)));
  });

  it('functions that call themselves deeper than JavaScript can are left to jsonata, on the record where they do', async () => {
    const expression = compile('($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(depth))');
    expect(expression.yields({ depth: 100 })).toBe(100);
    const value = expression.yields({ depth: 2_000 });
    expect(value).toBeInstanceOf(Promise);
    expect(await value).toBe(2_000);
  });

  it('a function that ends with a call of itself takes no room', () => {
    const text = '($f := function($n, $sum) { $n = 0 ? $sum : $f($n - 1, $sum + $n) }; $f(50000, 0))';
    expect(compile(text).yields({})).toBe(1_250_025_000);
  });
});

describe('11 what is made is bounded', () => {
  it('in copies that hold a list many times', () => {
    const items = Array.from({ length: 1_000 }, (_, id) => ({ id }));
    const expression = compile('($list := [1..20000].("ten letters"); $ ~> | items | {"list": $list} |)');
    expect(() => expression.yields({ items })).toThrow(/value of more than 10000000 characters and elements/);
  });

  it('in lists of lists that hold each other', () => {
    const expression = compile('$string($reduce([1..60], function($made, $_) { [[$made], [$made]] }, [1]))');
    expect(() => expression.yields({})).toThrow(/value of more than 10000000 characters and elements/);
  });

  it('in lists that are put in order', () => {
    const list = Array.from({ length: 50_001 }, (_, index) => -index);
    expect(compile('list^($)[0]').yields({ list: list.slice(1) })).toBe(-50_000);
    expect(() => compile('list^($)[0]').yields({ list })).toThrow(/timeout/);
  });
});

describe('functions are opaque', () => {
  it.each([
    '$keys(function($x) { $x })',
    '(function($x) { $x }).arity',
    '(function($x) { $x })._jsonata_lambda',
    '$sum.implementation',
    '$lookup($sum, "apply")',
    '(function($x) { $x }).*',
  ])('%s yields nothing', (text) => {
    expect(compile(text).yields({})).toBeUndefined();
  });

  it('a record does not become a function by its keys', () => {
    const disguised = { f: { _jsonata_lambda: true, _jsonata_function: true, body: {} } };
    expect(compile('f.body').yields(disguised)).toEqual({});
    expect(() => compile('($call := f; $call(1))').yields(disguised)).toThrow(/non-function/);
  });
});

describe('S0.10 errors have the words of jsonata', () => {
  it('knows every code that jsonata throws while it evaluates', () => {
    const source = readFileSync(createRequire(import.meta.url).resolve('jsonata'), 'utf8');
    const codes = [...source.matchAll(/^ +"([TD]\d{4})": "/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(60);
    expect(CODES.toSorted()).toEqual(codes.toSorted());
  });

  it.each([
    'name + 1',
    '1 - name',
    'big + 1',
    '-name',
    'name > 1',
    'owner >= 1',
    '$uppercase(id)',
    '$sum(items)',
    'owner.$length()',
    '$number("x")',
    '$sqrt(-1)',
    '$power(10, 1000)',
    '{id: 1}',
    '{"a": 1, $string("a"): 2}',
    'items^(owner ? 1 : $)',
    'items^(n = 1 ? "x" : n)',
    'name ~> id',
    '($f := id; $f(1))',
    '($f := id; $f(?, 1))',
    '$error("out of order")',
    '$assert(false, "not so")',
    '$single(items, function($item) { true })',
    '$single([], function($item) { true })',
    '$reduce(items, function($item) { 1 })',
    '$sort(items)',
    '$replace(name, "", "x")',
    '$replace(name, "v", "x", -1)',
    '$replace(name, /v/, function($match) { 1 })',
    '$split(name, "v", -1)',
    '$match(name, /x*/)',
    '$match(name, /v/, -1)',
    '$contains(name, function($text) { {"a": 1} })',
    'items ~> | $ | 1 |',
    'items ~> | $ | {}, 1 |',
    '[1.5..2]',
    '$toMillis(name, "[Y]-[M]")',
    '$fromMillis(1, "[unknown]")',
    '$decodeUrl("%E0%A4%A")',
    '$string(big)',
  ])('%s', async (text) => {
    const theirs = await jsonata(text)
      .evaluate(record)
      .then(
        () => 'a value',
        ({ message }) => message.replace(/\s+/g, ' '),
      );
    const ours = await compile(text)
      .evaluate(record)
      .then(
        () => 'a value',
        ({ detail }: ExpressionError) => detail,
      );
    expect(ours).toBe(theirs);
  });
});
