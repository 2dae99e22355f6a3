import { cancellationSignal } from '@temporalio/activity';
import { configurationInForce } from '../catalog/configurations.ts';
import type { DeletePhase } from '../catalog/delete-phase.ts';
import { forgetSettled, type Settlement, settleCall, type WaitingCall, waitingCalls } from '../catalog/inbox.ts';
import { forgetScopeTombstones } from '../catalog/live.ts';
import type { LiveCall, LiveChange } from '../catalog/live-change.ts';
import { TidemarkError } from '../domain/errors.ts';
import type { PinnedRun } from '../domain/run.ts';
import { type ActivityDependencies, resourceKeys } from './dependencies.ts';
import { isTerminal } from './failures.ts';
import { eventChange, plainChange, rawChange, type Worksite } from './live-change.ts';

/** Calls that are worked out side by side, and then applied together. */
const BATCH_CALLS = 50;

export interface DrainResult {
  readonly settled: number;
  /** More may wait. */
  readonly more: boolean;
}

export const createLiveActivities = (deps: ActivityDependencies) => ({
  /**
   * Applies the next calls and events of an integration, in order of receipt (sync-semantics 6.1). One that cannot be
   * applied is noted as failed, and the others go on.
   */
  async drainInbox({ integration }: { integration: string }): Promise<DrainResult> {
    const { calls, more } = await waitingCalls(deps.db, integration, BATCH_CALLS);
    if (calls.length === 0) {
      await forgetSettled(deps.db);
      await forgetScopeTombstones(deps.db, integration);
      return { settled: 0, more: false };
    }
    const pipeline = await deps.pipeline(await configurationInForce(deps.db, integration));
    const site = { ...deps, pipeline, signal: cancellationSignal(), lookups: new Map() };
    const outcomes = await Promise.all(calls.map((call) => workOut(site, call)));
    const target = { integration, resources: resourceKeys(pipeline.integration) };
    const changes: LiveCall[] = [];
    for (const [index, { seq }] of calls.entries()) {
      const outcome = outcomes[index] as LiveChange | Settlement;
      if ('state' in outcome) await settle(deps, seq, outcome);
      else changes.push({ seq, change: outcome });
    }
    await applyAll(deps, changes, (some) => pipeline.destination.applyLive(target, some, site.signal));
    return { settled: calls.length, more };
  },

  /** Carries out a `sync` of ready entities (sync-semantics 6.7). */
  async syncScope({ run, call }: { run: PinnedRun; call: string }): Promise<DeletePhase> {
    const { destination, integration } = await deps.pipeline(run.configVersion);
    const { removed, ...limits } = integration.deletes;
    const request = { call, resources: resourceKeys(integration), limits, removed };
    return destination.syncScope(run, request, cancellationSignal());
  },
});

/** What a call does, or why it does nothing. */
async function workOut(site: Worksite, { call, observedAt }: WaitingCall): Promise<LiveChange | Settlement> {
  try {
    if (call.type === 'event') {
      const change = await eventChange(site, call, observedAt);
      return typeof change === 'string' ? { state: 'ignored', result: null, reason: change } : change;
    }
    if ('kind' in call) return await rawChange(site, call, observedAt);
    return plainChange(call, observedAt);
  } catch (error) {
    if (site.signal.aborted || !(error instanceof TidemarkError)) throw error;
    return failed(error);
  }
}

const failed = ({ message }: Error): Settlement => ({ state: 'failed', result: null, reason: message });

/** All at once; a call that can never be applied must not hold up the others. */
async function applyAll(
  deps: ActivityDependencies,
  calls: readonly LiveCall[],
  apply: (calls: readonly LiveCall[]) => Promise<void>,
): Promise<void> {
  try {
    await apply(calls);
  } catch (error) {
    if (!(error instanceof Error && isTerminal(error))) throw error;
    if (calls.length > 1) for (const call of calls) await applyAll(deps, [call], apply);
    else for (const { seq } of calls) await settle(deps, seq, failed(error));
  }
}

async function settle({ db, log }: ActivityDependencies, seq: number, settlement: Settlement): Promise<void> {
  if (settlement.state === 'failed') log.warn(`a call failed: ${settlement.reason}`);
  await settleCall(db, seq, settlement);
}
