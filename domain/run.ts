import type { KindState, Outcome } from './outcome.ts';

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
 * at what that listing did not return (sync-semantics 3.2).
 */
export type Pass = 'read' | 'lookup' | 'second-listing';

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
  readonly deleted: number;
  /** Candidates for deletion that the second look did not settle. */
  readonly unconfirmed: number;
}

/** What writing a batch did. */
export type UpsertCounts = Pick<
  KindCounts,
  'created' | 'updated' | 'unchanged' | 'duplicates' | 'outdated' | 'unidentified'
>;

/** A kind within a run, as people and programs see it. */
export interface KindReport extends KindCounts {
  readonly kind: string;
  readonly state: KindState;
  readonly error: string | null;
  /** Why the kind's deletes were held back. */
  readonly held: string | null;
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
  readonly configVersion: number;
  readonly triggers: readonly string[];
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly kinds: readonly KindReport[];
}

/** Where a trigger came from (sync-semantics 4.1). */
export type TriggerOrigin = 'ui' | 'api' | 'cli' | 'schedule' | 'webhook' | 'sdk';
