import type { MiddlewareHandler } from 'hono';
import type { AddRoutes } from '../parts.ts';
import { Problem } from '../problem.ts';
import { addEntityPages } from './pages/entities.ts';
import { addPlanPages } from './pages/plans.ts';
import { addQuarantinePages } from './pages/quarantine.ts';
import { addSourcePages } from './pages/sources.ts';

const GROUPS: readonly AddRoutes[] = [addSourcePages, addPlanPages, addQuarantinePages, addEntityPages];

/** The pages for people, at `/`: HTML that is made here, over the same client as the API (seed S1.11). */
export const addPages: AddRoutes = (app, parts) => {
  // On their paths only: a request is measured by the last pattern that it matches.
  for (const path of ['/sources/*', '/entities', '/entity']) app.use(path, refuseNul);
  for (const add of GROUPS) add(app, parts);
};

/** No name holds it, and the database refuses to be asked for it. */
const refuseNul: MiddlewareHandler = async (c, next) => {
  if (c.req.url.includes('%00')) throw new Problem(404, 'there is nothing of that name');
  await next();
};
