import { coded } from '../coded.ts';
import type { Run } from './run.ts';
import { asSequence } from './sequence.ts';
import { isFunction } from './values.ts';

/** One match in a text, of a regular expression or of a function that stands for one. */
interface Match {
  readonly match: string;
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
  readonly next: Matcher;
}

interface Matcher {
  apply(run: Run, args: readonly unknown[]): unknown;
}

type Text = string | undefined;

/** The first match in a text, or with `next` of a match, the one after it. */
function matched(run: Run, matcher: Matcher, text?: string): Match | undefined {
  run.tick();
  const found = matcher.apply(run, [text]) as Match | undefined;
  if (!found || typeof found.start === 'number' || Array.isArray(found.groups) || isFunction(found.next)) return found;
  throw coded('T1010');
}

/** The matches in a text, one after another, no more than `limit`. The one behind is only looked for when it is asked for. */
function* matchesIn(run: Run, { text, matcher, limit }: { text: string; matcher: Matcher; limit?: number }) {
  let match = matched(run, matcher, text);
  for (let count = 0; match !== undefined && (limit === undefined || count < limit); count++) {
    yield match;
    match = matched(run, match.next);
  }
}

function checkLimit(limit: number | undefined, code: string, index: number): void {
  if (limit !== undefined && limit < 0) throw coded(code, { value: limit, index });
}

function contains(this: Run, text: Text, token: string | Matcher | undefined): boolean | undefined {
  if (text === undefined || token === undefined) return undefined;
  return typeof token === 'string' ? text.includes(token) : matched(this, token, text) !== undefined;
}

function match(this: Run, text: Text, matcher: Matcher, limit?: number): unknown {
  if (text === undefined) return undefined;
  checkLimit(limit, 'D3040', 3);
  if (limit === 0) return asSequence([]);
  const found = [...matchesIn(this, { text, matcher, limit })];
  return asSequence(found.map(({ match, start, groups }) => ({ match, index: start, groups })));
}

function split(this: Run, text: Text, separator: string | Matcher, limit?: number): string[] | undefined {
  if (text === undefined) return undefined;
  checkLimit(limit, 'D3020', 3);
  if (limit === 0) return [];
  if (typeof separator === 'string') return text.split(separator, limit);
  const parts: string[] = [];
  let position = 0;
  for (const { start, end } of matchesIn(this, { text, matcher: separator, limit })) {
    parts.push(text.substring(position, start));
    position = end;
  }
  if (limit === undefined || parts.length < limit) parts.push(text.substring(position));
  return parts;
}

type Replacement = string | Matcher;

function replace(
  this: Run,
  ...[text, pattern, replacement, limit]: [Text, string | Matcher, Replacement, number?]
): string | undefined {
  if (text === undefined) return undefined;
  if (pattern === '') throw coded('D3010', { value: pattern, index: 2 });
  checkLimit(limit, 'D3011', 4);
  if (limit === 0) return text;
  if (typeof pattern === 'string') return replaceText(text, { pattern, replacement, limit });
  let result = '';
  let position = 0;
  for (const match of matchesIn(this, { text, matcher: pattern, limit })) {
    const substitute =
      typeof replacement === 'string' ? filledIn(replacement, match) : replacement.apply(this, [match]);
    if (typeof substitute !== 'string') throw coded('D3012', { value: substitute });
    result += text.substring(position, match.start) + substitute;
    position = match.start + match.match.length;
  }
  return result + text.substring(position);
}

interface TextReplacement {
  readonly pattern: string;
  readonly replacement: Replacement;
  readonly limit: number | undefined;
}

/** jsonata would put the program text of a function in. */
function replaceText(text: string, { pattern, replacement, limit }: TextReplacement): string {
  if (typeof replacement !== 'string') throw coded('D3012', { value: replacement });
  let result = '';
  let position = 0;
  let found = text.indexOf(pattern);
  for (let count = 0; found >= 0 && (limit === undefined || count < limit); count++) {
    result += text.substring(position, found) + replacement;
    position = found + pattern.length;
    found = text.indexOf(pattern, position);
  }
  return result + text.substring(position);
}

/**
 * The replacement with `$0` for the match, `$1` and so on for its groups, `$$` for a dollar sign. `$12` is group 12
 * where there are that many, else group 1 before a 2; a dollar sign before anything else stands for itself.
 */
function filledIn(replacement: string, { match, groups }: Match): string {
  let result = '';
  let position = 0;
  for (let dollar = replacement.indexOf('$'); dollar >= 0; dollar = replacement.indexOf('$', position)) {
    result += replacement.substring(position, dollar);
    position = dollar + 1;
    const after = replacement.charAt(position);
    const group = groupAt(replacement.substring(position), groups.length);
    if (after === '$' || after === '0') {
      result += after === '$' ? '$' : match;
      position += 1;
    } else if (Number.isNaN(group)) {
      result += '$';
    } else {
      result += groups[group - 1] ?? '';
      position += String(group).length;
    }
  }
  return result + replacement.substring(position);
}

function groupAt(text: string, groups: number): number {
  const digits = String(groups).length;
  const group = Number.parseInt(text.substring(0, digits), 10);
  return digits > 1 && group > groups ? Number.parseInt(text.substring(0, digits - 1), 10) : group;
}

/** jsonata's functions that take a regular expression: its own are asynchronous. */
export const TEXT_MATCHING = { contains, match, split, replace };
