import { z } from 'zod';
import { isRawRecord, type Json } from '../domain/json.ts';
import { blueprintFindings } from './blueprint-checks.ts';
import type { Integration } from './configuration.ts';
import type { ConfigurationContext } from './definitions.ts';
import { Display } from './display.ts';
import { toIntegration } from './integration.ts';
import { NamedParts } from './named-parts.ts';
import { type Finding, pathKey } from './problem.ts';
import { blueprintSchema, fileSchema, integrationSchema, resourceSchema } from './schema.ts';
import { environmentSettings, laterSettings, type Setting } from './settings.ts';
import { substitute } from './substitution.ts';
import { itemsAt, keysAt, valueAt, withoutUnset, withValueAt } from './tree.ts';
import { Validation } from './validation.ts';

export interface Checked {
  /** Whole only when there are no findings. */
  readonly integrations: readonly Integration[];
  readonly findings: readonly Finding[];
}

/**
 * A configuration as plain JSON, checked: environment → schemas → what the parts say about each other. A file and a
 * stored document both go this way.
 */
export function check(raw: Json, context: ConfigurationContext): Checked {
  if (!isRawRecord(raw)) return { integrations: [], findings: [NO_MAP] };
  const environment = settingsFor(raw, context);
  const { settings } = environment;
  const substituted = substitute(raw, context.env, new Set(settings.map(({ path }) => pathKey(path))));
  const display = new Display(raw, substituted, settings);
  const tree = settings.reduce(
    (all, { path, value }) => withValueAt(all, path, value),
    withoutUnset(substituted.value),
  );

  const parts = new NamedParts(tree, display, context);
  const validation = new Validation(tree, display);
  validation.parse(fileSchema, []);
  for (const name of keysAt(tree, ['blueprints'])) validation.parse(blueprintSchema, ['blueprints', name]);
  const integrations = keysAt(tree, ['integrations']).flatMap((id) => {
    const path = ['integrations', id];
    const source = parts.source(path);
    const schema = integrationSchema({ source, destination: parts.destination(path), resource: z.unknown() });
    const integration = validation.parse(schema, path);
    const resources = itemsAt(tree, [...path, 'resources']).map((resource) => {
      const kind = parts.kind(resource, source);
      return validation.parse(resourceSchema({ kind, checkExpression: context.checkExpression }), resource);
    });
    const whole = resources.filter((resource) => resource !== undefined);
    return integration === undefined ? [] : [toIntegration(id, integration, whole)];
  });
  const findings = [environment, substituted, parts, validation].flatMap((step) => step.findings);
  return { integrations, findings: [...findings, ...blueprintFindings(tree, display)] };
}

const NO_MAP: Finding = { path: [], at: 'value', message: 'must be a map with the key `integrations`', offset: null };

/** What the environment sets; known before anything is replaced, so that a replaced reference need not be there. */
function settingsFor(raw: Json, { env, sources }: ConfigurationContext): { settings: Setting[]; findings: Finding[] } {
  const { value } = substitute(raw, env, new Set());
  const each = keysAt(value, ['integrations']).map((id) => {
    const type = valueAt(value, ['integrations', id, 'source', 'type']);
    const source = sources.find((known) => known.type === type);
    return environmentSettings(id, Object.keys(source?.settings.shape ?? {}), env);
  });
  return {
    settings: each.flatMap(({ settings }) => settings),
    findings: [...laterSettings(env), ...each.flatMap(({ findings }) => findings)],
  };
}
