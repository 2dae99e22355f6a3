import { activities, labelled } from './activity-options.ts';
import type { ScheduledTriggerInput } from './messages.ts';

/**
 * What a schedule starts: it triggers a resync like everybody else. A schedule appends the time to the ids of what it
 * starts, so it cannot start the one workflow of the integration itself (seed S1.3).
 */
export async function scheduledTriggerWorkflow({ integration }: ScheduledTriggerInput): Promise<void> {
  await activities.triggerBySchedule.executeWithOptions(labelled('trigger a resync'), [{ integration }]);
}
