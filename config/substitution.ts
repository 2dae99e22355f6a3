import type { Json } from '../domain/json.ts';
import { type Finding, type Path, pathKey } from './problem.ts';

export interface Substituted {
  /** A copy that the caller owns. */
  readonly value: Json;
  /** By `pathKey`: the references that a value was made of (`${env:NAME}`), to be shown in place of what they hold. */
  readonly references: ReadonlyMap<string, string>;
  /** By `pathKey`: values whose reference could not be filled; whatever else is wrong with them follows from that. */
  readonly unfilled: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

/** A whole reference, or the beginning of a broken one. */
const REFERENCE = /\$\{env:(?:([A-Za-z_][A-Za-z0-9_]*)(?::-((?:(?!\$\{)[^}])*))?\})?/g;
/** What people write who know other tools. */
const FOREIGN_REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/**
 * Puts the environment's values in place of `${env:NAME}` and `${env:NAME:-default}`, the only substitutions
 * (interface.md). As in a shell, the default also stands in for a variable that is set and empty. A value that comes
 * out empty is `null`: the setting counts as not set. What the environment holds is not looked at for references.
 * Paths in `skip` (by `pathKey`) are left out, because an environment setting replaces them.
 */
export function substitute(
  raw: Json,
  env: Readonly<Record<string, string | undefined>>,
  skip: ReadonlySet<string>,
): Substituted {
  const substitution = new Substitution(env, skip);
  return { value: substitution.of(raw, []), ...substitution };
}

class Substitution {
  readonly references = new Map<string, string>();
  readonly unfilled = new Set<string>();
  readonly findings: Finding[] = [];
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #skip: ReadonlySet<string>;

  constructor(env: Readonly<Record<string, string | undefined>>, skip: ReadonlySet<string>) {
    this.#env = env;
    this.#skip = skip;
  }

  of(value: Json, path: Path): Json {
    if (this.#skip.has(pathKey(path))) return null;
    if (typeof value === 'string') return this.#text(value, path);
    if (Array.isArray(value)) return value.map((item, index) => this.of(item, [...path, index]));
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).map(([key, child]): [string, Json] => {
      const place = [...path, key];
      if (key.includes('${env:')) this.#report(place, { at: 'key', message: 'a key cannot come from the environment' });
      return [key, this.of(child, place)];
    });
    return Object.fromEntries(entries);
  }

  #text(text: string, path: Path): Json {
    const foreign = FOREIGN_REFERENCE.exec(text)?.[1];
    if (foreign !== undefined) {
      this.unfilled.add(pathKey(path));
      this.#report(path, { message: `\${${foreign}} is not replaced; write \${env:${foreign}}` });
    }
    if (!text.includes('${env:')) return text;
    const names = [...text.matchAll(REFERENCE)].flatMap(([, name]) => (name === undefined ? [] : [`\${env:${name}}`]));
    this.references.set(pathKey(path), names.join(' and '));
    const filled = text.replaceAll(REFERENCE, (whole, name?: string, fallback?: string, offset = 0) => {
      const held = name === undefined ? undefined : this.#env[name];
      if (fallback !== undefined) return held === undefined || held === '' ? fallback : held;
      if (held !== undefined) return held;
      this.unfilled.add(pathKey(path));
      this.#report(path, { message: name === undefined ? BROKEN : missing(name), offset });
      return whole;
    });
    return filled === '' ? null : filled;
  }

  #report(path: Path, finding: Partial<Finding> & { message: string }): void {
    this.findings.push({ path, at: 'value', offset: null, ...finding });
  }
}

const BROKEN = `a reference to the environment is written \${env:NAME} or \${env:NAME:-default}`;

function missing(name: string): string {
  return `the environment variable ${name} is not set; set it, or give a default: \${env:${name}:-…}`;
}
