import { isRawRecord, type Json } from '../domain/json.ts';
import type { ServerSettings } from './configuration.ts';
import type { ConfigurationContext } from './definitions.ts';
import { Display } from './display.ts';
import { ConfigurationError, type Finding, pathKey, unplaced } from './problem.ts';
import { serverSchema } from './schema.ts';
import type { Setting } from './settings.ts';
import { substitute } from './substitution.ts';
import { valueAt, withoutUnset, withValueAt } from './tree.ts';
import { Validation } from './validation.ts';

/** Environment settings of the server that win over the file, and the key of `server:` that each one sets. */
const VARIABLES: Readonly<Record<string, string>> = {
  TIDEMARK_TOKEN: 'token',
  TIDEMARK_HOST: 'host',
  TIDEMARK_PORT: 'port',
};

export interface CheckedServer {
  /** `undefined` when there are findings. */
  readonly server: ServerSettings | undefined;
  readonly findings: readonly Finding[];
}

/** The file's `server:`, checked: environment → schema. A stored configuration has none. */
export function checkServer(raw: Json, { env }: Pick<ConfigurationContext, 'env'>): CheckedServer {
  const given = { server: valueAt(raw, ['server']) ?? {} };
  const settings = Object.entries(VARIABLES).flatMap(([variable, key]): Setting[] => {
    const value = env[variable];
    return value ? [{ variable, value, path: ['server', key] }] : [];
  });
  const substituted = substitute(given, env, new Set(settings.map(({ path }) => pathKey(path))));
  const tree = settings.reduce(
    (all, { path, value }) => withValueAt(all, path, value),
    withoutUnset(substituted.value),
  );
  const validation = new Validation(tree, new Display(given, substituted, settings));
  const input = validation.parse(serverSchema, ['server']);
  const findings = [...substituted.findings, ...validation.findings];
  if (input === undefined || findings.length > 0) return { server: undefined, findings };
  return { server: { ...input, token: input.token ?? null }, findings };
}

/** What holds without a configuration file. Throws `ConfigurationError` when the environment is wrong. */
export function serverSettings(context: Pick<ConfigurationContext, 'env'>): ServerSettings {
  const { server, findings } = checkServer({}, context);
  if (server === undefined) throw new ConfigurationError(findings.map(unplaced));
  return server;
}

/** A configuration but for `server:`. */
export function withoutServer(raw: Json): Json {
  if (!isRawRecord(raw)) return raw;
  const { server: _, ...rest } = raw;
  return rest;
}
