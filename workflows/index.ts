export { kindWorkflow } from './kind.ts';
export { resyncWorkflow } from './resync.ts';
export { scheduledTriggerWorkflow } from './schedule.ts';
