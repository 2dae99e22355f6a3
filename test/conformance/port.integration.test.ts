import { openDatabase } from '../../catalog/database.ts';
import { migrate } from '../../catalog/migrate.ts';
import type { Destination } from '../../destinations/destination.ts';
import { portDestination, portName } from '../../destinations/port/port-destination.ts';
import { createTestDatabase } from '../support/environment/database.ts';
import { CLIENT_ID, CLIENT_SECRET, PortServer } from '../support/port/server.ts';
import type { StoredEntity } from '../support/port/store.ts';
import { describeDestination } from './destination-suite.ts';
import { noteByHand } from './mirror.ts';

describeDestination('port', async () => {
  const database = await createTestDatabase();
  await migrate(database.url);
  const db = openDatabase({ url: database.url });
  const server = await PortServer.start({ blueprints: null });
  const settings = { baseUrl: server.url, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  const options = { merge: false, createMissingRelatedEntities: true, createBlueprints: false, reconcileEvery: 1_000 };
  const destination: Destination = portDestination(db).create(
    { ...settings, ...options },
    { integration: 'acme', blueprints: {}, declared: new Map() },
  );
  const name = portName(settings);
  return {
    db,
    destination,
    async read() {
      const all = server.store
        .all()
        .map(({ blueprint, entity }) => [`${blueprint}/${entity.identifier}`, flat(entity)]);
      return Object.fromEntries(all.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)));
    },
    async writes() {
      return server.writes;
    },
    async writeByHand({ blueprint, identifier, fields }) {
      server.store.of(blueprint).set(identifier, { entity: nested(identifier, fields), by: 'a person' });
      await noteByHand(db, name, { blueprint, identifier, fields });
    },
    async reset() {
      await db.query('truncate tidemark.integration, tidemark.entity, tidemark.claim, tidemark.remote_entity cascade');
      for (const { blueprint, entity } of server.store.all()) server.store.of(blueprint).delete(entity.identifier);
    },
    async close() {
      await db.close();
      await server.close();
      await database.drop();
    },
  };
});

function flat({ identifier: _, properties, relations, ...own }: StoredEntity): Record<string, unknown> {
  const under = (prefix: string, values: object) =>
    Object.entries(values).map(([name, value]): [string, unknown] => [`${prefix}.${name}`, value]);
  return Object.fromEntries([
    ...Object.entries(own),
    ...under('properties', properties),
    ...under('relations', relations),
  ]);
}

function nested(identifier: string, fields: Record<string, unknown>): StoredEntity {
  const under = (prefix: string) =>
    Object.fromEntries(
      Object.entries(fields)
        .filter(([path]) => path.startsWith(prefix))
        .map(([path, value]) => [path.slice(prefix.length), value]),
    );
  const own = Object.entries(fields).filter(([path]) => !path.includes('.'));
  return {
    identifier,
    ...Object.fromEntries(own),
    properties: under('properties.'),
    relations: under('relations.'),
  };
}
