import { MAX_FIELD_BYTES, MAX_FIELD_DEPTH } from '../domain/entity-limits.ts';
import { isStorableText } from '../domain/text.ts';

/** Why a value cannot be stored as JSON; `null`: it can. Walks no deeper than a field may go. */
function valueProblem(value: unknown, depth = 0): string | null {
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : `holds ${value}, which JSON cannot hold`;
  if (typeof value === 'string') return textProblem(value);
  if (typeof value !== 'object')
    return `holds ${typeof value === 'undefined' ? 'nothing' : `a ${typeof value}`} in a place for JSON`;
  if (depth === MAX_FIELD_DEPTH) return `is nested deeper than ${MAX_FIELD_DEPTH} levels`;
  const inner = Array.isArray(value) ? value : Object.entries(value).flat();
  for (const part of inner) {
    const problem = valueProblem(part, depth + 1);
    if (problem !== null) return problem;
  }
  return null;
}

/** Why a text cannot be stored; `null`: it can. */
export const textProblem = (text: string): string | null =>
  isStorableText(text) ? null : 'holds a NUL character or half of a surrogate pair, which cannot be stored';

/** Why a value cannot be stored as a field; `null`: it can. */
export function fieldProblem(value: unknown): string | null {
  const problem = valueProblem(value);
  // Of a short text or a number the size is known to fit: most fields are that.
  if (problem !== null || isSmall(value)) return problem;
  return Buffer.byteLength(JSON.stringify(value)) > MAX_FIELD_BYTES ? `is larger than ${MAX_FIELD_BYTES} bytes` : null;
}

const isSmall = (value: unknown): boolean =>
  typeof value === 'string' ? value.length < MAX_FIELD_BYTES / 8 : typeof value !== 'object';
