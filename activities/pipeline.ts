import { readConfigurationVersion } from '../catalog/configurations.ts';
import type { Database } from '../catalog/database.ts';
import type { IntegrationDocument } from '../config/configuration.ts';
import { declaredBlueprints } from '../config/declared-blueprints.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { resolveDocument } from '../config/load.ts';
import type { DestinationType } from '../destinations/destination.ts';
import { UsageError } from '../domain/errors.ts';
import { createResourceMapping } from '../mapping/resource-mapping.ts';
import type { SourceType } from '../sources/source.ts';
import type { Pipeline } from './dependencies.ts';
import { recordPolicies } from './record-policies.ts';

/** Runs of a few versions of a few integrations at a time; the rest is built anew. */
const KEPT = 50;

export interface PipelineParts {
  readonly db: Database;
  readonly sources: readonly SourceType[];
  readonly destinations: readonly DestinationType[];
  readonly context: ConfigurationContext;
}

/** Builds pipelines from stored configurations, once per version. */
export function createPipelines(parts: PipelineParts): (configVersion: number) => Promise<Pipeline> {
  const built = new Map<number, Promise<Pipeline>>();
  return (configVersion) => {
    const known = built.get(configVersion);
    if (known) return known;
    const pipeline = build(parts, configVersion);
    built.set(configVersion, pipeline);
    pipeline.catch(() => built.delete(configVersion));
    const oldest = built.keys().next();
    if (built.size > KEPT && !oldest.done) built.delete(oldest.value);
    return pipeline;
  };
}

async function build(parts: PipelineParts, configVersion: number): Promise<Pipeline> {
  const stored = await readConfigurationVersion(parts.db, configVersion);
  if (!stored) throw new UsageError(`configuration version ${configVersion} is not in the database`);
  const document = stored.document as IntegrationDocument;
  const integration = resolveDocument(document, parts.context);
  const { source, destination, resources } = integration;
  const opened = await byType(parts.sources, source.type).create(source.settings, {
    integration: integration.id,
    directory: parts.context.directory,
  });
  return {
    integration,
    source: opened,
    destination: byType(parts.destinations, destination.type).create(destination.settings, {
      integration: integration.id,
      blueprints: document.blueprints as Readonly<Record<string, unknown>>,
      declared: declaredBlueprints([document]),
    }),
    mappings: new Map(resources.map((resource) => [resource.key, createResourceMapping(resource)])),
    policies: recordPolicies(integration, opened),
  };
}

function byType<T extends { readonly type: string }>(types: readonly T[], type: string): T {
  const found = types.find((candidate) => candidate.type === type);
  if (!found)
    throw new UsageError(`this worker knows no type ${type}; it knows: ${types.map((t) => t.type).join(', ')}`);
  return found;
}
