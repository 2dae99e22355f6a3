import type { z } from 'zod';
import type { Json } from '../../domain/json.ts';

/** A compiled expression. `evaluate` rejects with an error that names the expression. */
export interface CompiledExpression {
  evaluate(input: Json): Promise<unknown>;
}

/** The expression engine, passed in: it belongs to another room. */
export interface ExpressionEngine {
  /** The text of an expression that compiles, for settings. */
  readonly text: z.ZodType<string>;
  readonly compile: (text: string) => CompiledExpression;
}
