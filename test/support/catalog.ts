import { type Database, openDatabase } from '../../catalog/database.ts';
import { migrate } from '../../catalog/migrate.ts';
import { catalogDestination } from '../../destinations/catalog.ts';
import type { Destination } from '../../destinations/destination.ts';
import { createTestDatabase } from './environment/database.ts';

/** A catalog in a database of its own. */
export interface TestCatalog {
  readonly db: Database;
  readonly destination: Destination;
  close(): Promise<void>;
}

export async function startCatalog(): Promise<TestCatalog> {
  const database = await createTestDatabase();
  await migrate(database.url);
  const db = openDatabase({ url: database.url, onIdleError: () => {} });
  return {
    db,
    destination: catalogDestination(db).create({}),
    async close() {
      await db.close();
      await database.drop();
    },
  };
}
