import type { AddRoutes } from '../parts.ts';
import { Problem } from '../problem.ts';
import { addEntityPages } from './pages/entities.ts';
import { addPlanPages } from './pages/plans.ts';
import { addQuarantinePages } from './pages/quarantine.ts';
import { addSourcePages } from './pages/sources.ts';

const GROUPS: readonly AddRoutes[] = [addSourcePages, addPlanPages, addQuarantinePages, addEntityPages];

/** The pages for people, at `/`: HTML that is made here, over the same client as the API (seed S1.11). */
export const addPages: AddRoutes = (app, parts) => {
  app.use(async (c, next) => {
    // No name holds it, and the database refuses to be asked for it.
    if (c.req.url.includes('%00')) throw new Problem(404, 'there is nothing of that name');
    await next();
  });
  for (const add of GROUPS) add(app, parts);
};
