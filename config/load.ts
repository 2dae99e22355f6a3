import { isRawRecord, type Json } from '../domain/json.ts';
import { check, UNSAID } from './check.ts';
import type { Configuration, Integration, IntegrationDocument } from './configuration.ts';
import type { ConfigurationContext } from './definitions.ts';
import { filled } from './filled.ts';
import { ConfigurationError, type Finding, type Problem, pathKey, pathText, unplaced } from './problem.ts';
import { resyncInterval } from './schema.ts';
import { checkServer, withoutServer } from './server.ts';
import { intervalPath } from './settings.ts';
import { withSourceDefaults } from './source-defaults.ts';
import { valueAt } from './tree.ts';
import { Validation } from './validation.ts';
import { readYaml } from './yaml.ts';

export interface ConfigurationText {
  /** As it is to be named in messages. */
  readonly file: string;
  readonly text: string;
}

/** Reads a configuration. Throws `ConfigurationError` with every mistake in it (sync-semantics 11). */
export function loadConfiguration({ file, text }: ConfigurationText, context: ConfigurationContext): Configuration {
  // A byte order mark is no part of the text, and would shift the columns of the first line.
  const yaml = readYaml(text.replace(/^\uFEFF/, ''));
  const value = yaml.value === undefined ? undefined : withSourceDefaults(yaml.value, context);
  const { integrations, tombstones, findings, warnings } =
    value === undefined ? UNREAD : check(withoutServer(value), context);
  const checked = checkServer(yaml.value ?? {}, context);
  const lost = new Set(yaml.problems.filter(({ isLost }) => isLost).map(({ path }) => pathKey(path)));
  const told = [...checked.findings, ...findings].filter(({ path }) => !lost.has(pathKey(path)));
  const problems = [
    ...yaml.problems.map(({ path, message, line, column }) => ({ file, line, column, path: pathText(path), message })),
    ...told.map((finding) => ({ ...unplaced(finding), file, ...yaml.locate(finding) })),
  ];
  const { server } = checked;
  if (problems.length > 0 || value === undefined || server === undefined) throw new ConfigurationError(problems);
  const documents = documentsOf(value);
  return { file, server, tombstones, integrations, documents, warnings: located({ file, text }, warnings) };
}

/** What was found in a configuration that could be read, as it is shown. */
export function located({ file, text }: ConfigurationText, findings: readonly Finding[]): Problem[] {
  const yaml = readYaml(text.replace(/^\uFEFF/, ''));
  return findings.map((finding) => ({ ...unplaced(finding), file, ...yaml.locate(finding) }));
}

/**
 * A stored configuration, with the environment of this process. Throws `ConfigurationError` as `loadConfiguration`
 * does, without places in a file.
 */
export function resolveDocument(document: IntegrationDocument, context: ConfigurationContext): Integration {
  const { id, integration, blueprints } = document as { id: string; integration: Json; blueprints: Json };
  const { integrations, findings } = check({ blueprints, integrations: { [id]: integration } }, context);
  const [found] = integrations;
  if (findings.length > 0 || found === undefined) throw new ConfigurationError(findings.map(unplaced));
  return found;
}

/**
 * How often a stored configuration asks for a resync by itself, with the environment of this process; `null`: never
 * (seed S1.3). In whole seconds: Temporal's schedules know no others. Nothing else of the configuration need hold here.
 * Throws `ConfigurationError`.
 */
export function storedInterval(document: IntegrationDocument, env: ConfigurationContext['env']): number | null {
  const { id, integration } = document as { id: string; integration: Json };
  const path = intervalPath(id);
  const { tree, display, findings } = filled({ integrations: { [id]: integration } }, { env, sources: [] });
  const validation = new Validation(tree, display);
  const interval = valueAt(tree, path) === undefined ? null : validation.parse(resyncInterval, path);
  const own = [...findings, ...validation.findings].filter((finding) => pathKey(finding.path) === pathKey(path));
  if (own.length > 0 || interval === undefined) throw new ConfigurationError(own.map(unplaced));
  return interval === null ? null : Math.round(interval / 1000);
}

const UNREAD = { integrations: [], tombstones: UNSAID, findings: [], warnings: [] };

function documentsOf(raw: Json): IntegrationDocument[] {
  const integrations = valueAt(raw, ['integrations']);
  const blueprints = valueAt(raw, ['blueprints']) ?? {};
  if (!isRawRecord(integrations)) return [];
  return Object.entries(integrations).map(([id, integration]) => ({ id, integration, blueprints }));
}
