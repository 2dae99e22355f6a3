import { sourceAddress, withQuery } from '../../pages/addresses.ts';
import { decisionPage, type PlanParts, planPage, plansPage } from '../../pages/plans.ts';
import type { App, ServerParts } from '../../parts.ts';
import { Problem } from '../../problem.ts';

/** How many entities of a plan, and how many plans, a page shows. */
const MOST = 200;

/** Held deletes: what they are, and the decision on them, which is asked for twice. */
export function addPlanPages(app: App, { client }: ServerParts): void {
  const planOf = async (id: string, name: string): Promise<PlanParts> => {
    const plan = await client.plan(id, name);
    return { plan, planned: await client.planned(id, name, MOST) };
  };

  app.get('/sources/:id/plans', async (c) => {
    const id = c.req.param('id');
    return c.html(await plansPage(id, await client.plans(id, MOST)));
  });

  app.get('/sources/:id/plans/:plan', async (c) => {
    const { id, plan } = c.req.param();
    return c.html(await planPage(await planOf(id, plan)));
  });

  for (const decision of ['approve', 'reject'] as const) {
    app.get(`/sources/:id/plans/:plan/${decision}`, async (c) => {
      const parts = await planOf(c.req.param('id'), c.req.param('plan'));
      const { state, why } = parts.plan;
      if (state !== 'open') throw new Problem(409, `the plan is ${state} already: ${why}`);
      return c.html(await decisionPage(parts, decision));
    });
  }

  app.post('/sources/:id/plans/:plan/approve', async (c) => {
    const { id, plan } = c.req.param();
    const trigger = await client.approve(id, plan, { origin: c.get('origin') });
    return c.redirect(withQuery(sourceAddress(id), { trigger }), 303);
  });

  app.post('/sources/:id/plans/:plan/reject', async (c) => {
    const { id, plan } = c.req.param();
    await client.reject(id, plan);
    return c.redirect(sourceAddress(id, 'plans', plan), 303);
  });
}
