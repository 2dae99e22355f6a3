import type { AppliedPlan } from '../catalog/apply-plan.ts';
import type { DeletePhase, DeleteRequest } from '../catalog/delete-phase.ts';
import type { LiveChange, LiveTarget } from '../catalog/live.ts';
import type { StagedBatch } from '../catalog/mapped-batch.ts';
import type { StaleKind, StaleScope } from '../catalog/stale.ts';
import type { WrittenBatch } from '../catalog/upsert.ts';
import type { DestinationDefinition } from '../config/definitions.ts';
import type { PinnedRun, RunRef } from '../domain/run.ts';

/**
 * Where entities are written. All methods prove the run's right to write and may be repeated: a step that was done
 * returns its first result. Throws `StaleEpochError` when a newer run has begun.
 */
export interface Destination {
  /** Writes what changed of a mapped batch, and records what was seen. */
  upsert(run: RunRef, batch: StagedBatch): Promise<WrittenBatch>;
  /** Notes what the run's complete read did not return, by kind. */
  findStale(run: RunRef, scope: StaleScope): Promise<StaleKind[]>;
  /** Deletes what the second look confirmed; what a guard holds becomes a plan. */
  deleteStale(run: RunRef, request: Omit<DeleteRequest, 'destination'>): Promise<DeletePhase>;
  /** Carries out a plan that was approved. `resources`: the keys of all configured resources. */
  applyPlan(run: RunRef, approved: { plan: string; resources: readonly string[] }): Promise<AppliedPlan>;
  /** Applies a call or an event, ordered by its observation (sync-semantics 6.2). */
  applyLive(target: Omit<LiveTarget, 'destination'>, applied: { seq: number; change: LiveChange }): Promise<void>;
  /** Carries out a `sync` of ready entities. */
  syncScope(run: PinnedRun, request: Omit<DeleteRequest, 'destination'> & { call: string }): Promise<DeletePhase>;
}

/** A kind of destination that a configuration can name. */
export interface DestinationType extends DestinationDefinition {
  create(settings: Readonly<Record<string, unknown>>): Destination;
}
