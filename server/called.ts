import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { CallCounts, CallReport } from '../domain/call.ts';
import { json } from './openapi.ts';
import type { ServerEnv } from './parts.ts';
import { Problem } from './problem.ts';
import { time } from './schemas/run.ts';

const count = z.int().min(0);

const counts: z.ZodType<CallCounts> = z.strictObject({
  created: count,
  updated: count,
  unchanged: count,
  skipped: count,
  deleted: count,
  outdated: count,
  quarantined: count,
  unidentified: count,
});

export const callSchema: z.ZodType<CallReport> = z
  .strictObject({
    call: z.uuid(),
    integration: z.string(),
    state: z.enum(['waiting', 'applied', 'ignored', 'failed']),
    result: counts.nullable().openapi({ description: 'What it did, once it is applied' }),
    reason: z.string().nullable().openapi({ description: 'Why it was ignored, or failed' }),
    receivedAt: time,
    appliedAt: time.nullable(),
  })
  .openapi('Call');

/** The answers of a call that is applied in order of receipt. */
export const calledAnswers = {
  202: json(callSchema, 'Accepted: it is stored and will be applied'),
  200: json(callSchema, 'With `wait`: applied'),
  207: json(callSchema, 'The same, where some records were quarantined or could not be identified'),
};

/** 202 for what waits, 200 or 207 for what is applied; a call that failed is a problem. */
export function answerCalled(c: Context<ServerEnv>, report: CallReport) {
  const { state, result, reason } = report;
  if (state === 'waiting') return c.json(report, 202);
  if (state === 'failed') throw new Problem(422, reason ?? 'the call could not be applied');
  const isWhole = result === null || (result.quarantined === 0 && result.unidentified === 0);
  return isWhole ? c.json(report, 200) : c.json(report, 207);
}
