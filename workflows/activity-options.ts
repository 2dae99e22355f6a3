import { ActivityCancellationType, type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';

/**
 * Retries are for lost workers and lost connections (sync-semantics 2.4); the HTTP client has retried already, and
 * what cannot succeed fails non-retryably. A cancelled activity is waited for: its guard ends it within a second.
 */
const options: ActivityOptions = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '10 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '200 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
    maximumAttempts: 60,
  },
};

export const activities = proxyActivities<Activities>(options);

/** With the line that people who watch read beside the activity. */
export const labelled = (summary: string): ActivityOptions => ({ ...options, summary });

/** Reading a source may include waiting for its rate limit. */
export const readingLabelled = (summary: string): ActivityOptions => ({
  ...labelled(summary),
  startToCloseTimeout: '3 hours',
});

/**
 * The next batch of a reading that one process holds. Nobody else can give it: if that process does not take it up, or
 * goes silent, the reading is lost, and no further attempt could help. The limits are longer than a busy process is ever
 * silent: beginning again costs more than waiting.
 */
export const heldReadingLabelled = (summary: string, taskQueue: string): ActivityOptions => ({
  ...readingLabelled(summary),
  taskQueue,
  scheduleToStartTimeout: '15 seconds',
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 1 },
});
