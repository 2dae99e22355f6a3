import { z } from 'zod';
import type { CheckExpression } from './definitions.ts';

/** What a problem of an expression carries besides its message. */
export interface ExpressionParams {
  readonly expression: true;
  readonly position: number | null;
}

const FORMS: Readonly<Record<string, string>> = {
  undefined: 'is missing; it must be a JSONata expression, such as full_name',
  null: 'is empty; it must be a JSONata expression, such as full_name',
  array: "is a YAML list; write the expression in quotes, such as '[labels.name]'",
  object: `is a YAML map; write the expression in quotes, such as '{"name": name}'`,
};

/**
 * The text of a JSONata expression that compiles. A YAML number or boolean is taken as its text: `stars: 5` and
 * `query: true` mean what they look like.
 */
export function expressionText(check: CheckExpression) {
  return z
    .union([z.string(), z.number(), z.boolean()], { error: ({ input }) => FORMS[formOf(input)] })
    .transform(String)
    .superRefine((text, ctx) => {
      const problem = text.trim() === '' ? { message: 'it is empty', position: null } : check(text);
      if (problem === null) return;
      const params: ExpressionParams = { expression: true, position: problem.position };
      const where = problem.position === null ? '' : ` (at character ${problem.position + 1})`;
      ctx.addIssue({
        code: 'custom',
        message: `is not valid JSONata: ${problem.message}${where}`,
        params: { ...params },
      });
    })
    .meta({ description: 'A JSONata expression over the raw record' });
}

/** The text that an expression always yields, where that can be told from looking at it: `'"githubRepository"'`. */
export function literalOf(expression: string): string | null {
  const [, , text] = /^\s*(["'])([^"'\\]+)\1\s*$/.exec(expression) ?? [];
  return text ?? null;
}

function formOf(input: unknown): string {
  if (input === null) return 'null';
  return Array.isArray(input) ? 'array' : typeof input;
}
