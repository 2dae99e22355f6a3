import { openDatabase } from '../../catalog/database.ts';
import { migrate } from '../../catalog/migrate.ts';
import { shopwareSettings } from '../../destinations/shopware/settings.ts';
import { shopId } from '../../destinations/shopware/shop-id.ts';
import { shopwareDestination, shopwareName } from '../../destinations/shopware/shopware-destination.ts';
import { createTestDatabase } from '../support/environment/database.ts';
import { settingsOf } from '../support/shop/remote.ts';
import { TestShop } from '../support/shop/server.ts';
import { describeDestination } from './destination-suite.ts';
import { noteByHand } from './mirror.ts';

describeDestination('shopware', async () => {
  const database = await createTestDatabase();
  await migrate(database.url);
  const db = openDatabase({ url: database.url });
  const shop = await TestShop.start();
  const parsed = shopwareSettings.parse(settingsOf(shop));
  const context = { integration: 'acme', blueprints: {}, declared: new Map() };
  const name = shopwareName(parsed);
  // Ids in the shop do not say of which identifier they were made; a claim or a row of the test's own does.
  const identifiers = new Map<string, string>();
  const rows = async () => {
    const known = await db.query<{ blueprint: string; identifier: string; fields: Record<string, unknown> }>(
      'select blueprint, identifier, fields from tidemark.entity where destination = $1',
      [name],
    );
    return new Map(known.map((entity) => [shopId(entity.blueprint, entity.identifier), entity]));
  };
  return {
    db,
    destination: shopwareDestination(db, { retryDelay: 5, requestTimeout: 10_000 }).create(parsed, context),
    async read() {
      const known = await rows();
      const all = ['thing', 'other'].flatMap((blueprint) =>
        shop.store.rows(blueprint).map(({ id, ...row }): [string, Record<string, unknown>] => {
          const at = String(id);
          const { identifier = identifiers.get(at) ?? `unknown ${at}`, fields = {} } = known.get(at) ?? {};
          return [`${blueprint}/${identifier}`, asFields(row, fields)];
        }),
      );
      return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    async writes() {
      return shop.syncs.length;
    },
    async writeByHand({ blueprint, identifier, fields }) {
      const row = Object.entries(fields).map(([path, value]) => [shopName(path), value]);
      shop.store.upsert(blueprint, { ...Object.fromEntries(row), id: shopId(blueprint, identifier) });
      identifiers.set(shopId(blueprint, identifier), identifier);
      await noteByHand(db, name, { blueprint, identifier, fields });
    },
    async reset() {
      await db.query('truncate tidemark.integration, tidemark.entity, tidemark.claim, tidemark.remote_entity cascade');
      shop.reset();
    },
    async close() {
      await db.close();
      await shop.close();
      await database.drop();
    },
  };
});

const shopName = (path: string): string => (path === 'title' ? 'name' : path.slice('properties.'.length));

/** A field that is cleared is null in a shop, whether the mapping says null or does not name it: there is no third. */
function asFields(row: Record<string, unknown>, expected: Record<string, unknown>): Record<string, unknown> {
  const all = Object.entries(row).map(([name, value]): [string, unknown] => [
    name === 'name' ? 'title' : `properties.${name}`,
    value,
  ]);
  return Object.fromEntries(all.filter(([path, value]) => value !== null || path in expected));
}
