import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { RunReport } from '../domain/run.ts';
import { json } from './openapi.ts';
import type { ServerEnv, ServerParts } from './parts.ts';
import { runSchema, triggerId } from './schemas/run.ts';

const triggeredSchema = z.strictObject({ trigger: triggerId }).openapi('Triggered');

/** The answers of a call that triggers a run. */
export const triggeredAnswers = {
  202: json(triggeredSchema, 'Triggered. `runs/{trigger}` tells how it goes'),
  200: json(runSchema, 'With `wait`: the run that covers the trigger, once it has ended; `outcome` says how'),
  207: json(runSchema, 'The same, where some records were quarantined'),
};

export interface Triggered {
  readonly trigger: string;
  readonly wait: boolean;
}

/**
 * 202 with the trigger's id at once, or with `wait` the run's report once it has ended. A server that stops meanwhile
 * answers 202: the run goes on without it.
 */
export async function answerTriggered(
  c: Context<ServerEnv>,
  { client, stopping }: Pick<ServerParts, 'client' | 'stopping'>,
  { trigger, wait }: Triggered,
) {
  if (!wait) return c.json({ trigger }, 202);
  const signal = AbortSignal.any([stopping, c.req.raw.signal]);
  try {
    const run = await client.followTrigger(trigger, { signal });
    return isWhole(run) ? c.json(run, 200) : c.json(run, 207);
  } catch (error) {
    if (signal.aborted) return c.json({ trigger }, 202);
    throw error;
  }
}

const isWhole = ({ kinds }: RunReport): boolean => kinds.every(({ quarantined }) => quarantined === 0);
