import { z } from '@hono/zod-openapi';
import type { WaitingTrigger } from '../../client/client.ts';
import type { FailedField, KindCounts, KindReport, RunReport } from '../../domain/run.ts';
import type { Scope } from '../../domain/scope.ts';

const count = z.int().min(0);

export const time = z.string().openapi({ description: 'RFC 3339, in UTC', example: '2026-01-31T12:00:00.000Z' });

const actionSchema = z.enum(['resync', 'apply', 'retry', 'sync']);

export const triggerId = z.uuid();

const scopeSchema: z.ZodType<Scope> = z
  .strictObject({
    kinds: z.array(z.string()).nullable().openapi({ description: '`null`: every kind' }),
    since: z
      .strictObject({ last: z.boolean(), time: time.nullable() })
      .nullable()
      .openapi({ description: '`null`: everything' }),
  })
  .openapi('Scope');

const counts = {
  pages: count,
  read: count,
  ruledOut: count,
  quarantined: count,
  unidentified: count,
  duplicates: count,
  outdated: count,
  created: count,
  updated: count,
  unchanged: count,
  skipped: count,
  deleted: count,
  unconfirmed: count,
} satisfies Record<keyof KindCounts, z.ZodType>;

const failedFieldSchema: z.ZodType<FailedField> = z
  .strictObject({ resource: z.string(), field: z.string(), records: count, reason: z.string() })
  .openapi('FailedField');

const kindSchema: z.ZodType<KindReport> = z
  .strictObject({
    kind: z.string(),
    state: z.enum(['pending', 'running', 'complete', 'failed', 'aborted']),
    error: z.string().nullable(),
    held: z.string().nullable().openapi({ description: 'Why deletes of the kind were held back' }),
    plan: z.string().nullable().openapi({ description: 'The plan that waits for a decision' }),
    failedFields: z.array(failedFieldSchema),
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    ...counts,
  })
  .openapi('KindReport');

export const runSchema: z.ZodType<RunReport> = z
  .strictObject({
    run: z.string(),
    integration: z.string(),
    epoch: count,
    outcome: z.enum(['running', 'complete', 'held', 'incomplete', 'failed', 'aborted']),
    reason: z.string().nullable(),
    warnings: z.array(z.string()),
    action: actionSchema,
    scope: scopeSchema,
    plan: z.string().nullable().openapi({ description: 'The plan that the run applied' }),
    configVersion: count,
    workflowRunId: z
      .string()
      .openapi({ description: 'The execution of the workflow `resync/{integration}` that did it' }),
    triggers: z.array(triggerId),
    startedAt: time,
    finishedAt: time.nullable(),
    kinds: z.array(kindSchema),
    removed: z.strictObject({ deleted: count, held: z.string().nullable(), plan: z.string().nullable() }),
  })
  .openapi('Run');

export const waitingSchema: z.ZodType<WaitingTrigger> = z
  .strictObject({
    trigger: triggerId,
    integration: z.string(),
    outcome: z.literal('waiting'),
    action: actionSchema,
    scope: scopeSchema,
    createdAt: time,
  })
  .openapi('WaitingTrigger');
