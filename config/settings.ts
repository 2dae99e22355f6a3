import { LATER_VARIABLE, LATER_VARIABLES, notYet } from './later.ts';
import type { Finding, Path } from './problem.ts';
import { nearest } from './suggestion.ts';

/** A value that the environment gives to a setting of a source. */
export interface Setting {
  readonly variable: string;
  readonly value: string;
  readonly path: Path;
}

/**
 * Environment settings that win over the file (seed S3.7), and the key of `source:` that each one sets: the one of them
 * that the source has.
 */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  BASE_URL: ['baseUrl', 'url'],
  ACCESS_TOKEN: ['accessToken'],
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `acme-github` → `TIDEMARK__ACME_GITHUB__`. Different ids have different prefixes, because an id holds neither
 * underscores nor capitals.
 */
export function variablePrefix(integration: string): string {
  return `TIDEMARK__${integration.toUpperCase().replaceAll('-', '_')}__`;
}

/** The environment variable that sets how often an integration is resynced by itself (seed S1.3). */
export const intervalVariable = (integration: string): string =>
  `${variablePrefix(integration)}SCHEDULED_RESYNC_INTERVAL`;

/**
 * The environment settings of one integration; `keys` are those that its source has, others are left alone. Empty
 * variables count as not set. A name that begins like a setting and is none is a mistake: a misspelt variable would
 * otherwise be ignored without a word.
 */
export function environmentSettings(
  integration: string,
  keys: readonly string[],
  env: Environment,
): { settings: Setting[]; findings: Finding[] } {
  const path = ['integrations', integration];
  const prefix = variablePrefix(integration);
  const settings: Setting[] = [];
  const findings: Finding[] = [];
  for (const [variable, value] of Object.entries(env)) {
    const name = variable.startsWith(prefix) ? variable.slice(prefix.length) : '';
    // With another `__` it is a setting of an integration whose id begins like this one's.
    if (!value || name === '' || name.includes('__')) continue;
    const possible = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
    const key = possible?.find((each) => keys.includes(each));
    if (possible === undefined) findings.push({ path, at: 'key', message: unknown(prefix, name), offset: null });
    else if (key !== undefined) settings.push({ variable, value, path: [...path, 'source', key] });
  }
  return { settings, findings };
}

/** Environment settings for all integrations that this version does not have yet. */
export function laterSettings(env: Environment): Finding[] {
  if (!env[LATER_VARIABLE]) return [];
  return [{ path: [], at: 'key', message: `the environment variable ${notYet(LATER_VARIABLE)}`, offset: null }];
}

function unknown(prefix: string, name: string): string {
  if (LATER_VARIABLES.includes(name)) return `the environment variable ${notYet(prefix + name)}`;
  const known = Object.keys(SETTINGS);
  const near = nearest(name, known);
  const hint =
    near === null ? `one of: ${known.map((each) => prefix + each).join(', ')}` : `did you mean ${prefix}${near}?`;
  return `the environment variable ${prefix}${name} is not a setting; ${hint}`;
}
