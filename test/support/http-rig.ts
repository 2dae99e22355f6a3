import { loadConfiguration } from '../../config/load.ts';
import { GitHubStore } from '../../examples/github-server/store.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { Rig } from './rig.ts';

/** The integration of a test with an http source, as a configuration file would have it; JSON is YAML. */
export interface HttpIntegration {
  readonly blueprints?: Readonly<Record<string, unknown>>;
  readonly source: Readonly<Record<string, unknown>>;
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  readonly deletes?: Readonly<Record<string, unknown>>;
  readonly destination?: Readonly<Record<string, unknown>>;
}

/** Everything real, with an integration of the test's own. */
export async function httpRig(integration: HttpIntegration): Promise<Rig> {
  const rig = await Rig.start({ store: new GitHubStore(), organizations: ['nobody'] });
  await configureHttp(rig, integration);
  return rig;
}

/** Imports a configuration, as a changed file would be. */
export async function configureHttp(rig: Rig, { blueprints = {}, source, ...rest }: HttpIntegration): Promise<void> {
  const integrations = { [rig.integration]: { source: { type: 'http', ...source }, ...rest } };
  const text = JSON.stringify({ blueprints, integrations });
  await rig.client.importConfiguration(loadConfiguration({ file: 'test.yaml', text }, configurationContext({})));
}
