import { SourceError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { named } from '../http-client/answer.ts';
import type { CompiledExpression } from './engine.ts';

/** What an expression yields. Throws `SourceError` when it fails; `where` is what it was applied to, and its setting. */
export async function evaluated(expression: CompiledExpression, input: Json, where: string): Promise<unknown> {
  try {
    return await expression.evaluate(input);
  } catch (error) {
    throw new SourceError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A text or a number as text; `null` for nothing and for an empty text. Throws `SourceError` for anything else. */
export function word(value: unknown, where: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new SourceError(`${where} yields ${named(value)}, not a text or a number`);
}

/** A whole number that is not negative, also as text. Throws `SourceError` for anything else, nothing included. */
export function count(value: unknown, where: string): number {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0) return number;
  const yielded = typeof value === 'number' ? value : named(value);
  throw new SourceError(`${where} yields ${yielded}, not a whole number; whether this is the last page is unknown`);
}
