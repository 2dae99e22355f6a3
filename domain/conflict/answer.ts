import { storableText } from '../text.ts';
import { METHODS, type Method, type Policy, RESOLUTIONS, type Resolution } from './policy.ts';
import type { Warning, WarningCode } from './warnings.ts';

/** What a resolver may set, as far as it is known. A key that is not there was not set. */
export type AnswerParts = Pick<Policy, 'strategy' | 'resolution' | 'defaultResolution'>;

/**
 * Reads what a resolver answered. It comes from an expression or a function of the user's, so it may be anything: what
 * is not known counts as not said, and is a warning (sync-semantics 7.2, 7.7).
 */
export function readAnswer(answer: unknown): { readonly parts: AnswerParts; readonly warnings: readonly Warning[] } {
  const warnings: Warning[] = [];
  const warn: Warn = (code, text) => warnings.push({ code, text: `the resolver ${text}` });
  if (answer === undefined || answer === null) return { parts: {}, warnings };
  if (!isMap(answer)) {
    warn('resolver-answer', `yields ${shown(answer)}; it must yield an object with ${list(PARTS)}, or nothing`);
    return { parts: {}, warnings };
  }
  for (const key of Object.keys(answer)) {
    if (PARTS.includes(key)) continue;
    warn('resolver-answer', `sets ${shown(key)}, which is not known; it may set ${list(PARTS)}`);
  }
  const strategy = readStrategy(answer.strategy, warn);
  const resolution = readResolutions(answer.resolution, warn);
  const defaultResolution = readResolution('defaultResolution', answer.defaultResolution, warn);
  return {
    parts: {
      ...(strategy === undefined ? {} : { strategy }),
      ...(resolution === undefined ? {} : { resolution }),
      ...(defaultResolution === undefined ? {} : { defaultResolution }),
    },
    warnings,
  };
}

type Warn = (code: WarningCode, text: string) => void;

const PARTS: readonly string[] = ['strategy', 'resolution', 'defaultResolution'] satisfies (keyof AnswerParts)[];

/** Here null says something: skip (sync-semantics 7.1). */
function readStrategy(value: unknown, warn: Warn): AnswerParts['strategy'] {
  if (value === undefined || value === null) return value;
  const unknown = (Array.isArray(value) ? value : [value]).filter((method) => !isMethod(method));
  if (unknown.length === 0) return value as Method | readonly Method[];
  const known = `${list(METHODS)}, a list of them, or null`;
  warn('resolver-strategy', `sets strategy to ${shown(unknown[0])}; known are ${known}. The policy's strategy counts`);
  return undefined;
}

function readResolutions(value: unknown, warn: Warn): AnswerParts['resolution'] {
  if (!isMap(value)) return readResolution('resolution', value, warn);
  const entries = Object.entries(value).map(([field, word]) => [
    field,
    readResolution(`resolution of ${shown(field)}`, word, warn),
  ]);
  return Object.fromEntries(entries.filter(([, word]) => word !== undefined));
}

function readResolution(what: string, value: unknown, warn: Warn): Resolution | undefined {
  if (value === undefined || value === null) return undefined;
  if (isResolution(value)) return value;
  warn(
    'resolver-resolution',
    `sets ${what} to ${shown(value)}, which counts as not set; known are ${list(RESOLUTIONS)}`,
  );
  return undefined;
}

const isMethod = (value: unknown): value is Method => METHODS.includes(value as Method);
const isResolution = (value: unknown): value is Resolution => RESOLUTIONS.includes(value as Resolution);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const list = (words: readonly string[]): string => words.join(', ');

const MAX_SHOWN = 40;

/** Short, and of values that are no words only their type: the answer may hold parts of the record. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(storableText(value.slice(0, MAX_SHOWN)));
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a value of the type ${typeof value}`;
}
