import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Json } from '../../domain/json.ts';
import { ExpressionError } from '../../mapping/errors.ts';
import { checkExpression, compile } from '../../mapping/expression.ts';
import { MAX_EXPRESSION_LENGTH, REST_TIME } from '../../mapping/limits.ts';

afterEach(() => vi.restoreAllMocks());

const failure = async (text: string, input: Json): Promise<ExpressionError> => {
  const error: unknown = await compile(text)
    .evaluate(input)
    .catch((reason) => reason);
  expect(error).toBeInstanceOf(ExpressionError);
  return error as ExpressionError;
};

describe('compile', () => {
  it('compiles a text once', () => {
    expect(compile('a.b & "once"')).toBe(compile('a.b & "once"'));
  });

  it.each([
    ['name +', 6, 'Unexpected end of expression'],
    ['foo bar', 4, 'Syntax error: "bar"'],
    ['(a', 2, 'Expected ")" before end of expression'],
    ['', 0, 'Unexpected end of expression'],
    ['"abc', 4, 'String literal must be terminated by a matching quote'],
    ['a ~> /(?<n/ ', 12, 'No terminating / in regular expression'],
    ['$contains(a, /x**/)', 13, 'Invalid regular expression: /x**/g: Nothing to repeat'],
  ])('11 shows where %j does not parse', (text, position, message) => {
    expect(checkExpression(text)).toEqual({ message, position });
  });

  it('11 a text that does not parse throws an error that names it', () => {
    expect(() => compile('foo bar')).toThrow(
      new ExpressionError('foo bar', { detail: 'Syntax error: "bar"', position: 4 }),
    );
    expect(() => compile('foo bar')).toThrow('expression `foo bar`: Syntax error: "bar" (at character 5)');
  });

  it('refuses a text that is too long', () => {
    const text = `"${'x'.repeat(MAX_EXPRESSION_LENGTH)}"`;
    expect(checkExpression(text)?.message).toBe(`longer than ${MAX_EXPRESSION_LENGTH} characters`);
  });
});

describe('what is refused before any record is seen', () => {
  it.each([
    ['$contains(a, /x(?=y)/)', 13, /`\(\?=`.*look-around and back-references are not/],
    ['$contains(a, /x(?!y)/)', 13, /`\(\?!`/],
    ['$contains(a, /(?<=x)y/i)', 13, /not supported/],
    ['$contains(a, /(?<!x)y/)', 13, /not supported/],
    ['$match(a, /(x)\\1/)', 10, /`\\1`/],
    ['$match(a, /(?<n>x)\\k<n>/)', 10, /`\\k`/],
    ['$contains(a, /x{1001}/)', 13, /invalid repeat count/],
    ['$split(a, /,/)[$contains($, /x(?=y)/)]', 28, /not supported/],
    ['a^(>$match(b, /(x)\\1/))', 14, /not supported/],
    ['$match(a, /x(?=y)/) ?? "none"', 10, /not supported/],
  ])('11 a regular expression whose time has no bound: %s', (text, position, message) => {
    expect(checkExpression(text)).toEqual({ message: expect.stringMatching(message), position });
  });

  it.each([
    ['name & $eval(code)', 7, /^\$eval is refused: it would run text of the record/],
    ['$map(names, $eval)', 12, /^\$eval is refused/],
    ['$random()', 0, /^\$random is refused: its value would differ from run to run/],
    ['$shuffle(topics)[0]', 0, /^\$shuffle is refused/],
    ['$now()', 0, /^\$now is refused: .*; inside a comparison it is fine$/],
    ['{"age": $millis() - $toMillis(created_at)}', 8, /^\$millis is refused/],
    ['($random := 4; $random)', 1, /^\$random is refused/],
  ])('a function whose value differs from run to run, or that runs text: %s', (text, position, message) => {
    expect(checkExpression(text)).toEqual({ message: expect.stringMatching(message), position });
  });

  it('the clock may be compared with: "pushed in the last 90 days" is a query that users want', async () => {
    const query = compile('$toMillis(pushed_at) > $millis() - 7776000000');
    expect(await query.evaluate({ pushed_at: new Date().toISOString() })).toBe(true);
    expect(await query.evaluate({ pushed_at: '2020-01-01T00:00:00Z' })).toBe(false);
    expect(checkExpression('items[due < $now()].name')).toBeNull();
  });

  it.each([
    ['$upercase(name)', 0, '$upercase is not known: no function of JSONata, and not bound in this expression'],
    ['name & $nmae', 7, '$nmae is not known: no function of JSONata, and not bound in this expression'],
    ['$constructor', 0, '$constructor is not known: no function of JSONata, and not bound in this expression'],
    ['uppercase(name)', 0, 'uppercase is not a function: functions begin with $, here $uppercase'],
    ['owner(1)', 0, 'owner is not a function: functions begin with $'],
  ])('a name that nothing binds: %s', (text, position, message) => {
    expect(checkExpression(text)).toEqual({ message, position });
  });

  it.each([
    '($x := name; $f := function($y) { $y & $x }; $f("a"))',
    'items@$i.{"id": $i.id}',
    'items#$n[$n > 0]',
    '$reduce(items, λ($a, $b) { $a + $b.size }, 0)',
    '($o := {"f": function($x) { $x + 1 }}; $o.f(1))',
    '$$.name & $.name',
    '$map(items, $string)',
    'items ~> | $ | {"seen": true}, "secret" |',
    'items.{"parent": %.name}',
  ])('a name that is bound is fine: %s', (text) => {
    expect(checkExpression(text)).toBeNull();
  });
});

