import { activityInfo } from '@temporalio/activity';
import {
  beginRun,
  finishKind,
  finishRun,
  hasUncoveredTriggers,
  type KindEnd,
  planKinds,
  type RunEnd,
} from '../catalog/runs.ts';
import { recordAbsent } from '../catalog/stale.ts';
import type { Integration } from '../config/configuration.ts';
import { UsageError } from '../domain/errors.ts';
import type { PinnedRun, TriggerOrigin } from '../domain/run.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** A resource as the workflows refer to it. */
export interface ResourceRef {
  readonly key: string;
  readonly position: number;
}

export interface KindPlan {
  readonly kind: string;
  readonly resources: readonly ResourceRef[];
}

/** What a resync is going to do. */
export interface RunPlan {
  readonly run: PinnedRun;
  /** Triggers that it covers, and where the latest of them came from. */
  readonly triggers: number;
  readonly origin: TriggerOrigin;
  /** In configuration order. */
  readonly kinds: readonly KindPlan[];
  readonly concurrency: number;
  /** Milliseconds. */
  readonly cancelDeadline: number;
  readonly searchAttributes: boolean;
  /** Why nothing can start, e.g. a configuration that does not hold on this worker. */
  readonly problem: string | null;
}

/** A resource's kinds, in the order in which the configuration first names them. */
function kindPlans({ resources }: Integration): KindPlan[] {
  const kinds = new Map<string, ResourceRef[]>();
  for (const { kind, key, position } of resources) kinds.set(kind, [...(kinds.get(kind) ?? []), { key, position }]);
  return [...kinds].map(([kind, refs]) => ({ kind, resources: refs }));
}

export const createRunActivities = ({ db, pipeline, searchAttributes }: ActivityDependencies) => ({
  /** Takes the run's epoch and plans its kinds. `null`: no trigger waits. */
  async beginRun({ integration }: { integration: string }): Promise<RunPlan | null> {
    const begun = await beginRun(db, integration, activityInfo().workflowExecution?.runId as string);
    if (!begun) return null;
    const { run } = begun;
    try {
      const { integration: configuration } = await pipeline(run.configVersion);
      const kinds = kindPlans(configuration);
      await planKinds(
        db,
        run,
        kinds.map((plan) => plan.kind),
      );
      const { concurrency, cancelDeadline } = configuration;
      return { ...begun, kinds, concurrency, cancelDeadline, searchAttributes, problem: null };
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return { ...begun, kinds: [], concurrency: 1, cancelDeadline: 0, searchAttributes, problem: error.message };
    }
  },

  /** Whether a trigger waits that the run does not cover: a signal alone may be late, or a repetition. */
  async hasUncoveredTriggers({ run }: { run: PinnedRun }): Promise<boolean> {
    return hasUncoveredTriggers(db, run);
  },

  /** Records how a kind ended. */
  async finishKind({ run, end }: { run: PinnedRun; end: KindEnd }): Promise<void> {
    await finishKind(db, run, end);
  },

  /** A second listing came to its end: what it did not return either is absent. */
  async recordAbsent({ run, kind }: { run: PinnedRun; kind: string }): Promise<void> {
    await recordAbsent(db, run, kind);
  },

  /** Records how the run ended and drops what it staged. */
  async finishRun({ run, end }: { run: PinnedRun; end: RunEnd }): Promise<void> {
    await finishRun(db, run, end);
  },
});
