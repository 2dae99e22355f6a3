/** Ids of workflows: readable in the Temporal UI, one per integration, so that all triggers meet in one place. */
export const resyncWorkflowId = (integration: string): string => `resync/${integration}`;

/** Calls and events of an integration, applied in order. */
export const liveWorkflowId = (integration: string): string => `live/${integration}`;

export const kindWorkflowId = (integration: string, kind: string): string => `resync/${integration}/${kind}`;

/** The second look at what a complete read did not return (sync-semantics 3.2). */
export const secondLookWorkflowId = (integration: string, kind: string): string =>
  `resync/${integration}/${kind}/second-look`;

/** An integration's schedule; the workflows that it starts carry the time after it. */
export const scheduleId = (integration: string): string => `schedule/${integration}`;

/** Indexes the catalog, whoever wrote to it: one for the workers of a task queue. */
export const indexWorkflowId = (taskQueue: string): string => `index/${taskQueue}`;
