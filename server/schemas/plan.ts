import { z } from '@hono/zod-openapi';
import type { EntityKey } from '../../domain/entity.ts';
import type { Plan } from '../../domain/plan.ts';
import { time } from './run.ts';

const plan = z.strictObject({
  plan: z.string(),
  integration: z.string(),
  run: z.string().openapi({ description: 'The run that proposed it' }),
  epoch: z.int(),
  configVersion: z.int(),
  kind: z.string().nullable().openapi({ description: '`null`: resources that are no longer configured' }),
  reason: z.string(),
  claims: z.int(),
  entities: z.int(),
  state: z.enum(['open', 'applied', 'rejected', 'superseded']),
  why: z.string().nullable(),
  createdAt: time,
  decidedAt: time.nullable(),
  appliedRun: z.string().nullable(),
});

export const planSchema: z.ZodType<Plan> = plan.openapi('Plan');

const entityKey = z.strictObject({ blueprint: z.string(), identifier: z.string() });

/** A plan with what it would delete. */
export type PlanInFull = Plan & { readonly planned: readonly EntityKey[] };

export const planInFullSchema: z.ZodType<PlanInFull> = plan
  .extend({ planned: z.array(entityKey).openapi({ description: 'The entities, while the plan is open' }) })
  .openapi('PlanInFull');
