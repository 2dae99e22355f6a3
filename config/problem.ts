import { type Mistake, UsageError } from '../domain/errors.ts';

/** Keys and list indexes from the root of the configuration. */
export type Path = readonly (string | number)[];

/** A mistake, before its place in the file is looked up. */
export interface Finding {
  readonly path: Path;
  /** Which end of `key: value` is wrong. */
  readonly at: 'key' | 'value';
  readonly message: string;
  /** Where in the value, in characters from its start; `null`: the value as a whole. */
  readonly offset: number | null;
}

/** A mistake in the configuration, as it is shown. */
export interface Problem extends Mistake {
  /** `null`: the configuration came from storage, not from a file. */
  readonly file: string | null;
  /** From 1; `null` where there is no place to point to. */
  readonly line: number | null;
  readonly column: number | null;
  /** `integrations.acme.resources[0].kind`; empty: the configuration as a whole. */
  readonly path: string;
  /** What is wrong and what would be right. Never a value that came from the environment or from a secret setting. */
  readonly message: string;
}

/** Lines of a message; a file that is wrong throughout would otherwise fill the screen a hundred times. */
const SHOWN = 100;

/**
 * The configuration cannot be used. Thrown with every mistake at once, in the order of the file, one a line:
 * `tidemark.yaml:4:13  integrations.acme.source.type: unknown source type "githb"; did you mean "github"?`
 * (sync-semantics 11).
 */
export class ConfigurationError extends UsageError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const sorted = distinct(problems).sort(byPlace);
    const lines = sorted.slice(0, SHOWN).map(problemText);
    if (sorted.length > SHOWN) lines.push(`… and ${sorted.length - SHOWN} more`);
    super(lines.join('\n'), sorted);
    this.problems = sorted;
  }
}

/** A path as people write it: `integrations.acme.resources[0].entity.properties["a.b"]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[\w$-]+$/.test(step)) return `${text}[${JSON.stringify(clipped(step))}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** A path as a key of maps and sets: different paths never give the same text. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

/** A text from the configuration, cut to what fits on a line. */
export function clipped(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** A mistake of what did not come from a file. */
export function unplaced({ path, message }: Finding): Problem {
  return { file: null, line: null, column: null, path: pathText(path), message };
}

export function problemText({ file, line, column, path, message }: Problem): string {
  const place = file === null ? '' : `${[file, line, column].filter((part) => part !== null).join(':')}  `;
  return `${place}${path === '' ? '' : `${path}: `}${message}`;
}

function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [problemText(problem), problem])).values()];
}
