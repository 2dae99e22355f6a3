import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { Json } from '../domain/json.ts';
import { clipped, type Path, pathKey } from './problem.ts';

/** Where something stands, in characters from the start of the text. */
export interface Place {
  /** `null` for the root and for list items. */
  readonly key: number | null;
  readonly value: number;
  /** The text of a one-line scalar, where every character of the value is one character of the file; else `null`. */
  readonly text: { readonly start: number; readonly length: number } | null;
}

interface OffsetFinding {
  readonly path: Path;
  readonly message: string;
  readonly offset: number;
  /** The value was left out, so what else is said of it follows from that. */
  readonly isLost: boolean;
}

/** Aliases may unfold a small file to any size; no honest configuration of 5 MB holds more values. */
const MAX_VALUES = 500_000;
/** Aliases within aliases; one that contains itself goes on for ever. */
const MAX_UNFOLDING = 32;
const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

/** Turns YAML nodes into plain JSON with aliases and merge keys resolved, and remembers where everything stood. */
export class YamlWalk {
  readonly problems: OffsetFinding[] = [];
  readonly #text: string;
  readonly #lines: LineCounter;
  readonly #places = new Map<string, Place>();
  readonly #anchors = new Map<string, unknown>();
  #values = 0;
  #unfolding = 0;

  constructor(text: string, lines: LineCounter) {
    this.#text = text;
    this.#lines = lines;
  }

  /** Aliases unfold to more than is read; the value is not whole. */
  get exhausted(): boolean {
    return this.#values > MAX_VALUES;
  }

  placeOf(path: Path): Place | undefined {
    return this.#places.get(pathKey(path));
  }

  value(node: unknown, path: Path, key: number | null = null): Json {
    if (isAlias(node)) return this.#unfold(node.source, start(node), path, key);
    const offset = start(node, key ?? 0);
    this.#places.set(pathKey(path), { key, value: offset, text: this.#plainText(node) });
    if (!this.#mayUnfold(offset) || this.#hasForeignTag(node, path)) return null;
    this.#noteAnchor(node);
    if (isMap(node)) return this.#map(node, path);
    if (isSeq(node)) return node.items.map((item, index) => this.value(item, [...path, index]));
    return isScalar(node) ? this.#scalar(node, path) : null;
  }

  #map(node: YAMLMap, path: Path): Json {
    const entries = new Map<string, Json>();
    const keys = new Map<string, number>();
    for (const pair of node.items) {
      if (isMergeKey(pair)) continue;
      const offset = start(pair.key, start(node));
      const key = this.#key(pair, path, offset);
      if (key === null) continue;
      const first = keys.get(key);
      if (first !== undefined) {
        const { line } = this.#lines.linePos(first);
        const message = `the key is there twice, first on line ${line}; keep one`;
        this.problems.push({ path: [...path, key], offset, message, isLost: false });
        continue;
      }
      keys.set(key, offset);
      entries.set(key, this.value(pair.value, [...path, key], offset));
    }
    for (const pair of node.items) if (isMergeKey(pair)) this.#merge(pair.value, path, entries);
    return Object.fromEntries(entries);
  }

  /** `<<: *base`: the keys of another map, where this one does not have them. */
  #merge(source: unknown, path: Path, into: Map<string, Json>): void {
    if (!this.#mayUnfold(start(source))) return;
    const target = isAlias(source) ? this.#anchors.get(source.source) : source;
    this.#unfolding++;
    if (isSeq(target)) for (const item of target.items) this.#merge(item, path, into);
    else if (isMap(target)) this.#mergeMap(target, path, into);
    else this.#refuse(path, start(source), '`<<` must name a map by an alias, such as `<<: *base`');
    this.#unfolding--;
  }

