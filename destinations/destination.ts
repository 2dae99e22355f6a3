import type { AppliedPlan } from '../catalog/apply-plan.ts';
import type { DeletePhase, DeleteRequest } from '../catalog/delete-phase.ts';
import type { LiveCall, LiveTarget } from '../catalog/live.ts';
import type { StagedBatch } from '../catalog/mapped-batch.ts';
import type { StaleKind, StaleScope } from '../catalog/stale.ts';
import type { WrittenBatch } from '../catalog/upsert.ts';
import type { DestinationDefinition } from '../config/definitions.ts';
import type { Blueprints } from '../domain/blueprint.ts';
import type { PinnedRun, RunRef } from '../domain/run.ts';

/**
 * Where entities are written. All methods prove the run's right to write and may be repeated: a step that was done
 * returns its first result. `signal` stops what is sent between two requests. Throws `StaleEpochError` when a newer run
 * has begun.
 */
export interface Destination {
  /** What a run does with a destination elsewhere besides; absent: the destination is the catalog. */
  readonly remote?: RemoteSide;
  /** Writes what changed of a mapped batch, and records what was seen. */
  upsert(run: RunRef, batch: StagedBatch, signal?: AbortSignal): Promise<WrittenBatch>;
  /** Notes what the run's complete read did not return, by kind. */
  findStale(run: RunRef, scope: StaleScope): Promise<StaleKind[]>;
  /** Deletes what the second look confirmed; what a guard holds becomes a plan. */
  deleteStale(run: RunRef, request: Omit<DeleteRequest, 'destination'>, signal?: AbortSignal): Promise<DeletePhase>;
  /** Carries out a plan that was approved. `resources`: the keys of all configured resources. */
  applyPlan(
    run: RunRef,
    approved: { plan: string; resources: readonly string[] },
    signal?: AbortSignal,
  ): Promise<AppliedPlan>;
  /** Applies calls and events, ordered by their observation (sync-semantics 6.2). */
  applyLive(target: Omit<LiveTarget, 'destination'>, calls: readonly LiveCall[], signal?: AbortSignal): Promise<void>;
  /** Carries out a `sync` of ready entities. */
  syncScope(
    run: PinnedRun,
    request: Omit<DeleteRequest, 'destination'> & { call: string },
    signal?: AbortSignal,
  ): Promise<DeletePhase>;
}

/** Throws `DestinationError` when the remote refuses or does not answer. */
export interface RemoteSide {
  /** The destination's name in claims. */
  readonly name: string;
  /**
   * Before the first kind: makes what the remote needs, and, when it is the turn, compares what it holds with what is
   * known of it here. `rewritten`: entities that it lacks and that the run writes again; `null`: it was not the turn.
   */
  begin(run: PinnedRun, signal?: AbortSignal): Promise<{ readonly rewritten: number | null }>;
  /**
   * When every kind has come to its end: sends what is left over, entities with relations after those they refer to
   * (sync-semantics 2.7). What still misses one then is refused. `patient`: waits for requests that were left without an
   * answer until they have expired.
   */
  settle(run: PinnedRun, options: { readonly patient: boolean }, signal?: AbortSignal): Promise<void>;
}

/** What a destination is told of the integration that writes to it. */
export interface DestinationContext {
  readonly integration: string;
  /** As they are written. */
  readonly blueprints: Readonly<Record<string, unknown>>;
  /** The same, read. */
  readonly declared: Blueprints;
}

/** A kind of destination that a configuration can name. */
export interface DestinationType extends DestinationDefinition {
  create(settings: Readonly<Record<string, unknown>>, context: DestinationContext): Destination;
}
