import { z } from 'zod';
import { applyPlan } from '../catalog/apply-plan.ts';
import type { Database } from '../catalog/database.ts';
import { deleteStale } from '../catalog/delete-phase.ts';
import { applyLive } from '../catalog/live.ts';
import { findStale } from '../catalog/stale.ts';
import { syncScope } from '../catalog/sync-scope.ts';
import { upsertStaged } from '../catalog/upsert.ts';
import { CATALOG } from '../domain/destination.ts';
import type { Destination } from './destination.ts';

/** Tidemark's own catalog on PostgreSQL. */
export const catalogDefinition = { type: 'catalog', settings: z.strictObject({}) };

export const catalogDestination = (db: Database) => ({
  ...catalogDefinition,
  create: (_settings: Readonly<Record<string, unknown>>): Destination => ({
    upsert: (run, batch) => upsertStaged(db, { run, destination: CATALOG, batch }),
    findStale: (run, scope) => findStale(db, run, { ...scope, destination: CATALOG }),
    deleteStale: (run, request) => deleteStale(db, run, { ...request, destination: CATALOG }),
    applyPlan: (run, approved) => applyPlan(db, run, { ...approved, destination: CATALOG }),
    async applyLive(target, calls) {
      await applyLive(db, { ...target, destination: CATALOG }, calls);
    },
    syncScope: (run, request) => syncScope(db, run, { ...request, destination: CATALOG }),
  }),
});
