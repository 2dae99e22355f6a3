import type { Json } from '../domain/json.ts';
import { clipped, type Path, pathKey } from './problem.ts';
import type { Setting } from './settings.ts';
import type { Substituted } from './substitution.ts';
import { valueAt } from './tree.ts';

/**
 * What a message may show of a value. The settings of a source or a destination are never shown, and neither is what
 * came from the environment: the name of the variable stands in its place.
 */
export class Display {
  readonly #raw: Json;
  readonly #unfilled: ReadonlySet<string>;
  readonly #origins: ReadonlyMap<string, string>;

  constructor(raw: Json, { references, unfilled }: Substituted, settings: readonly Setting[]) {
    this.#raw = raw;
    this.#unfilled = unfilled;
    this.#origins = new Map([
      ...references,
      ...settings.map(({ path, variable }): [string, string] => [pathKey(path), variable]),
    ]);
  }

  /** The value as it may stand in a sentence: `"main"`, `5`, `a list`, `what ${env:NAME} holds`. */
  shown(path: Path): string {
    const origin = this.origin(path);
    if (origin !== null) return `what ${origin} holds`;
    const value = valueAt(this.#raw, path);
    if (value === undefined || value === null) return 'nothing';
    if (Array.isArray(value)) return 'a list';
    if (typeof value === 'object') return 'a map';
    if (isPrivate(path)) return typeof value === 'string' ? 'that text' : `a ${typeof value}`;
    return typeof value === 'string' ? JSON.stringify(clipped(value)) : String(value);
  }

  /** The value itself where it may be shown and is text; else `null`. */
  plain(path: Path): string | null {
    const value = valueAt(this.#raw, path);
    return typeof value === 'string' && this.origin(path) === null && !isPrivate(path) ? value : null;
  }

  /** The references or the variable that a value came from; `null`: it stands in the file as it is. */
  origin(path: Path): string | null {
    return this.#origins.get(pathKey(path)) ?? null;
  }

  /** A reference that could not be filled is reported by itself; what follows from it is not. */
  isUnfilled(path: Path): boolean {
    return this.#unfilled.has(pathKey(path));
  }

  /** Takes what may not be shown of the value at `path` out of a message that others wrote. */
  withoutSecrets(message: string, path: Path, filled: Json): string {
    return secretsIn(valueAt(filled, path), path, this).reduce(
      (text, secret) => text.replaceAll(secret, '***'),
      message,
    );
  }
}

function secretsIn(value: Json | undefined, path: Path, display: Display): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => secretsIn(item, [...path, index], display));
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([key, child]) => secretsIn(child, [...path, key], display));
  }
  const hidden = value !== undefined && value !== null && (display.origin(path) !== null || isPrivate(path));
  return hidden && String(value) !== '' ? [String(value)] : [];
}

/**
 * The server's token, and a source or a destination but for its type: any of the settings may be a secret. How the
 * kinds of a source are read is none, but for their fixed parameters, where some APIs want a key.
 */
function isPrivate([root, second, part, key, , field]: Path): boolean {
  if (root === 'server') return second === 'token';
  if (root !== 'integrations' || (part !== 'source' && part !== 'destination')) return false;
  return key === 'kinds' ? field === 'query' : key !== 'type';
}
