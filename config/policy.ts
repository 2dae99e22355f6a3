import { z } from 'zod';
import { METHODS, RESOLUTIONS } from '../domain/conflict/policy.ts';
import type { FieldPath } from '../domain/entity.ts';
import type { CheckExpression } from './definitions.ts';
import { expressionText } from './expression-text.ts';

const method = z.enum(METHODS);
const resolution = z.enum(RESOLUTIONS);
const byField = z.record(z.string().min(1) as unknown as z.ZodType<FieldPath, FieldPath>, resolution);

/** What `policy:` may hold (seed S2.7 to S2.25). */
export function policySchema(checkExpression: CheckExpression) {
  return z.strictObject({
    strategy: z
      .union([method, z.array(method)])
      .nullable()
      .optional()
      .meta({ description: 'What may be done: create, update. Empty: nothing. Default: both' }),
    resolution: z
      .union([resolution, byField])
      .optional()
      .meta({ description: "Which side's value stands when a record is updated: for all fields, or field by field" }),
    defaultResolution: resolution
      .optional()
      .meta({ description: 'For fields without an entry in resolution. Default: this, where anything picks fields' }),
    onConflict: z
      .union([resolution, byField])
      .optional()
      .meta({ description: 'For fields that both sides changed since they were last written' }),
    resolve: expressionText(checkExpression)
      .optional()
      .meta({ description: 'JSONata over the vector, to an object with strategy, resolution, defaultResolution' }),
  });
}

export type PolicyInput = z.output<ReturnType<typeof policySchema>>;