  #mergeMap(target: YAMLMap, path: Path, into: Map<string, Json>): void {
    if (!this.#mayUnfold(start(target), target.items.length)) return;
    for (const pair of target.items) {
      const key = isMergeKey(pair) ? null : this.#key(pair, path, start(pair.key));
      if (key !== null && !into.has(key)) into.set(key, this.value(pair.value, [...path, key], start(pair.key)));
    }
    for (const pair of target.items) if (isMergeKey(pair)) this.#merge(pair.value, path, into);
  }

  #key({ key }: Pair, path: Path, offset: number): string | null {
    if (!isScalar(key)) {
      this.#refuse(path, offset, 'a key must be plain text; write a value with braces or brackets in quotes');
      return null;
    }
    const text = typeof key.value === 'string' ? key.value : (key.source ?? '');
    if (text !== '__proto__' && isStorable(text)) return text;
    this.#refuse(path, offset, text === '__proto__' ? 'a key must not be called `__proto__`' : NOT_STORABLE);
    return null;
  }

  #scalar(node: Scalar, path: Path): Json {
    const { value } = node;
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'string') return isStorable(value) ? value : this.#refuse(path, start(node), NOT_STORABLE);
    if (
      typeof value === 'number' &&
      Number.isFinite(value) &&
      (!Number.isInteger(value) || Number.isSafeInteger(value))
    ) {
      // YAML knows a negative zero, JSON does not: it is to read the same from the file as from where it is stored.
      return value === 0 ? 0 : value;
    }
    return this.#refuse(path, start(node), 'cannot be held exactly as YAML reads it; put it in quotes');
  }

  #hasForeignTag(node: unknown, path: Path): boolean {
    const tag = (node as { tag?: string } | null)?.tag;
    if (tag === undefined || CORE_TAGS.has(tag)) return false;
    const name = clipped(tag.replace('tag:yaml.org,2002:', '!!'));
    this.#refuse(path, start(node), `the tag ${name} is not supported; for an environment variable write \${env:NAME}`);
    return true;
  }

  #unfold(anchor: string, offset: number, path: Path, key: number | null): Json {
    const node = this.#anchors.get(anchor);
    if (node === undefined) return this.#refuse(path, offset, `there is no anchor &${clipped(anchor)} above this line`);
    this.#unfolding++;
    const value = this.value(node, path, key);
    this.#unfolding--;
    return value;
  }

  #noteAnchor(node: unknown): void {
    const anchor = (node as { anchor?: string } | null)?.anchor;
    if (anchor !== undefined && this.#unfolding === 0) this.#anchors.set(anchor, node);
  }

  #plainText(node: unknown): Place['text'] {
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return null;
    const source = this.#text.slice(node.range[0], node.range[1]);
    if (source === node.value) return { start: node.range[0], length: source.length };
    if (source.slice(1, -1) === node.value) return { start: node.range[0] + 1, length: source.length - 2 };
    return null;
  }

  /** `false` once the limits are passed; said once, because nothing after that is looked at. */
  #mayUnfold(offset: number, values = 1): boolean {
    if (this.exhausted) return false;
    const tooDeep = this.#unfolding > MAX_UNFOLDING;
    this.#values = tooDeep ? MAX_VALUES + 1 : this.#values + values;
    if (tooDeep) this.#refuse([], offset, `aliases stand in one another more than ${MAX_UNFOLDING} deep`);
    else if (this.exhausted) this.#refuse([], offset, `aliases unfold to more than ${MAX_VALUES} values`);
    return !this.exhausted;
  }

  #refuse(path: Path, offset: number, message: string): null {
    this.problems.push({ path, offset, message, isLost: true });
    return null;
  }
}

const NOT_STORABLE = 'holds a NUL character or half of a surrogate pair, which cannot be stored; take it out';

/** What PostgreSQL takes in its JSON. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.source === '<<' && key.type === 'PLAIN';
}

function start(node: unknown, fallback = 0): number {
  return (node as { range?: readonly number[] } | null)?.range?.[0] ?? fallback;
}
