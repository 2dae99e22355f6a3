import type { TidemarkClient } from '../client/client.ts';
import type { IntegrationDocument } from '../config/configuration.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { resolveDocument } from '../config/load.ts';
import type { Source } from '../sources/source.ts';
import { sourceTypes } from './source-types.ts';

/**
 * The source of an integration as the configuration in force has it, for what reaches it from outside: webhooks and
 * routes of its own. Built once for each version. Throws `NotFoundError`, `ConfigurationError`.
 */
export function sourcesInForce(
  client: TidemarkClient,
  context: ConfigurationContext,
): (integration: string) => Promise<Source> {
  const built = new Map<string, { readonly version: number; readonly source: Promise<Source> }>();
  return async (integration) => {
    const known = built.get(integration);
    if (known && known.version === (await client.versionInForce(integration))) return known.source;
    const { version, document } = await client.inForce(integration);
    const { source } = resolveDocument(document as IntegrationDocument, context);
    const type = sourceTypes.find((candidate) => candidate.type === source.type);
    if (!type) throw new Error(`no source type ${source.type}`);
    const made = Promise.resolve(type.create(source.settings, { integration, directory: context.directory }));
    made.catch(() => built.delete(integration));
    built.set(integration, { version, source: made });
    return made;
  };
}
