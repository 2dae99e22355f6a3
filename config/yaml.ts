import { Composer, type CST, type Document, LineCounter, Parser, type YAMLError } from 'yaml';
import type { Json } from '../domain/json.ts';
import type { Finding, Path } from './problem.ts';
import { type Place, YamlWalk } from './yaml-walk.ts';

/** A mistake with its place. `line` and `column` from 1. */
interface PlacedFinding {
  readonly path: Path;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** There is no value at the path any more: what else is said of it follows from this. */
  readonly isLost: boolean;
}

export interface YamlText {
  /** The content as plain JSON; `undefined` when the text is not YAML that can be read further. */
  readonly value: Json | undefined;
  readonly problems: readonly PlacedFinding[];
  locate(finding: Finding): { readonly line: number; readonly column: number };
}

/** Deeper than any configuration; the composer recurses and would end the process on a file of brackets. */
const MAX_DEPTH = 64;

/**
 * Own words for the library's error codes, where a hint helps or where the library quotes what it stumbled over, which
 * may be a secret.
 */
const WORDS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab is used to indent; use spaces',
  BAD_SCALAR_START: 'a value that begins with this character must stand in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a key inside a value; a value that contains ": " must stand in quotes',
  UNEXPECTED_TOKEN:
    'something follows that does not belong here; a value that has quotes inside must stand in quotes as a whole',
  BAD_DQ_ESCAPE: 'a backslash sequence that YAML does not know; use single quotes, where a backslash is a backslash',
  TAG_RESOLVE_FAILED: 'a tag (`!…`) that is not known; a value that begins with ! must stand in quotes',
  BAD_DIRECTIVE: 'a line with % that is not known',
};

/**
 * Reads YAML 1.2 (merge keys `<<` included) and keeps where every key and value stands. Never throws: what cannot be
 * read is a problem. Bounded in depth and in what aliases may unfold to.
 */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refused = (problems: readonly OffsetMessage[]): YamlText => ({
    value: undefined,
    problems: problems.map(({ offset, message }) => ({ path: [], message, isLost: true, ...at(offset) })),
    locate: () => at(0),
  });

  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const tooDeep = firstTooDeep(tokens);
  if (tooDeep !== null) return refused([{ offset: tooDeep, message: `is nested deeper than ${MAX_DEPTH} levels` }]);

  // Own check of duplicate keys in the walk: the library's takes time by the square of the keys.
  const options = { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
  const [document, second] = [...new Composer(options).compose(tokens, true, text.length)] as Document.Parsed[];
  const errors = [...(document?.errors ?? []), ...(second?.errors ?? [])];
  if (errors.length > 0) return refused(syntaxErrors(errors, text, lines));
  if (second !== undefined) {
    return refused([{ offset: second.range[0], message: 'a second YAML document begins here; keep one in the file' }]);
  }
  if (document === undefined || document.contents === null) {
    return refused([{ offset: 0, message: 'the file is empty; it must at least have `integrations:`' }]);
  }

  const walk = new YamlWalk(text, lines);
  const value = walk.value(document.contents, []);
  return {
    value: walk.exhausted ? undefined : value,
    problems: walk.problems.map(({ offset, ...problem }) => ({ ...problem, ...at(offset) })),
    locate: (finding) => at(offsetOf(finding, walk)),
  };
}

/** The nearest thing that stands in the file: a missing key is shown at the map that lacks it. */
function offsetOf(finding: Finding, walk: YamlWalk): number {
  for (let length = finding.path.length; length >= 0; length--) {
    const place = walk.placeOf(finding.path.slice(0, length));
    if (place === undefined) continue;
    if (length < finding.path.length || finding.at === 'key') return place.key ?? place.value;
    return within(place, finding.offset);
  }
  return 0;
}

function within(place: Place, offset: number | null): number {
  return place.text === null || offset === null
    ? place.value
    : place.text.start + Math.min(Math.max(offset, 0), place.text.length);
}

/** The first of each line. */
function syntaxErrors(errors: readonly YAMLError[], text: string, lines: LineCounter): OffsetMessage[] {
  const found = new Map<number, OffsetMessage>();
  for (const { code, message, pos } of errors) {
    const [offset] = pos;
    const { line } = lines.linePos(offset);
    // Once the library has lost the structure, it says this of every word that follows.
    if (found.has(line) || (found.size > 0 && message.includes('in YAML stream'))) continue;
    const words = text.startsWith('${env:', offset - 1) ? REFERENCE : (WORDS[code] ?? message);
    found.set(line, { offset, message: `is not YAML: ${words}` });
  }
  return [...found.values()];
}

interface OffsetMessage {
  readonly offset: number;
  readonly message: string;
}

const REFERENCE = `within braces or brackets, a reference must stand in quotes: "\${env:NAME}"`;

/** Level by level, without recursion. The offset of something too deep, or `null`. */
function firstTooDeep(tokens: readonly CST.Token[]): number | null {
  let level = [...tokens];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return level[0]?.offset ?? 0;
    level = level.flatMap(children);
  }
  return null;
}

function children(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((child) => child !== undefined && child !== null));
}
