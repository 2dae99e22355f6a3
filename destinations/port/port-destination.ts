import { createHash } from 'node:crypto';
import type { Database } from '../../catalog/database.ts';
import type { DestinationType } from '../destination.ts';
import type { RemoteLimits } from '../remote/remote.ts';
import { remoteDestination } from '../remote/remote-destination.ts';
import { PortAccount } from './account.ts';
import { PORT_LIMITS } from './limits.ts';
import { PortRemote } from './port-remote.ts';
import { type PortSettings, portSettings } from './settings.ts';

export const portDefinition = { type: 'port', settings: portSettings };

/** Entities in a Port-compatible API. One for each process: what writes with the same credentials shares their limits. */
export function portDestination(db: Database, limits: RemoteLimits = PORT_LIMITS): DestinationType {
  const accounts = new Map<string, PortAccount>();
  return {
    ...portDefinition,
    create(given, { integration, blueprints }) {
      const settings = given as PortSettings;
      const name = portName(settings);
      // A secret that was replaced is another key to the same account.
      const key = `${name} ${settings.clientSecret}`;
      const account = accounts.get(key) ?? new PortAccount(settings);
      accounts.set(key, account);
      const remote = new PortRemote({
        client: account.client(integration),
        limit: account.limit,
        limits,
        settings,
        integration,
        blueprints,
      });
      return remoteDestination({ db, name, remote, slots: account.slots, reconcileEvery: settings.reconcileEvery });
    },
  };
}

/** The destination in claims: type, address and account, so that another organization on the same service is another one. */
export function portName({ baseUrl, clientId }: Pick<PortSettings, 'baseUrl' | 'clientId'>): string {
  const digest = createHash('sha256')
    .update(`${baseUrl.replace(/\/+$/, '')}\n${clientId}`)
    .digest('hex');
  return `port:${digest.slice(0, 16)}`;
}
