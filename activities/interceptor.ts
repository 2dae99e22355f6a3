import { ApplicationFailure, type Context } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { toTemporalFailure } from './failures.ts';

/** A cancellation reaches an activity only on a heartbeat. */
const HEARTBEAT_MS = 1_000;

/** Histories hold references and counts. More than this is a bug: rows in a payload. */
const MAX_RESULT_BYTES = 100 * 1024;

/**
 * Around every activity: heartbeats each second, leaves an activity that hangs behind as soon as it is cancelled
 * (what it still writes is fenced off), refuses results that do not belong into a history, and translates errors.
 */
export class ActivityGuard implements ActivityInboundCallsInterceptor {
  private readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const timer = setInterval(() => this.context.heartbeat(), HEARTBEAT_MS);
    try {
      const result = await Promise.race([next(input), this.context.cancelled]);
      return this.sized(result);
    } catch (error) {
      throw toTemporalFailure(error);
    } finally {
      clearInterval(timer);
    }
  }

  private sized(result: unknown): unknown {
    const bytes = Buffer.byteLength(JSON.stringify(result) ?? '');
    if (bytes <= MAX_RESULT_BYTES) return result;
    const name = this.context.info.activityType;
    throw ApplicationFailure.nonRetryable(
      `activity ${name} returned ${bytes} bytes; at most ${MAX_RESULT_BYTES} belong into a history: hand over a reference`,
      'ResultTooLarge',
    );
  }
}
