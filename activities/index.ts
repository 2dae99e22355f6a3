import { createDeleteActivities } from './delete.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { createFetchActivity } from './fetch.ts';
import { createHookActivities } from './hooks.ts';
import { createIndexActivity } from './index-catalog.ts';
import { createLiveActivities } from './live.ts';
import { createLookUpActivity } from './look-up.ts';
import { createRemoteActivities } from './remote.ts';
import { createRetryActivity } from './retry.ts';
import { createRunActivities } from './run.ts';
import { createScheduleActivity } from './schedule.ts';
import { createUpsertActivity } from './upsert.ts';

/** All activities, over their dependencies. They hand each other references; rows lie in the staging tables. */
export const createActivities = (deps: ActivityDependencies) => ({
  ...createRunActivities(deps),
  ...createScheduleActivity(deps),
  ...createFetchActivity(deps),
  ...createLookUpActivity(deps),
  ...createRetryActivity(deps),
  ...createUpsertActivity(deps),
  ...createDeleteActivities(deps),
  ...createLiveActivities(deps),
  ...createHookActivities(deps),
  ...createIndexActivity(deps),
  ...createRemoteActivities(deps),
});

export type Activities = ReturnType<typeof createActivities>;
