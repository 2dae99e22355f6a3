import { z } from 'zod';
import { isRawRecord, type Json } from '../domain/json.ts';
import { blueprintFindings } from './blueprint-checks.ts';
import type { Integration } from './configuration.ts';
import type { ConfigurationContext } from './definitions.ts';
import { destinationFindings } from './destination-checks.ts';
import { filled } from './filled.ts';
import { toIntegration } from './integration.ts';
import { NamedParts } from './named-parts.ts';
import type { Finding } from './problem.ts';
import { blueprintSchema, fileSchema, integrationSchema, resourceSchema } from './schema.ts';
import { itemsAt, keysAt } from './tree.ts';
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
  const { tree, display, findings: unfilled } = filled(raw, context);
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
  const said = [...blueprintFindings(tree, display), ...destinationFindings(tree, { display, context })];
  const findings = [...unfilled, ...parts.findings, ...validation.findings, ...said];
  return { integrations, findings };
}

const NO_MAP: Finding = { path: [], at: 'value', message: 'must be a map with the key `integrations`', offset: null };
