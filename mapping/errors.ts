import { TidemarkError } from '../domain/errors.ts';
import { shorten } from './shorten.ts';

export interface ExpressionFault {
  /** What is wrong, without the expression's text. */
  readonly detail: string;
  /** Offset into the expression's text, in characters; `null` where it is not known. */
  readonly position: number | null;
}

/**
 * Thrown by `compile` when an expression is wrong or refused, and by `evaluate` when it fails on an input: an operation
 * does not fit the data, `$error` was called, a limit was met. The text names the expression.
 */
export class ExpressionError extends TidemarkError {
  readonly retry = 'terminal';
  readonly expression: string;
  readonly detail: string;
  readonly position: number | null;

  constructor(expression: string, { detail, position }: ExpressionFault) {
    const where = position === null ? '' : ` (at character ${position + 1})`;
    super(`expression \`${shorten(expression, 120)}\`: ${detail}${where}`);
    this.expression = expression;
    this.detail = detail;
    this.position = position;
  }
}
