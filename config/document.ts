import { createHash } from 'node:crypto';
import { isRawRecord } from '../domain/json.ts';
import type { IntegrationDocument } from './configuration.ts';
import { DEFAULT_DESTINATION } from './schema.ts';

/** Tells versions of a stored configuration apart: SHA-256 in hex. The order of keys does not matter, that of lists does. */
export function hashDocument({ id, integration, blueprints }: IntegrationDocument): string {
  const text = JSON.stringify({ id, integration: ordered(integration), blueprints: ordered(blueprints) });
  return createHash('sha256').update(text).digest('hex');
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isRawRecord(value)) return value;
  const entries = Object.keys(value)
    .sort()
    .map((key): [string, unknown] => [key, ordered(value[key])]);
  return Object.fromEntries(entries);
}

/** The type of destination that a stored document names, as it is written. */
export function destinationTypeIn(document: unknown): string {
  const { integration } = (document ?? {}) as { integration?: { destination?: { type?: unknown } | null } };
  return String(integration?.destination?.type ?? DEFAULT_DESTINATION);
}

/** The kinds that a stored document names, in its order. */
export function kindsIn(document: unknown): string[] {
  const { integration } = (document ?? {}) as { integration?: { resources?: readonly { kind?: unknown }[] } };
  const kinds = integration?.resources?.map(({ kind }) => String(kind)) ?? [];
  return [...new Set(kinds)];
}
