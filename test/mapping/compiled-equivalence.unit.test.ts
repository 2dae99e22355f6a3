import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../domain/json.ts';
import { checkExpression, compile } from '../../mapping/expression.ts';
import { anyExpression } from './support/expressions.ts';

/** What an expression does, as JSON text, keys in their order; functions are all alike. */
async function outcome(evaluate: () => unknown): Promise<string> {
  try {
    const value = await evaluate();
    return value === undefined ? 'nothing' : JSON.stringify(value, (_, part) => (isFunction(part) ? 'ƒ' : part));
  } catch {
    return 'an error';
  }
}

const isFunction = (value: unknown): boolean =>
  typeof value === 'function' ||
  (typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value));

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json>(null, true, false, 0, 1, 2.5, '', 'x', '1'),
    fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')),
  ),
})).value;

/** jsonata loses regular expressions left of `??` and `?:`; here they are mended. */
const LOST_REGEX = /[(\s]\/.*\?[?:]/;

/** What jsonata yields; `null`: it writes into an empty list that it groups, which is not done here. */
async function byLibrary(text: string, input: Json): Promise<string | null> {
  const expression = jsonata(text, { timeout: 1_000, stack: 500 });
  expression.assign(Symbol.for('jsonata.__evaluate_exit') as unknown as string, freezeEmptyList);
  let written = false;
  const result = await outcome(() =>
    expression.evaluate(input).catch((error) => {
      written = /not extensible/.test(error.message);
      throw error;
    }),
  );
  return written ? null : result;
}

function freezeEmptyList(_node: unknown, _input: unknown, _environment: unknown, result: unknown): void {
  if (Array.isArray(result) && result.length === 0 && !('sequence' in result)) Object.freeze(result);
}

describe('a compiled expression', () => {
  it('yields what jsonata yields, or both fail', async () => {
    let compiled = 0;
    const numRuns = 1_500;
    const property = fc.asyncProperty(anyExpression(4), json, async (body, input) => {
      const text = `($x := c; $y := [b, 1]; ${body})`;
      fc.pre(checkExpression(text) === null && !LOST_REGEX.test(text));
      let yielded: unknown;
      const here = await outcome(() => {
        yielded = compile(text).yields(structuredClone(input));
        return yielded;
      });
      if (!(yielded instanceof Promise)) compiled += 1;
      const there = await byLibrary(text, structuredClone(input));
      if (there !== null) expect(here).toBe(there);
    });
    await fc.assert(property, { numRuns, seed: 1 });
    expect(compiled).toBeGreaterThan(0.8 * numRuns);
  }, 120_000);
});
