import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { KindState, Outcome } from '../domain/outcome.ts';

/** Input of `resyncWorkflow`. One workflow per integration, its id is `resync/<integration>`. */
export interface ResyncInput {
  readonly integration: string;
}

/** Input of `scheduledTriggerWorkflow`, which the integration's schedule starts. */
export interface ScheduledTriggerInput {
  readonly integration: string;
}

export interface ResyncResult {
  /** `null`: no trigger was waiting. */
  readonly run: string | null;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
}

/** Names a committed trigger row, for people who read the history; the row says everything else. */
export interface TriggerMessage {
  readonly trigger: string;
}

/** A trigger: aborts a running resync that does not cover it, and starts the next one (sync-semantics 4.2). */
export const triggerSignal = defineSignal<[TriggerMessage]>('trigger');

export interface KindProgressReport {
  readonly kind: string;
  readonly state: KindState;
  /** What it did; while it runs, its own workflow tells. */
  readonly counts: KindReading | null;
  readonly deleted: number;
  /** Why it failed, or why its deletes wait. */
  readonly note: string;
}

export interface ResyncProgress {
  /** `null` until the run has begun. */
  readonly run: string | null;
  readonly phase: 'starting' | 'reading' | 'second look' | 'deleting' | 'ended';
  readonly kinds: readonly KindProgressReport[];
}

/** Where a resync is; answered by the run's workflow. */
export const progressQuery = defineQuery<ResyncProgress>('progress');

/** Where a kind is; answered by the kind's workflow under the same name. */
export const kindProgressQuery = defineQuery<KindReading>('progress');

/** What a kind's workflow has read and written so far. */
export interface KindReading {
  readonly resource: string;
  readonly pages: number;
  readonly read: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly quarantined: number;
}
