import { createHash } from 'node:crypto';
import type { Database } from '../../catalog/database.ts';
import { noteUnindexed } from '../../catalog/unindexed-shops.ts';
import type { DestinationDefinition } from '../../config/definitions.ts';
import type { DestinationType } from '../destination.ts';
import { remoteDestination } from '../remote/remote-destination.ts';
import { ShopAccount, type ShopTiming, TIMING } from './account.ts';
import { refusals } from './refusals.ts';
import { ShopwareRemote } from './remote.ts';
import { type ShopwareSettings, shopwareSettings } from './settings.ts';

export const shopwareDefinition: DestinationDefinition = { type: 'shopware', settings: shopwareSettings, refusals };

/** Entities in a shop. One for each process: what writes with the same credentials shares their token and their pauses. */
export function shopwareDestination(db: Database, timing: ShopTiming = TIMING): DestinationType {
  const accounts = new Map<string, ShopAccount>();
  return {
    ...shopwareDefinition,
    create(given, { declared }) {
      const settings = given as ShopwareSettings;
      const name = shopwareName(settings);
      const key = JSON.stringify([name, settings.clientId, settings.clientSecret]);
      const account = accounts.get(key) ?? new ShopAccount(settings, timing);
      accounts.set(key, account);
      const isUnindexed = settings.indexing === 'disabled';
      const remote = new ShopwareRemote(account, {
        settings,
        blueprints: declared,
        beforeCall: async () => (isUnindexed ? noteUnindexed(db, name) : undefined),
      });
      // A shop does not say who has written a row, so there is no list to compare with.
      return remoteDestination({ db, name, remote, slots: account.slots, reconcileEvery: Number.POSITIVE_INFINITY });
    },
  };
}

/**
 * The destination in claims: type and address. Not the access key: all of them write the same rows, and one that is
 * replaced makes no other shop (docs/shopware.md).
 */
export function shopwareName({ baseUrl }: Pick<ShopwareSettings, 'baseUrl'>): string {
  const digest = createHash('sha256').update(baseUrl.replace(/\/+$/, '')).digest('hex');
  return `shopware:${digest.slice(0, 16)}`;
}
