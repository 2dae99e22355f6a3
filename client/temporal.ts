import { Client, Connection, type ConnectionOptions, WorkflowNotFoundError } from '@temporalio/client';
import type { UnfinishedRun } from '../catalog/runs.ts';
import { UnavailableError } from '../domain/errors.ts';
import { indexWorkflowId, liveWorkflowId, resyncWorkflowId } from '../domain/workflow-ids.ts';
import type { LiveInput } from '../workflows/live.ts';
import type { ResyncInput, TriggerMessage } from '../workflows/messages.ts';

/** Where Temporal is and how to reach it, as TEMPORAL_* settings say. */
export interface TemporalAddress {
  readonly connectionOptions: ConnectionOptions;
  readonly namespace?: string | undefined;
}

/** Throws `UnavailableError` when Temporal does not answer. */
export async function connectTemporal({ connectionOptions, namespace }: TemporalAddress): Promise<Client> {
  try {
    const connection = await Connection.connect(connectionOptions);
    return new Client({ connection, ...(namespace ? { namespace } : {}) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnavailableError(`Temporal does not answer at ${connectionOptions.address ?? 'its address'}: ${why}`);
  }
}

/** `TASK_QUEUE_TYPE_WORKFLOW` of Temporal's API. */
const WORKFLOW_TASK_QUEUE = 1;

/** Whether Temporal knows a worker on the task queue; it forgets one that was killed after some minutes. */
export async function isPolled({ connection, options }: Client, taskQueue: string): Promise<boolean> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_TASK_QUEUE,
  });
  return (pollers ?? []).length > 0;
}

/** Tells the integration's workflow of a committed trigger; starts it if it does not run. */
export async function signalTrigger(
  { workflow }: Client,
  { taskQueue, integration, trigger }: { taskQueue: string; integration: string; trigger: string },
): Promise<void> {
  const message: TriggerMessage = { trigger };
  const input: ResyncInput = { integration };
  await workflow.signalWithStart('resyncWorkflow', {
    workflowId: resyncWorkflowId(integration),
    taskQueue,
    args: [input],
    signal: 'trigger',
    signalArgs: [message],
    staticSummary: `${integration}: resync`,
    staticDetails: 'Reads every kind of record, writes what changed, deletes what is gone once every kind is complete.',
  });
}

/** Tells the integration's live workflow that a call was committed; starts it if it does not run. */
export async function wakeInbox(
  { workflow }: Client,
  { taskQueue, integration }: { taskQueue: string; integration: string },
): Promise<void> {
  const input: LiveInput = { integration };
  await workflow.signalWithStart('liveWorkflow', {
    workflowId: liveWorkflowId(integration),
    taskQueue,
    args: [input],
    signal: 'wake',
    staticSummary: `${integration}: calls and events`,
    staticDetails: 'Applies raw calls, plain calls and events in order, as they come in.',
  });
}

/** Tells the index's workflow that something was written; starts it if it does not run. */
export async function wakeIndex({ workflow }: Client, taskQueue: string): Promise<void> {
  await workflow.signalWithStart('indexWorkflow', {
    workflowId: indexWorkflowId(taskQueue),
    taskQueue,
    signal: 'wake',
    staticSummary: 'the catalog: index what was written',
    staticDetails: 'What search finds, who points to whom, and lists that are made up of links.',
  });
}

/** The status of a run's workflow in Temporal's words; `UNKNOWN`: it knows none. */
export async function workflowStatus(
  { workflow }: Client,
  { integration, workflowRunId }: UnfinishedRun,
): Promise<string> {
  try {
    const handle = workflow.getHandle(resyncWorkflowId(integration), workflowRunId);
    return (await handle.describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'UNKNOWN';
    throw error;
  }
}
