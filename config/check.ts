import { z } from 'zod';
import { isRawRecord, type Json } from '../domain/json.ts';
import { blueprintFindings } from './blueprint-checks.ts';
import type { Configuration, Integration } from './configuration.ts';
import type { ConfigurationContext } from './definitions.ts';
import { destinationFindings } from './destination-checks.ts';
import { filled } from './filled.ts';
import { toIntegration } from './integration.ts';
import { NamedParts } from './named-parts.ts';
import { policyFieldFindings, policyWarnings } from './policy-checks.ts';
import type { Finding } from './problem.ts';
import { blueprintSchema, fileSchema, integrationSchema, resourceSchema, tombstonesSchema } from './schema.ts';
import { itemsAt, keysAt } from './tree.ts';
import { Validation } from './validation.ts';

export interface Checked {
  /** Whole only when there are no findings. */
  readonly integrations: readonly Integration[];
  readonly tombstones: Configuration['tombstones'];
  readonly findings: readonly Finding[];
  /** What is allowed and probably not meant. */
  readonly warnings: readonly Finding[];
}

/**
 * A configuration as plain JSON, checked: environment → schemas → what the parts say about each other. A file and a
 * stored document both go this way.
 */
export function check(raw: Json, context: ConfigurationContext): Checked {
  if (!isRawRecord(raw)) return { integrations: [], tombstones: UNSAID, findings: [NO_MAP], warnings: [] };
  const { tree, display, findings: unfilled } = filled(raw, context);
  const parts = new NamedParts(tree, display, context);
  const validation = new Validation(tree, display);
  const file = validation.parse(fileSchema, []);
  for (const name of keysAt(tree, ['blueprints'])) validation.parse(blueprintSchema, ['blueprints', name]);
  const integrations = keysAt(tree, ['integrations']).flatMap((id) => {
    const path = ['integrations', id];
    const source = parts.source(path);
    const { checkExpression } = context;
    const destination = parts.destination(path);
    const schema = integrationSchema({ source, destination, resource: z.unknown(), checkExpression });
    const integration = validation.parse(schema, path);
    const resources = itemsAt(tree, [...path, 'resources']).map((resource) => {
      const kind = parts.kind(resource, source);
      return validation.parse(resourceSchema({ kind, checkExpression }), resource);
    });
    const whole = resources.filter((resource) => resource !== undefined);
    return integration === undefined ? [] : [toIntegration(id, integration, whole)];
  });
  const findings = [
    ...unfilled,
    ...parts.findings,
    ...validation.findings,
    ...blueprintFindings(tree, display),
    ...destinationFindings(tree, { display, context }),
    ...policyFieldFindings(tree),
  ];
  return { integrations, tombstones: file?.tombstones ?? UNSAID, findings, warnings: policyWarnings(integrations) };
}

/** Where nothing is said of tombstones. */
export const UNSAID = tombstonesSchema.parse({});

const NO_MAP: Finding = { path: [], at: 'value', message: 'must be a map with the key `integrations`', offset: null };
