import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  ParentClosePolicy,
  sleep,
} from '@temporalio/workflow';
import type { KindPlan, RunPlan } from '../activities/run.ts';
import type { Pass } from '../domain/run.ts';
import { kindWorkflowId, secondLookWorkflowId } from '../domain/workflow-ids.ts';
import { activities, labelled } from './activity-options.ts';
import { causeOf, isOwnCancellation } from './cause.ts';
import { kindWorkflow } from './kind.ts';
import type { KindReading } from './messages.ts';
import type { ResyncProgressRecord } from './resync-progress.ts';

const WORDS = { read: 'read, map, write', retry: 'map again what lies in quarantine' } as const;

/** A child that was left behind may hold its id for a moment. */
const ID_TAKEN_RETRY_MS = 250;

export interface Shown {
  readonly progress: ResyncProgressRecord;
  readonly show: () => void;
}

/**
 * Runs the kinds as child workflows, up to `concurrency` side by side, in configuration order. A failed kind stops
 * only itself (sync-semantics 2.3, 2.6). Returns why kinds failed. Throws the cancellation once every child has
 * ended, at the latest after `cancelDeadline`.
 */
export async function runKinds(
  plan: RunPlan,
  { pass, progress, show }: Shown & { readonly pass: 'read' | 'retry' },
): Promise<string[]> {
  const failures: string[] = [];
  await sideBySide(plan, plan.kinds, async (kind) => {
    progress.running(kind.kind);
    show();
    try {
      progress.complete(kind.kind, await readKind(plan, { kind, pass }));
    } catch (error) {
      if (isOwnCancellation(error)) throw error;
      const message = causeOf(error);
      if (!saidSo(error)) await recordFailure(plan, kind, message);
      progress.failed(kind.kind, message);
      failures.push(`${kind.kind} is not complete (${message})`);
    }
    show();
  });
  return failures;
}

/** A kind that fails records that itself, and says so by this type; one that was terminated could not. */
function saidSo(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return cause instanceof ApplicationFailure && cause.type === 'KindFailed';
}

function recordFailure({ run }: RunPlan, { kind }: KindPlan, error: string): Promise<void> {
  return activities.finishKind.executeWithOptions(labelled(`${kind}: ended without a word`), [
    { run, end: { kind, state: 'failed', error } },
  ]);
}

/** Reads one kind in a child workflow. */
export async function readKind(plan: RunPlan, { kind, pass }: { kind: KindPlan; pass: Pass }): Promise<KindReading> {
  const { run, cancelDeadline, searchAttributes } = plan;
  const { integration } = run;
  const secondLook = pass === 'lookup' || pass === 'second-listing';
  for (;;) {
    try {
      return await executeChild(kindWorkflow, {
        workflowId: secondLook ? secondLookWorkflowId(integration, kind.kind) : kindWorkflowId(integration, kind.kind),
        args: [{ run, ...kind, pass, cancelDeadline, searchAttributes, resume: null }],
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        staticSummary: secondLook ? `${kind.kind}: second look before deleting` : `${kind.kind}: ${WORDS[pass]}`,
        staticDetails: `Run ${run.runId}, configuration version ${run.configVersion}`,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await sleep(ID_TAKEN_RETRY_MS);
    }
  }
}

/**
 * Runs `work` for each kind, up to `concurrency` at a time. After a cancellation it starts none and waits for those
 * under way, at most `cancelDeadline`: what still hangs then is terminated with its parent, and fenced off.
 */
export async function sideBySide<T>(
  { concurrency, cancelDeadline }: RunPlan,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const inTurn = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  const ended = Promise.allSettled(Array.from({ length: Math.min(concurrency, items.length) }, inTurn));
  const cancelled = CancellationScope.current().cancelRequested.catch(async (error) => {
    waiting.length = 0;
    await CancellationScope.nonCancellable(() => Promise.race([ended, sleep(cancelDeadline)]));
    throw error;
  });
  const results = await Promise.race([ended, cancelled as Promise<never>]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
