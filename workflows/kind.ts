import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ContinueAsNew,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ResourceRef } from '../activities/run.ts';
import type { Pass, PinnedRun } from '../domain/run.ts';
import { activities, labelled } from './activity-options.ts';
import { causeOf, isOwnCancellation } from './cause.ts';
import { KindProgress } from './kind-progress.ts';
import { type KindReading, kindProgressQuery } from './messages.ts';
import { type Place, readResource, START } from './read-resource.ts';
import { recordAttributes } from './search-attributes.ts';

/** Input of `kindWorkflow`, its id is `resync/<integration>/<kind>`, for a second look `…/second-look`. */
export interface KindInput {
  readonly run: PinnedRun;
  readonly kind: string;
  /** In configuration order; they are read one after another (sync-semantics 2.6). */
  readonly resources: readonly ResourceRef[];
  readonly pass: Pass;
  /** Milliseconds after a cancellation until the parent goes on without this workflow. */
  readonly cancelDeadline: number;
  readonly searchAttributes: boolean;
  /** Where the execution before this one stopped. */
  readonly resume: {
    readonly resourceIndex: number;
    readonly place: Place;
    readonly progress: KindReading;
  } | null;
}

/** An execution is left for a new one at this many events, or earlier when the server suggests it. */
const MAX_EVENTS = 3_000;

/** The time before the parent's deadline at which a cancelled kind ends by itself. */
const CANCEL_MARGIN_MS = 1_000;

/**
 * Reads every record of one kind, maps it and writes what changed. Completes when all its resources came to their
 * end; fails when any did not: its pages before the failing one stand (sync-semantics 2.2, 2.3).
 */
export async function kindWorkflow(input: KindInput): Promise<KindReading> {
  const { run, kind, resources, pass, searchAttributes, resume } = input;
  const progress = new KindProgress(resume?.progress ?? null, resources[0]?.key ?? '');
  setHandler(kindProgressQuery, () => progress.report);
  recordAttributes(searchAttributes, { integration: run.integration, kind, outcome: 'running' });
  try {
    await endSoonAfterCancellation(input.cancelDeadline, readResources(input, progress));
    if (pass === 'second-listing')
      await activities.recordAbsent.executeWithOptions(labelled(`${kind}: listed twice`), [{ run, kind }]);
    if (isOwnReading(pass)) await finish(input, 'complete', null);
  } catch (error) {
    if (isOwnCancellation(error)) throw error;
    if (error instanceof ContinueAsNew) throw error;
    const message = causeOf(error);
    if (isOwnReading(pass)) await finish(input, 'failed', message);
    setCurrentDetails(progress.details(`failed: ${message}`));
    recordAttributes(searchAttributes, { integration: run.integration, kind, outcome: 'failed' });
    throw ApplicationFailure.create({ message, type: 'KindFailed', nonRetryable: true });
  }
  setCurrentDetails(progress.details('complete'));
  recordAttributes(searchAttributes, { integration: run.integration, kind, outcome: 'complete' });
  return progress.report;
}

/** A second look belongs to a kind that is complete already. */
const isOwnReading = (pass: Pass): boolean => pass === 'read' || pass === 'retry';

async function finish({ run, kind }: KindInput, state: 'complete' | 'failed', error: string | null): Promise<void> {
  await activities.finishKind.executeWithOptions(labelled(`${kind}: ${state}`), [{ run, end: { kind, state, error } }]);
}

async function readResources(input: KindInput, progress: KindProgress): Promise<void> {
  const { run, kind, resources, pass, resume } = input;
  const first = resume?.resourceIndex ?? 0;
  for (let resourceIndex = first; resourceIndex < resources.length; resourceIndex++) {
    const resource = resources[resourceIndex] as ResourceRef;
    progress.resource(resource.key);
    const place = resourceIndex === first ? (resume?.place ?? START) : START;
    const rest = await readResource({ run, kind, resource, pass, place, progress, mustLeave: historyIsLong });
    if (rest) {
      // Continuing as new would carry the work on past a cancellation that came in with the last batch.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the kind was cancelled');
      await continueAsNew<typeof kindWorkflow>({
        ...input,
        resume: { resourceIndex, place: rest, progress: progress.report },
      });
    }
  }
}

function historyIsLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > MAX_EVENTS;
}

/** A cancelled kind does not wait for what hangs longer than its parent would (sync-semantics 5.4). */
async function endSoonAfterCancellation<T>(cancelDeadline: number, work: Promise<T>): Promise<T> {
  const deadline = CancellationScope.current().cancelRequested.catch(async (error) => {
    await CancellationScope.nonCancellable(() => sleep(Math.max(cancelDeadline - CANCEL_MARGIN_MS, 0)));
    throw error instanceof CancelledFailure ? error : new CancelledFailure('the kind was cancelled');
  });
  return Promise.race([work, deadline as Promise<never>]);
}
