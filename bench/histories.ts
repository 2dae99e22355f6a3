import type { Client, WorkflowHandle } from '@temporalio/client';
import { resyncWorkflowId } from '../domain/workflow-ids.ts';

/** What a resync left in Temporal: its own workflow and those of its kinds, each execution a history of its own. */
export interface Histories {
  readonly workflows: number;
  readonly events: number;
  readonly mostEvents: number;
  /** As the server counts them. */
  readonly bytes: number;
  readonly mostBytes: number;
  readonly largestPayloadBytes: number;
}

interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

/** Reads the histories of a run: from its workflow to every child, and on to what each continued as. */
export async function readHistories(
  client: Client,
  { integration, workflowRunId }: { integration: string; workflowRunId: string },
): Promise<Histories> {
  const waiting: Execution[] = [{ workflowId: resyncWorkflowId(integration), runId: workflowRunId }];
  const read: { events: number; bytes: number; largestPayload: number }[] = [];
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const handle = client.workflow.getHandle(next.workflowId, next.runId);
    const { historyLength, historySize = 0 } = await handle.describe();
    const events = (await handle.fetchHistory()).events ?? [];
    for (const event of events) waiting.push(...followedBy(event, next));
    read.push({ events: historyLength, bytes: historySize, largestPayload: largestPayload(events) });
  }
  const all = (column: keyof (typeof read)[number]): number[] => read.map((history) => history[column]);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  return {
    workflows: read.length,
    events: sum(all('events')),
    mostEvents: Math.max(...all('events')),
    bytes: sum(all('bytes')),
    mostBytes: Math.max(...all('bytes')),
    largestPayloadBytes: Math.max(...all('largestPayload')),
  };
}

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

function followedBy(event: HistoryEvent, { workflowId }: Execution): Execution[] {
  const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
  const next = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  if (child?.workflowId && child.runId) return [{ workflowId: child.workflowId, runId: child.runId }];
  return next ? [{ workflowId, runId: next }] : [];
}

/** Bytes of the largest payload anywhere in a decoded message: what has both `metadata` and `data` is one. */
function largestPayload(message: unknown): number {
  if (typeof message !== 'object' || message === null || message instanceof Uint8Array) return 0;
  if ('metadata' in message && 'data' in message && message.data instanceof Uint8Array) return message.data.length;
  return Object.values(message).reduce((largest, part) => Math.max(largest, largestPayload(part)), 0);
}