describe('evaluate', () => {
  it('S0.10 a failing expression names itself, what is wrong, and where', async () => {
    const error = await failure('"v" & (size + 1)', { size: 'big' });
    expect(error.message).toBe(
      'expression `"v" & (size + 1)`: The left side of the "+" operator must evaluate to a number (at character 13)',
    );
    expect(error).toMatchObject({ expression: '"v" & (size + 1)', position: 12 });
  });

  it('a function that does not take its argument is pointed at', async () => {
    const error = await failure('name & $uppercase(size)', { size: 3 });
    expect(error.message).toMatch(/Argument 1 of function "uppercase" .* \(at character 8\)$/);
  });

  it('an error never carries a whole record or a long expression', async () => {
    const secret = 'x'.repeat(100_000);
    const byKey = await failure('{$: 1}', [[secret]]);
    expect(byKey.message.length).toBeLessThan(600);
    const bySize = await failure(`$error(secret) & "${'y'.repeat(5_000)}"`, { secret });
    expect(bySize.message.length).toBeLessThan(600);
  });

  it('keeps nothing from one record for the next', async () => {
    const expression = compile('($seen := [$seen, id]; $seen)');
    expect(await expression.evaluate({ id: 1 })).toEqual([1]);
    expect(await expression.evaluate({ id: 2 })).toEqual([2]);
    const counter = compile('($next := function() { ($n := $n + 1; $n) }; $next(); $exists($n))');
    expect(await counter.evaluate({})).toBe(false);
    expect(await counter.evaluate({})).toBe(false);
  });

  it('evaluates the same expression on several records at a time', async () => {
    const expression = compile('$map(list, function($n) { $n * factor })');
    const inputs = [1, 2, 3].map((factor) => ({ factor, list: [1, 2] }));
    const results = await Promise.all(inputs.map((input) => expression.evaluate(input)));
    expect(results.map((result) => JSON.stringify(result))).toEqual(['[1,2]', '[2,4]', '[3,6]']);
  });

  it('leaves the record as it is, where jsonata alone writes into empty lists', async () => {
    const record: Json = { labels: [], matrix: [[], [1]], owner: { login: 'a' } };
    await compile('labels{name: color}').evaluate(record);
    await compile('matrix.{"a": 1}').evaluate(record);
    await compile('$ ~> | owner | {"login": "b"} |').evaluate(record);
    expect(record).toEqual({ labels: [], matrix: [[], [1]], owner: { login: 'a' } });
  });

  it('after three time-outs in a row an expression rests for a minute, and then works again', async () => {
    const expression = '($f := function($n) { $n = 0 ? "done" : $f($n) }; $f(n))';
    for (let time = 0; time < 3; time++) expect((await failure(expression, { n: 1 })).detail).toMatch(/timeout/);
    const started = performance.now();
    expect((await failure(expression, { n: 0 })).detail).toMatch(/^not evaluated: .* 3 records in a row/);
    expect(performance.now() - started).toBeLessThan(500);
    const later = performance.now() + REST_TIME;
    vi.spyOn(performance, 'now').mockImplementation(() => later);
    expect(await compile(expression).evaluate({ n: 0 })).toBe('done');
  });
});

describe('11 prototype keys are keys like any other', () => {
  const record: Json = JSON.parse('{"__proto__": {"admin": true}, "constructor": "c", "list": [{"__proto__": 1}]}');

  it.each([
    ['`__proto__`.admin', true],
    ['constructor', 'c'],
    ['list.`__proto__`', 1],
    ['$keys($)', ['__proto__', 'constructor', 'list']],
    ['toString', undefined],
    ['list.constructor', undefined],
    ['$lookup(list[0], "hasOwnProperty")', undefined],
  ])('%s', async (text, expected) => {
    const value = await compile(text).evaluate(record);
    expect(JSON.stringify(value)).toBe(JSON.stringify(expected));
  });

  it.each([
    '{"__proto__": {"polluted": true}}',
    '$merge([{"__proto__": {"polluted": true}}])',
    '$ ~> | $ | {"__proto__": {"polluted": true}} |',
    '$spread({"__proto__": {"polluted": true}})',
    'list{`__proto__` = 1 ? "__proto__" : "x": {"polluted": true}}',
  ])('%s pollutes nothing', async (text) => {
    await compile(text).evaluate(record);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
