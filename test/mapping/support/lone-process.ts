import type { Json } from '../../../domain/json.ts';
import { ExpressionError } from '../../../mapping/errors.ts';
import { compile } from '../../../mapping/expression.ts';

/** What `LoneProcess` sends here and gets back; `input` is JSON text. */
export interface Question {
  readonly expression: string;
  readonly input: string;
}

export type Answer =
  | { readonly ready: true }
  | { readonly value: string | undefined; readonly milliseconds: number }
  | { readonly error: string; readonly milliseconds: number };

const answer = (message: Answer): void => {
  process.send?.(message);
};

process.on('message', async ({ expression, input }: Question) => {
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  try {
    const value = await compile(expression).evaluate(JSON.parse(input) as Json);
    answer({ value: JSON.stringify(value), milliseconds: elapsed() });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    answer({ error: error.message, milliseconds: elapsed() });
  }
});

answer({ ready: true });
