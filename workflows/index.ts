export { indexWorkflow } from './index-catalog.ts';
export { kindWorkflow } from './kind.ts';
export { liveWorkflow } from './live.ts';
export { resyncWorkflow } from './resync.ts';
export { scheduledTriggerWorkflow } from './schedule.ts';
