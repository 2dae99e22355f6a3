import type { Finding, Path } from './problem.ts';
import { nearest } from './suggestion.ts';

/** A value that the environment gives to a setting. */
export interface Setting {
  readonly variable: string;
  readonly value: string;
  readonly path: Path;
}

const INTERVAL = 'SCHEDULED_RESYNC_INTERVAL';
const INTERVAL_PATH = ['scheduledResyncInterval'];

/**
 * Environment settings that win over the file (seed S1.3, S3.7), and the key of the integration that each one sets: the
 * first that the source has.
 */
const SETTINGS: Readonly<Record<string, readonly Path[]>> = {
  BASE_URL: [
    ['source', 'baseUrl'],
    ['source', 'url'],
  ],
  ACCESS_TOKEN: [['source', 'accessToken']],
  [INTERVAL]: [INTERVAL_PATH],
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
export const intervalVariable = (integration: string): string => variablePrefix(integration) + INTERVAL;

/** Where a configuration says so. */
export const intervalPath = (integration: string): Path => ['integrations', integration, ...INTERVAL_PATH];

/**
 * The environment settings of one integration; `keys` are those that its source has, settings of other sources are left
 * alone. Empty variables count as not set. A name that begins like a setting and is none is a mistake: a misspelt
 * variable would otherwise be ignored without a word.
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
    const places = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
    const place = places?.find((each) => isThere(each, keys));
    if (places === undefined) findings.push({ path, at: 'key', message: unknown(prefix, name), offset: null });
    else if (place !== undefined) settings.push({ variable, value, path: [...path, ...place] });
  }
  return { settings, findings };
}

/** A source need not have every setting that the environment can give to one. */
function isThere([part, key]: Path, sourceKeys: readonly string[]): boolean {
  return part !== 'source' || sourceKeys.includes(String(key));
}

/** What the environment sets for every integration that neither the file nor a variable of its own sets it for. */
export function environmentDefaults(integration: string, env: Environment): Setting[] {
  const variable = `TIDEMARK_${INTERVAL}`;
  const value = env[variable];
  return value ? [{ variable, value, path: intervalPath(integration) }] : [];
}

function unknown(prefix: string, name: string): string {
  const known = Object.keys(SETTINGS);
  const near = nearest(name, known);
  const hint =
    near === null ? `one of: ${known.map((each) => prefix + each).join(', ')}` : `did you mean ${prefix}${near}?`;
  return `the environment variable ${prefix}${name} is not a setting; ${hint}`;
}
