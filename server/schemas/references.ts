import { z } from '@hono/zod-openapi';
import type { EntityReferences } from '../../domain/entity.ts';
import { time } from './run.ts';

export const referencesSchema: z.ZodType<EntityReferences> = z
  .strictObject({
    referencedBy: z.record(z.string(), z.int()).openapi({
      description: 'How many entities point to it, by `<blueprint>.<relation>`',
      example: { 'product_category.categoryId': 2 },
    }),
    changedAt: time.nullable().openapi({
      description:
        'Its latest change, or that of a row of links or translations that belongs to it. null: not indexed yet',
    }),
  })
  .openapi('References');
