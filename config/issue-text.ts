import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/**
 * What is wrong and what would be right, in the words of a YAML file. `shown` is what may be shown of the value, which
 * is never taken from the issue itself: it may hold a secret. `undefined` leaves the text to the library.
 */
export function issueText(issue: Issue, shown: string): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const right = `be ${WORDS[issue.expected] ?? issue.expected}`;
      if (issue.input === undefined) return `is missing; it must ${right}`;
      return `must ${right}, not ${shown}${remedy(issue.expected, issue.input)}`;
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String).join(', ');
      return issue.input === undefined ? `is missing; one of: ${allowed}` : `must be one of: ${allowed}, not ${shown}`;
    }
    case 'invalid_union':
      if (issue.discriminator !== undefined) return wordMissing(issue, shown);
      return formsText(issue, shown) ?? 'does not have one of the forms that are allowed here';
    case 'too_small':
      return bound(issue.origin, { word: 'at least', limit: issue.minimum, inclusive: issue.inclusive }, shown);
    case 'too_big':
      return bound(issue.origin, { word: 'at most', limit: issue.maximum, inclusive: issue.inclusive }, shown);
    case 'invalid_format':
      return issue.format === 'url' ? `must be a URL, such as https://api.example.com, not ${shown}` : undefined;
    default:
      return undefined;
  }
}

/** A map has one of several forms, and the word that says which is not there or not known. */
function wordMissing({ discriminator, options, input }: Issue, shown: string): string {
  const allowed = (options as readonly unknown[]).map(String).join(', ');
  const word = (input as Readonly<Record<string, unknown>>)[String(discriminator)];
  return word === undefined ? `is missing; one of: ${allowed}` : `must be one of: ${allowed}, not ${shown}`;
}

interface FormDefinition {
  readonly type?: string;
  readonly entries?: Readonly<Record<string, string>>;
}

const FORMS: Readonly<Record<string, string>> = { array: 'a list of them', record: 'a map of fields to them' };

/** A word, or several of these words in a list or a map. */
function formsText({ inst }: Issue & { code: 'invalid_union' }, shown: string): string | undefined {
  const { options = [] } = (inst?._zod.def ?? {}) as { options?: readonly z.ZodType[] };
  const forms = options.map((option) => option._zod.def as FormDefinition);
  const words = forms.flatMap(({ type, entries = {} }) => (type === 'enum' ? Object.values(entries) : []));
  const others = forms.flatMap(({ type = '' }) => FORMS[type] ?? []);
  if (words.length === 0 || others.length === 0) return undefined;
  return `must be one of: ${words.join(', ')}; or ${others.join(', or ')}; not ${shown}`;
}

/** For what YAML took for something else than was meant. */
function remedy(expected: string, input: unknown): string {
  if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean')) return '; put it in quotes';
  if (expected === 'array' && typeof input === 'string') return '; put it in brackets: […]';
  const bare = expected === 'boolean' ? /^(true|false)$/ : /^-?\d+(\.\d+)?$/;
  const isBare = ['boolean', 'number', 'int'].includes(expected) && typeof input === 'string' && bare.test(input);
  return isBare ? '; take the quotes off' : '';
}

interface Bound {
  readonly word: string;
  readonly limit: number | bigint;
  readonly inclusive: boolean | undefined;
}

function bound(origin: string, { word, limit, inclusive }: Bound, shown: string): string {
  if (origin === 'string' && limit === 1) return 'must not be empty';
  if (origin === 'string') return `must have ${word} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `must have ${word} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  const strict = word === 'at least' ? 'more than' : 'less than';
  return `must be ${inclusive === false ? strict : word} ${limit}, not ${shown}`;
}
