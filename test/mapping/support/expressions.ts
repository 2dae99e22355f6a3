import fc from 'fast-check';

/** Texts of expressions of every sort over records with the keys `a`, `b` and `c`, not all of which can be evaluated. */
export function anyExpression(depth: number): fc.Arbitrary<string> {
  return fc.letrec<{ value: string; name: string; callee: string }>((tie) => {
    const value = tie('value');
    const pair = fc.tuple(value, value);
    const two = (template: (left: string, right: string) => string) =>
      pair.map(([left, right]) => template(left, right));
    return {
      name: fc.constantFrom('a', 'b', 'c', '`a`', 'x'),
      value: fc.oneof(
        { maxDepth: depth, depthSize: 'small' },
        fc.oneof(
          { weight: 4, arbitrary: tie('name') },
          fc.constantFrom(
            '$',
            '$$',
            '$x',
            '$y',
            '*',
            '**',
            '$.a',
            '$$.b',
            'a.b',
            '$x.a',
            'a[0]',
            'b[-1]',
            'a[]',
            'a.b[]',
          ),
          fc.constantFrom(
            '1',
            '0',
            '-1',
            '2.5',
            '"x"',
            '""',
            '"1"',
            'true',
            'false',
            'null',
            '[]',
            '{}',
            '[1..3]',
            '1e3',
          ),
        ),
        // Paths and predicates
        two((left, right) => `${left}.${right}`),
        two((left, right) => `${left}.(${right})`),
        two((left, right) => `(${left})[${right}]`),
        two((left, right) => `${left}.a[${right}].b`),
        fc.tuple(value, tie('name')).map(([of, name]) => `(${of}).${name}[]`),
        fc.tuple(value, fc.integer({ min: -3, max: 3 })).map(([of, index]) => `(${of})[${index}]`),
        two((of, by) => `(${of})^(${by})`),
        two((of, by) => `(${of})^(>${by}, a)[0].b`),
        // Operators
        fc
          .tuple(
            value,
            fc.constantFrom(
              '+',
              '-',
              '*',
              '/',
              '%',
              '=',
              '!=',
              '<',
              '<=',
              '>',
              '>=',
              'and',
              'or',
              'in',
              '&',
              '??',
              '?:',
              '~>',
            ),
            value,
          )
          .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
        fc.tuple(value, value, value).map(([when, then, otherwise]) => `(${when} ? ${then} : ${otherwise})`),
        two((when, then) => `(${when} ? ${then})`),
        value.map((of) => `-(${of})`),
        // Lists, objects, groups
        value.map((of) => `[${of}]`),
        two((left, right) => `[${left}, ${right}]`),
        two((left, right) => `[[${left}], ${right}]`),
        two((left, right) => `{"k": ${left}, "2": ${right}}`),
        two((key, of) => `{$string(${key}): ${of}}`),
        two((of, by) => `(${of}){$string(${by}): a}`),
        two((of, part) => `(${of}){$type($): ${part}, "n": $count($)}`),
        two((from, to) => `[${from}..${to}]`),
        // Blocks and functions
        two((bound, body) => `($x := ${bound}; ${body})`),
        two((bound, body) => `($x := ${bound}; $y := $x; ${body})`),
        two((body, argument) => `(function($x) { ${body} })(${argument})`),
        two((body, argument) => `($f := function($x, $y) { ${body} }; $f(${argument}))`),
        two((body, argument) => `($f := function($x, $y) { ${body} }; $f(?, 1)(${argument}))`),
        two((body, argument) => `($f := function($n, $x) { $n > 3 ? $x : $f($n + 1, ${body}) }; $f(0, ${argument}))`),
        fc.tuple(value, tie('callee')).map(([of, callee]) => `(${of}) ~> ${callee}`),
        fc.tuple(value, tie('callee'), tie('callee')).map(([of, one, two]) => `(${of}) ~> (${one} ~> ${two})`),
        fc.tuple(tie('callee'), value).map(([callee, argument]) => `(${callee})(${argument})`),
        fc.tuple(fc.constantFrom(...ONE), value).map(([name, of]) => `$${name}(${of})`),
        fc.tuple(fc.constantFrom(...ONE), value).map(([name, of]) => `(${of}).$${name}()`),
        fc.tuple(fc.constantFrom(...TWO), value, value).map(([name, of, by]) => `$${name}(${of}, ${by})`),
        fc.tuple(fc.constantFrom(...CALLING), value, tie('callee')).map(([name, of, by]) => `$${name}(${of}, ${by})`),
        fc.tuple(value, tie('callee'), value).map(([of, by, first]) => `$reduce(${of}, ${by}, ${first})`),
        fc.tuple(value, fc.constantFrom(...MATCHES)).map(([of, match]) => `$string(${of}) ~> ${match}`),
        two((of, update) => `(${of}) ~> | a | {"n": ${update}}, "b" |`),
      ),
      callee: fc.oneof(
        { maxDepth: depth, depthSize: 'small' },
        fc.constantFrom(...ONE, ...TWO).map((name) => `$${name}`),
        fc.constantFrom('$append(?, 1)', '$lookup(?, "a")', '$map(?, $string)', '$x'),
        value.map((body) => `function($x) { ${body} }`),
        value.map((body) => `function($x, $y) { ${body} }`),
        value.map((body) => `function($x, $y, $z) { [$y, ${body}, $z] }`),
        value.map((body) => `function($x)<x-:x> { ${body} }`),
      ),
    };
  }).value;
}

const ONE = `string boolean not exists count sum max min average length lowercase uppercase trim number abs floor ceil
  round keys spread merge reverse distinct sort type zip single`.split(/\s+/);

const TWO =
  `append lookup substringBefore substringAfter contains split join zip substring power round formatBase string
  pad match`.split(/\s+/);

const CALLING = ['map', 'filter', 'single', 'reduce', 'each', 'sift', 'sort'];

const MATCHES = [
  '$match(/(x)|1/)',
  '$match(/./, 2)',
  '$replace(/x/, "<$0$1$$>")',
  '$replace(/(\\w)/, "$1$1", 2)',
  '$replace(/x/, function($m) { $uppercase($m.match) })',
  '$replace("x", "yy")',
  '$split(/[x,]/)',
  '$contains(/1/)',
  '/(x)|1/',
];
