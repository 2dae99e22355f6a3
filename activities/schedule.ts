import { activityInfo } from '@temporalio/activity';
import type { ActivityDependencies } from './dependencies.ts';

export const createScheduleActivity = ({ scheduled }: ActivityDependencies) => ({
  /** Triggers a resync. A repetition names the same trigger, so that it does not abort the resync of the first try. */
  async triggerBySchedule({ integration }: { integration: string }): Promise<void> {
    await scheduled(integration, activityInfo().workflowExecution?.runId as string);
  },
});
