import { createHash } from 'node:crypto';
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { intervalText, type ScheduleReport } from '../domain/schedule.ts';
import { scheduleId } from '../domain/workflow-ids.ts';
import type { ScheduledTriggerInput } from '../workflows/messages.ts';

/** A report is worth waiting for no longer than this. */
const READ_MS = 3_000;

/** Temporal's schedules: one for each integration that has an interval (seed S1.3). */
export class Schedules {
  private readonly temporal: Client;
  private readonly taskQueue: string;

  constructor(temporal: Client, taskQueue: string) {
    this.temporal = temporal;
    this.taskQueue = taskQueue;
  }

  /** Creates or changes the schedule; any number of processes may at once. One that a person paused stays paused. */
  async put(integration: string, intervalSeconds: number): Promise<void> {
    const wanted = definition(integration, { intervalSeconds, taskQueue: this.taskQueue });
    try {
      await this.temporal.schedule.create({ scheduleId: scheduleId(integration), ...wanted });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const existing = this.temporal.schedule.getHandle(scheduleId(integration));
      await existing.update(({ state }) => ({ ...wanted, state }));
    }
  }

  /** Returns whether there was one. */
  async remove(integration: string): Promise<boolean> {
    try {
      await this.temporal.schedule.getHandle(scheduleId(integration)).delete();
      return true;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return false;
      throw error;
    }
  }

  /** `null`: there is none. */
  async read(integration: string): Promise<ScheduleReport | null> {
    const handle = this.temporal.schedule.getHandle(scheduleId(integration));
    try {
      const { spec, state, info } = await this.temporal.withDeadline(Date.now() + READ_MS, () => handle.describe());
      const next = state.paused ? undefined : info.nextActionTimes[0];
      return { intervalSeconds: (spec.intervals?.[0]?.every ?? 0) / 1000, nextRun: next?.toISOString() ?? null };
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    }
  }
}

interface Definition {
  readonly intervalSeconds: number;
  readonly taskQueue: string;
}

function definition(integration: string, { intervalSeconds, taskQueue }: Definition) {
  const input: ScheduledTriggerInput = { integration };
  return {
    spec: { intervals: [{ every: intervalSeconds * 1000, offset: offsetOf(integration, intervalSeconds) * 1000 }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'scheduledTriggerWorkflow',
      workflowId: scheduleId(integration),
      taskQueue,
      args: [input],
      staticSummary: `${integration}: scheduled trigger`,
      staticDetails: `Triggers a resync of ${integration} every ${intervalText(intervalSeconds)}.`,
    },
    // Without a worker one trigger waits, not one for each time that has passed.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '60 seconds' },
  } satisfies Omit<ScheduleUpdateOptions, 'state'>;
}

/** Seconds into the interval: integrations with the same interval do not all begin at the same moment. */
function offsetOf(integration: string, intervalSeconds: number): number {
  return createHash('sha256').update(integration).digest().readUInt32BE() % intervalSeconds;
}
