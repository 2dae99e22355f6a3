import { z } from '@hono/zod-openapi';
import type { IntegrationStatus } from '../../client/client.ts';
import type { ConfigurationPatch } from '../../config/patch.ts';
import { planSchema } from './plan.ts';
import { runSchema, time } from './run.ts';

const status = z.strictObject({
  integration: z.string(),
  configVersion: z.int().nullable(),
  configOrigin: z.string().nullable().openapi({ description: 'Where the configuration in force came from: file, api' }),
  lastRun: runSchema.nullable(),
  lastComplete: runSchema.nullable(),
  lastCompleteAge: z.int().nullable().openapi({ description: 'Seconds since the last complete run ended' }),
  quarantined: z.int(),
  openPlans: z.array(planSchema),
  schedule: z
    .strictObject({ intervalSeconds: z.int(), nextRun: time.nullable() })
    .nullable()
    .openapi({ description: 'Resyncs by themselves: how often, and when the next one is due' }),
  warnings: z.array(z.string()),
});

export const statusSchema: z.ZodType<IntegrationStatus> = status.openapi('Integration');

/** With what `PATCH` may replace, as it is in force. */
export type IntegrationInFull = IntegrationStatus & { readonly config: ConfigurationPatch };

export const integrationInFullSchema: z.ZodType<IntegrationInFull> = status
  .extend({
    config: z
      .record(z.string(), z.any())
      .openapi({ description: 'What PATCH may replace, as it is in force; references to the environment as written' }),
  })
  .openapi('IntegrationInFull');
