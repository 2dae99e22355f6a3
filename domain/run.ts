import type { KindState, Outcome } from './outcome.ts';
import type { Scope } from './scope.ts';
import type { Action } from './trigger.ts';

/** Names a run; every write of the run proves its right by the epoch (sync-semantics 1.1 of section 2, 5.1). */
export interface RunRef {
  readonly integration: string;
  readonly runId: string;
  readonly epoch: number;
}

/** A run with the configuration that it pinned. */
export interface PinnedRun extends RunRef {
  readonly configVersion: number;
}

/**
 * Why a kind's records are read: `read` is the run's own listing; `lookup` and `second-listing` are the second look
 * at what that listing did not return (sync-semantics 3.2); `retry` maps anew what lies in quarantine (6.8).
 */
export type Pass = 'read' | 'lookup' | 'second-listing' | 'retry';

/** So often a reading without cursors whose process was lost is begun again. */
export const MAX_LOSSES = 3;

/** What a run did with one kind. Every number counts records, but `created`, `updated`, `deleted`: entities. */
export interface KindCounts {
  readonly pages: number;
  readonly read: number;
  /** The selector's query said no. */
  readonly ruledOut: number;
  /** Identity could not be evaluated: kept raw, counted as seen. */
  readonly quarantined: number;
  /** Of those, records that no claim knows: they hold the kind's deletes back (sync-semantics 1.4). */
  readonly unidentified: number;
  /** The same record again: in one page, or on two pages of a list that moved. */
  readonly duplicates: number;
  /** Older than what is stored: seen, not written (sync-semantics 6.2). */
  readonly outdated: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Left alone because the strategy does not allow what would be done (sync-semantics 7.1). */
  readonly skipped: number;
  readonly deleted: number;
  /** Candidates for deletion that the second look did not settle. */
  readonly unconfirmed: number;
}

/** What writing a batch did. */
export type UpsertCounts = Pick<
  KindCounts,
  'created' | 'updated' | 'unchanged' | 'skipped' | 'duplicates' | 'outdated' | 'unidentified'
>;

/** A kind within a run, as people and programs see it. */
export interface KindReport extends KindCounts {
  readonly kind: string;
  readonly state: KindState;
  readonly error: string | null;
  /** Why the kind's deletes were held back. */
  readonly held: string | null;
  /** The plan that waits for a person's decision. */
  readonly plan: string | null;
  /** Fields whose expression failed: their records were written without them (sync-semantics 1.5). */
  readonly failedFields: readonly FailedField[];
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface FailedField {
  readonly resource: string;
  readonly field: string;
  /** Records in which it failed. */
  readonly records: number;
  /** Why, the first time. */
  readonly reason: string;
}

/** A run as people and programs see it. Times are RFC 3339 in UTC. */
export interface RunReport {
  readonly run: string;
  readonly integration: string;
  readonly epoch: number;
  /** `running` until it has ended. */
  readonly outcome: Outcome | 'running';
  readonly reason: string | null;
  /** What there is to say beside the outcome, e.g. that triggers abort run after run. */
  readonly warnings: readonly string[];
  readonly action: Action;
  readonly scope: Scope;
  /** The plan that it applied. */
  readonly plan: string | null;
  readonly configVersion: number;
  /** Temporal's id of the execution of the workflow `resync/<integration>` that did it. */
  readonly workflowRunId: string;
  readonly triggers: readonly string[];
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly kinds: readonly KindReport[];
  /** What became of the entities of resources that are no longer configured (sync-semantics 3.4). */
  readonly removed: RemovedReport;
}

/** Seconds that a run took, or has taken so far. */
export function durationOf({ startedAt, finishedAt }: Pick<RunReport, 'startedAt' | 'finishedAt'>): number {
  const end = finishedAt === null ? Date.now() : Date.parse(finishedAt);
  return (end - Date.parse(startedAt)) / 1000;
}

export interface RemovedReport {
  readonly deleted: number;
  readonly held: string | null;
  readonly plan: string | null;
}
