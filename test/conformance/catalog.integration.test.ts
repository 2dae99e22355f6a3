import { openDatabase } from '../../catalog/database.ts';
import { migrate } from '../../catalog/migrate.ts';
import { catalogDestination } from '../../destinations/catalog.ts';
import type { Destination } from '../../destinations/destination.ts';
import { METHODS } from '../../domain/conflict/policy.ts';
import { createTestDatabase } from '../support/environment/database.ts';
import { type DestinationUnderTest, describeDestination } from './destination-suite.ts';

/** The same rules hold whether a batch is one statement, or its records are decided one by one and the source wins. */
const decided = (real: Destination): Destination => ({
  ...real,
  upsert: (run, batch) => {
    const strategy = METHODS.filter((method) => batch.strategy[method]);
    return real.upsert(run, { ...batch, policy: { policy: { strategy, resolution: 'other' }, resolve: null } });
  },
});

describeDestination('catalog', () => openCatalog((real) => real));
describeDestination('catalog, record by record', () => openCatalog(decided));

async function openCatalog(of: (real: Destination) => Destination): Promise<DestinationUnderTest> {
  const database = await createTestDatabase();
  await migrate(database.url);
  const db = openDatabase({ url: database.url });
  // The destination's own log of writes: a trigger in the database, which the code under test knows nothing of.
  await db.query(`
    create table public.written (at timestamptz default clock_timestamp());
    create function public.note_write() returns trigger language plpgsql as
      $$ begin insert into public.written default values; return null; end $$;
    create trigger note_write after insert or update or delete on tidemark.entity
      for each row execute function public.note_write();`);
  return {
    db,
    destination: of(catalogDestination(db).create({})),
    async read() {
      const rows = await db.query<{ key: string; fields: Record<string, unknown> }>(
        `select blueprint || '/' || identifier as key, fields from tidemark.entity order by 1`,
      );
      return Object.fromEntries(rows.map(({ key, fields }) => [key, fields]));
    },
    async writes() {
      const [row] = await db.query<{ count: number }>('select count(*) as count from public.written');
      return row?.count ?? 0;
    },
    async writeByHand({ blueprint, identifier, fields }) {
      await db.query('insert into tidemark.entity (blueprint, identifier, fields) values ($1, $2, $3)', [
        blueprint,
        identifier,
        JSON.stringify(fields),
      ]);
    },
    async reset() {
      await db.query(
        'truncate tidemark.integration, tidemark.entity, tidemark.claim, tidemark.skipped, tidemark.change cascade',
      );
    },
    async close() {
      await db.close();
      await database.drop();
    },
  };
}
