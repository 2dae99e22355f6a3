import { z } from 'zod';
import type { Database } from '../catalog/database.ts';
import { deleteStale, findStale } from '../catalog/stale.ts';
import { upsertStaged } from '../catalog/upsert.ts';
import type { DestinationType } from './destination.ts';

/** Names Tidemark's own catalog in claims. There is one, in the database that the claims lie in. */
const CATALOG = 'catalog';

/** Tidemark's own catalog on PostgreSQL. */
export const catalogDefinition = { type: 'catalog', settings: z.strictObject({}) };

export const catalogDestination = (db: Database): DestinationType => ({
  ...catalogDefinition,
  create: () => ({
    upsert: (run, batch) => upsertStaged(db, { run, destination: CATALOG, batch }),
    findStale: (run, resources) => findStale(db, run, { destination: CATALOG, resources }),
    deleteStale: (run, resources) => deleteStale(db, run, resources),
  }),
});
