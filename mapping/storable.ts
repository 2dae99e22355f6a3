import { MAX_FIELD_BYTES, MAX_FIELD_DEPTH } from '../domain/entity-limits.ts';
import type { Json } from '../domain/json.ts';

/** A value as it may be stored, or why it may not be; `path` leads to the place within the value (`[2].name`). */
export type Storable =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly path: string; readonly reason: string };

/**
 * Makes plain JSON of what an expression yielded: PostgreSQL's jsonb takes neither NUL characters nor halves of
 * surrogate pairs, JSON neither functions nor infinity, and lists of the engine carry marks of their own. Lists and
 * objects are copied, so that no two fields share one. Nothing is an explicit null (sync-semantics 1.5).
 */
export function toStorable(value: unknown): Storable {
  if (value === undefined) return { ok: true, value: null };
  try {
    return { ok: true, value: new Check().plain(value, 0) };
  } catch (error) {
    if (!(error instanceof NotStorable)) throw error;
    return { ok: false, path: error.path, reason: error.message };
  }
}

/** Why a text cannot be stored; `null`: it can. */
export function textProblem(text: string): string | null {
  if (text.includes('\0')) return 'holds a NUL character, which PostgreSQL cannot store';
  if (!text.isWellFormed()) return 'holds half of a surrogate pair (a broken character), which PostgreSQL cannot store';
  return null;
}

/** Thrown while a value is walked through; the callers up to the value's root add the path. */
class NotStorable extends Error {
  path = '';
}

class Check {
  private bytes = 0;

  plain(value: unknown, depth: number): Json {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        if (!Number.isFinite(value)) throw new NotStorable(`is ${value}, which JSON cannot hold`);
        // JSON knows no negative zero: it would not be read back as it was written.
        return this.counted(value === 0 ? 0 : value, 8);
      case 'boolean':
        return this.counted(value, 5);
      case 'object':
        if (value === null) return this.counted(null, 4);
        if ('_jsonata_lambda' in value || '_jsonata_function' in value) throw new NotStorable('is a function');
        if (depth === MAX_FIELD_DEPTH) throw new NotStorable(`is nested deeper than ${MAX_FIELD_DEPTH} levels`);
        return Array.isArray(value) ? this.list(value, depth + 1) : this.object(value, depth + 1);
      case 'undefined':
        throw new NotStorable('is nothing, which a list or an object cannot hold');
      default:
        throw new NotStorable(`is a ${typeof value}`);
    }
  }

  private list(list: readonly unknown[], depth: number): Json {
    const plain: Json[] = [];
    try {
      for (const part of list) plain.push(this.plain(part, depth));
    } catch (error) {
      throw within(`[${plain.length}]`, error);
    }
    this.count(2 + list.length);
    return plain;
  }

  private object(object: object, depth: number): Json {
    const plain: [string, Json][] = [];
    for (const [key, value] of Object.entries(object)) {
      try {
        plain.push([this.text(key), this.plain(value, depth)]);
      } catch (error) {
        throw within(`.${key}`, error);
      }
    }
    this.count(2 + 2 * plain.length);
    // Unlike an assignment, this takes `__proto__` for a key like any other.
    return Object.fromEntries(plain);
  }

  private text(text: string): string {
    this.count(text.length > MAX_FIELD_BYTES ? text.length : Buffer.byteLength(text) + 2);
    const problem = textProblem(text);
    if (problem !== null) throw new NotStorable(problem);
    return text;
  }

  private counted<T>(value: T, bytes: number): T {
    this.count(bytes);
    return value;
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > MAX_FIELD_BYTES) throw new NotStorable(`is larger than ${MAX_FIELD_BYTES} bytes`);
  }
}

function within(step: string, error: unknown): unknown {
  if (error instanceof NotStorable) error.path = `${step}${error.path}`;
  return error;
}
