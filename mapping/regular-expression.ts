import { RE2JS } from 're2js';
import { EVALUATION_TIMEOUT, MAX_REGEX_WORK } from './limits.ts';
import { shorten } from './shorten.ts';

/** A regular expression of a mapping, ready to run. It stands in the parse tree in place of the parser's RegExp. */
export class CompiledRegex {
  /** Read by jsonata for its error messages. */
  readonly source: string;
  readonly re2: RE2JS;
  readonly instructions: number;

  constructor(source: string, re2: RE2JS) {
    this.source = source;
    this.re2 = re2;
    this.instructions = re2.programSize();
  }
}

/**
 * Compiles for RE2, whose time grows with the text alone: JavaScript's own engine needs longer than the universe is old
 * for `(a+)+$` on forty letters. Throws an Error for what RE2 does not know: look-around, back-references, more than
 * 1,000 counted repetitions. What RE2 reads otherwise than JavaScript: `.` takes a character outside the basic plane as
 * one, and a carriage return, and lines end at a line feed only.
 */
export function compileRegex(regex: RegExp): CompiledRegex {
  // The translation to RE2 would drop this one's backslash.
  if (/(?<!\\)(?:\\\\)*\\k</.test(regex.source)) throw new Error(unsupported('invalid escape sequence: `\\k`'));
  try {
    return new CompiledRegex(regex.source, RE2JS.compile(RE2JS.translateRegExp(regex)));
  } catch (error) {
    throw new Error(unsupported((error as Error).message.replace('error parsing regexp: ', '')));
  }
}

const unsupported = (detail: string): string =>
  `this regular expression is not supported (${shorten(detail, 120)}): look-around and back-references are not, because the time they take has no bound`;

interface Match extends Array<string | undefined> {
  index: number;
}

/**
 * What jsonata uses of a RegExp, with its meaning: `exec` searches from `lastIndex` and leaves it at the end of the
 * match. jsonata makes one each time it evaluates a regular expression, and asks it for match after match.
 */
export class RegexEngine {
  lastIndex = 0;
  private readonly regex: CompiledRegex;
  private readonly deadline = performance.now() + EVALUATION_TIMEOUT;
  private text: string | null = null;
  private matcher: ReturnType<RE2JS['matcher']> | null = null;

  constructor(regex: CompiledRegex) {
    this.regex = regex;
  }

  /** Like a RegExp, it takes anything for a text. */
  exec(value: unknown): Match | null {
    const text = String(value);
    const matcher = this.matcherOf(text);
    if (performance.now() > this.deadline) {
      throw new Error(`the regular expression ran for longer than ${EVALUATION_TIMEOUT} ms`);
    }
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
    const match: Match = Object.assign(groups, { index: matcher.start() });
    this.lastIndex = matcher.end();
    return match;
  }

  /** One matcher for all matches in a text: a new one for each would make many matches in a long text quadratic. */
  private matcherOf(text: string): ReturnType<RE2JS['matcher']> {
    if (this.matcher !== null && this.text === text) return this.matcher;
    if (text.length * this.regex.instructions > MAX_REGEX_WORK) {
      throw new Error(
        `the regular expression (${this.regex.instructions} instructions) is too much work on a text of ${text.length} characters`,
      );
    }
    this.text = text;
    this.matcher = this.regex.re2.matcher(text);
    return this.matcher;
  }
}
