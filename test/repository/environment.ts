import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readConnections } from '../../config/connections.ts';
import { serverSettings } from '../../config/server.ts';
import { environmentDefaults, environmentSettings } from '../../config/settings.ts';

const { resolve } = createRequire(import.meta.url);

/** Temporal's own reader of TEMPORAL_*, as text. */
const TEMPORAL_SETTINGS = readFileSync(resolve('@temporalio/envconfig/lib/envconfig-toml.js'), 'utf8');

/** Whether setting the variable makes a difference to Tidemark; `<INTEGRATION>` stands for an integration's id. */
export function isKnownVariable(name: string): boolean {
  if (name.startsWith('TEMPORAL_')) return new RegExp(`\\b${name}\\b`).test(TEMPORAL_SETTINGS);
  if (name.startsWith('TIDEMARK__')) {
    const variable = name.replace('<INTEGRATION>', 'ACME');
    return environmentSettings('acme', ['baseUrl', 'accessToken'], { [variable]: 'x' }).settings.length > 0;
  }
  if (environmentDefaults('acme', { [name]: 'x' }).length > 0) return true;
  const isOfServer =
    JSON.stringify(serverSettings({ env: { [name]: '1' } })) !== JSON.stringify(serverSettings({ env: {} }));
  return isOfServer || JSON.stringify(readConnections({ [name]: 'x' })) !== JSON.stringify(readConnections({}));
}
