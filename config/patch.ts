import { isRawRecord, type Json } from '../domain/json.ts';
import { isStorableText } from '../domain/text.ts';
import { check } from './check.ts';
import type { IntegrationDocument } from './configuration.ts';
import type { ConfigurationContext } from './definitions.ts';
import { ConfigurationError, type Finding, type Path, pathKey, unplaced } from './problem.ts';
import { integrationKeys, PATCHABLE_KEYS } from './schema.ts';
import { withSourceDefaults } from './source-defaults.ts';
import { choice } from './suggestion.ts';
import { valueAt } from './tree.ts';

/** Keys of an integration and what replaces each, whole; `null`: as if the key were not there. */
export type ConfigurationPatch = Readonly<Record<string, Json>>;

/** More than any configuration has; a deeper one would end the process that walks through it. */
const MAX_DEPTH = 100;

/**
 * A stored configuration with keys replaced, checked as a whole as the file is (seed S1.12). Throws
 * `ConfigurationError` with every mistake. What the patch holds is named as in the request, `config.resources[0].kind`.
 */
export function patchDocument(
  document: IntegrationDocument,
  patch: ConfigurationPatch,
  context: ConfigurationContext,
): IntegrationDocument {
  const { id, blueprints } = document;
  const inspected = inspect(patch);
  const refused = new Set(inspected.findings.map(({ path }) => pathKey(path)));
  const kept = Object.entries(inspected.patch).filter(([key]) => isPatchable(key));
  const integration = withoutNulls({ ...(document.integration as object), ...Object.fromEntries(kept) });
  const whole = withSourceDefaults({ blueprints: blueprints as Json, integrations: { [id]: integration } }, context);
  const checked = check(whole, context);
  const consequences = checked.findings
    .map((finding) => ({ ...finding, path: asSent(finding.path, patch) }))
    .filter(({ path }) => !refused.has(pathKey(path)));
  const findings = [...keyFindings(patch), ...inspected.findings, ...consequences];
  if (findings.length === 0) return { ...document, ...partsOf(whole, id) };
  throw new ConfigurationError(findings.map(unplaced));
}

/** What of a whole configuration is stored for an integration. */
function partsOf(whole: Json, id: string): Omit<IntegrationDocument, 'id'> {
  return { integration: valueAt(whole, ['integrations', id]), blueprints: valueAt(whole, ['blueprints']) };
}

/** What a stored document holds under the keys that a patch may replace. */
export function patchableIn(document: unknown): ConfigurationPatch {
  const { integration } = document as { integration: Record<string, Json> };
  return Object.fromEntries(Object.entries(integration).filter(([key]) => isPatchable(key)));
}

function isPatchable(key: string): boolean {
  return (PATCHABLE_KEYS as readonly string[]).includes(key);
}

function withoutNulls(integration: { readonly [key: string]: Json }): Json {
  return Object.fromEntries(Object.entries(integration).filter(([, value]) => value !== null));
}

/** `integrations.acme.resources[0]` → `config.resources[0]`, where the patch holds it. */
function asSent(path: Path, patch: ConfigurationPatch): Path {
  const [root, , key, ...rest] = path;
  const isSent = root === 'integrations' && typeof key === 'string' && isPatchable(key) && Object.hasOwn(patch, key);
  return isSent ? ['config', key, ...rest] : path;
}

function keyFindings(patch: ConfigurationPatch): Finding[] {
  const known = integrationKeys();
  return Object.keys(patch)
    .filter((key) => !isPatchable(key))
    .map((key) => {
      const message = known.includes(key)
        ? `is set in the configuration file only; here: ${PATCHABLE_KEYS.join(', ')}`
        : `unknown key; ${choice(key, PATCHABLE_KEYS)}`;
      return { path: ['config', key], at: 'key', message, offset: null };
    });
}

interface Inspected {
  /** With what is refused made unreadable, so that the check finds nothing more to say of it. */
  readonly patch: ConfigurationPatch;
  readonly findings: readonly Finding[];
}

/** Refuses what a file may hold and a request may not, and what no storage can hold. */
function inspect(patch: ConfigurationPatch): Inspected {
  const findings: Finding[] = [];
  const refuse = (path: Path, message: string): Json => {
    findings.push({ path, at: 'value', message, offset: null });
    return BROKEN_REFERENCE;
  };
  const walk = (value: Json, path: Path): Json => {
    if (typeof value === 'string') {
      const why = problemOf(value);
      return why === null ? value : refuse(path, why);
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (!isRawRecord(value)) return value;
    const entries = Object.entries(value).flatMap(([key, child]): [string, Json][] => {
      const why = key === '__proto__' ? 'a key must not be called `__proto__`' : problemOf(key);
      if (why !== null) refuse([...path, key], why);
      return why === null ? [[key, walk(child, [...path, key])]] : [];
    });
    return Object.fromEntries(entries);
  };
  const walked = Object.entries(patch).map(([key, value]): [string, Json] => {
    const path = ['config', key];
    return [key, isDeeper(value, MAX_DEPTH) ? refuse(path, TOO_DEEP) : walk(value, path)];
  });
  return { patch: Object.fromEntries(walked), findings };
}

const TOO_DEEP = `is nested deeper than ${MAX_DEPTH} levels`;

function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((child) => isDeeper(child as Json, levels - 1));
}

/** A value that the check reports once, and takes nothing from. */
const BROKEN_REFERENCE = `\${env:`;

function problemOf(text: string): string | null {
  if (text.includes(`\${env:`)) return `\${env:…} is replaced in the configuration file only; send the value itself`;
  return isStorableText(text) ? null : 'holds NUL or half a surrogate pair, which cannot be stored';
}
