import type { Client } from '@temporalio/client';
import {
  type IntegrationRow,
  importConfiguration,
  listIntegrations,
  readConfigurationVersion,
} from '../catalog/configurations.ts';
import { type Database, openDatabase } from '../catalog/database.ts';
import { type EntityFilter, listEntities } from '../catalog/entities.ts';
import { acceptCall, forgottenInboxes, readCall } from '../catalog/inbox.ts';
import { migrate } from '../catalog/migrate.ts';
import { listPlans, planEntities, readPlan, rejectPlan } from '../catalog/plans.ts';
import { countQuarantined, listQuarantined } from '../catalog/quarantine.ts';
import { lastCompleteRun, listRuns, readRun } from '../catalog/reports.ts';
import { finishRun, unfinishedRuns } from '../catalog/runs.ts';
import { appliedBy, insertTrigger, lostTriggers, type NewTrigger, readTrigger } from '../catalog/triggers.ts';
import type { Configuration } from '../config/configuration.ts';
import { hashDocument, kindsIn } from '../config/document.ts';
import type { Call, CallReport } from '../domain/call.ts';
import type { Entity, EntityKey } from '../domain/entity.ts';
import { UnavailableError, UsageError } from '../domain/errors.ts';
import type { RawRecord } from '../domain/json.ts';
import type { Plan } from '../domain/plan.ts';
import type { QuarantinedRecord } from '../domain/quarantine.ts';
import type { RunReport } from '../domain/run.ts';
import { FULL, type Scope } from '../domain/scope.ts';
import { parseTime } from '../domain/time.ts';
import type { TriggerOrigin } from '../domain/trigger.ts';
import { calls, type Difference, type EntityInput } from './calls.ts';
import {
  connectTemporal,
  isPolled,
  signalTrigger,
  type TemporalAddress,
  wakeInbox,
  workflowStatus,
} from './temporal.ts';

export interface ClientOptions {
  readonly databaseUrl: string;
  /** `null`: for reading only; what needs Temporal throws `UnavailableError`. */
  readonly temporal: TemporalAddress | null;
  readonly taskQueue: string;
}

export interface IntegrationStatus {
  readonly integration: string;
  readonly configVersion: number | null;
  /** Where the configuration in force came from. */
  readonly configOrigin: string | null;
  readonly lastRun: RunReport | null;
  readonly lastComplete: RunReport | null;
  /** Seconds since the last complete run ended. */
  readonly lastCompleteAge: number | null;
  readonly quarantined: number;
  /** Deletes that wait for a person's decision. */
  readonly openPlans: readonly Plan[];
}

export interface TriggerOptions {
  readonly origin: TriggerOrigin;
  /** Commit the trigger even if no worker polls: the next one that starts takes it up. Default: refuse. */
  readonly queue?: boolean;
}

export interface ResyncOptions extends TriggerOptions {
  /** Only these kinds. Default: all. */
  readonly kinds?: readonly string[] | undefined;
  /** Only what changed: since a time (RFC 3339), or since the `last` run. Deletes nothing. Default: everything. */
  readonly since?: string | undefined;
}

export interface CallOptions extends TriggerOptions {
  /** Return when it is applied. Default: when it is accepted. */
  readonly wait?: boolean;
}

/** The scope that holds the claims of ready entities (sync-semantics 6.7). Default: `plain`. */
interface Scoped {
  readonly scope?: string | undefined;
}

export type EntitiesOptions = CallOptions & Scoped;
export type SyncOptions = TriggerOptions & Scoped;

const POLL_MS = 250;

const CALL_POLL_MS = 20;

/** Statuses of a workflow that only a person gives it. */
const ENDED_BY_HAND: readonly string[] = ['TERMINATED', 'CANCELED', 'CANCELLED'];

/**
 * The one way in: commits what must not be lost as a row, then tells Temporal. Used by the command line, the SDK
 * and tests alike.
 */
export class TidemarkClient {
  private readonly db: Database;
  private readonly temporal: Client | null;
  private readonly taskQueue: string;

  private constructor(db: Database, temporal: Client | null, taskQueue: string) {
    this.db = db;
    this.temporal = temporal;
    this.taskQueue = taskQueue;
  }

  /** Brings the database's schema to this version. Throws `UnavailableError` when Temporal does not answer. */
  static async connect({ databaseUrl, temporal, taskQueue }: ClientOptions): Promise<TidemarkClient> {
    await migrate(databaseUrl);
    const client = temporal && (await connectTemporal(temporal));
    return new TidemarkClient(openDatabase({ url: databaseUrl, poolSize: 4 }), client, taskQueue);
  }

  async close(): Promise<void> {
    await this.temporal?.connection.close();
    await this.db.close();
  }

  /** Stores every integration of a configuration whose part of the file changed since it was last imported. */
  async importConfiguration(configuration: Configuration): Promise<void> {
    for (const document of configuration.documents) {
      await importConfiguration(this.db, {
        integration: document.id,
        document,
        hash: hashDocument(document),
        origin: 'file',
      });
    }
  }

  /**
   * Triggers a resync; returns the trigger's id. A running resync of the integration is aborted and a new one
   * starts, unless `onTrigger`, the starvation guard or a narrower scope let it wait (seed S1.7, S1.8, sync-semantics
   * 4.2). Throws `UsageError` for an unknown integration or kind and a malformed time, `UnavailableError` when no worker
   * polls; nothing is triggered then.
   */
  async resync(integration: string, { kinds, since, ...options }: ResyncOptions): Promise<string> {
    const row = await this.known(integration);
    if (kinds) await this.requireKinds(row, kinds);
    const scope: Scope = { kinds: kinds?.length ? [...new Set(kinds)].sort() : null, since: parseSince(since) };
    return this.trigger({ integration, action: 'resync', scope, plan: null, call: null }, options);
  }

  /**
   * Approves held deletes; returns the trigger of the run that carries them out: the first one, however often it is
   * approved (sync-semantics 3.5). Throws `UsageError` when the plan is rejected or superseded.
   */
  async approve(integration: string, plan: string, options: TriggerOptions): Promise<string> {
    await this.known(integration);
    const { state, why } = await readPlan(this.db, integration, plan);
    const first = await appliedBy(this.db, plan);
    if (state === 'applied' && first !== null) return first;
    if (state !== 'open') throw new UsageError(`plan ${plan} is ${state} and cannot be approved: ${why}`);
    return this.trigger({ integration, action: 'apply', scope: FULL, plan, call: null }, options);
  }

  /** Keeps what a plan would delete; the next complete run proposes it anew. Throws `UsageError` when it is not open. */
  async reject(integration: string, plan: string): Promise<Plan> {
    await this.known(integration);
    await rejectPlan(this.db, integration, plan);
    return readPlan(this.db, integration, plan);
  }

  /** Held deletes, open ones first, then the latest. */
  async plans(integration: string, limit: number): Promise<Plan[]> {
    await this.known(integration);
    return listPlans(this.db, integration, limit);
  }

  /** The entities that an open plan would delete, or let go of. Throws `UsageError` for an unknown plan. */
  async planned(integration: string, plan: string, limit: number): Promise<EntityKey[]> {
    await readPlan(this.db, integration, plan);
    return planEntities(this.db, plan, limit);
  }

  /** What lies in quarantine, the latest first. */
  async quarantine(integration: string, limit: number): Promise<QuarantinedRecord[]> {
    await this.known(integration);
    return listQuarantined(this.db, integration, limit);
  }

  /** Triggers a retry of what lies in quarantine; returns the trigger's id (sync-semantics 6.8). Throws as `resync`. */
  async retryQuarantine(integration: string, options: TriggerOptions): Promise<string> {
    await this.known(integration);
    return this.trigger({ integration, action: 'retry', scope: FULL, plan: null, call: null }, options);
  }

  /** A full resync (seed S0.25). Throws as `resync`. */
  async syncRawAll(integration: string, options: TriggerOptions): Promise<string> {
    return this.resync(integration, options);
  }

  /**
   * Maps raw records of a kind by all its resources, and creates or updates their entities (seeds S0.38 to S0.40). This
   * and the calls below throw `UsageError` for what cannot be a record or an entity, with its place, and as `resync`;
   * nothing is accepted then.
   */
  async registerRaw(
    integration: string,
    kind: string,
    rows: readonly RawRecord[],
    options: CallOptions,
  ): Promise<CallReport> {
    return this.accept(integration, calls.raw('register-raw', kind, rows), options);
  }

  /** Deletes what raw records map to, whether the query keeps them or not (seeds S0.42, S0.43). */
  async unregisterRaw(
    integration: string,
    kind: string,
    rows: readonly RawRecord[],
    options: CallOptions,
  ): Promise<CallReport> {
    return this.accept(integration, calls.raw('unregister-raw', kind, rows), options);
  }

  /** Deletes what is only in `before`, creates or updates what is in `after`, touches nothing else (seed S0.28). */
  async updateRawDiff(
    integration: string,
    kind: string,
    difference: Difference<RawRecord>,
    options: CallOptions,
  ): Promise<CallReport> {
    return this.accept(integration, calls.rawDiff(kind, difference), options);
  }

  /** As `registerRaw`, with ready entities of any blueprints (seed S0.49). */
  async register(
    integration: string,
    entities: readonly EntityInput[],
    { scope, ...options }: EntitiesOptions,
  ): Promise<CallReport> {
    return this.accept(integration, calls.entities('register', entities, scope), options);
  }

  /** As `unregisterRaw`, with ready entities (seed S0.50). */
  async unregister(
    integration: string,
    entities: readonly EntityInput[],
    { scope, ...options }: EntitiesOptions,
  ): Promise<CallReport> {
    return this.accept(integration, calls.entities('unregister', entities, scope), options);
  }

  /** As `updateRawDiff`, with ready entities (seed S0.48). */
  async updateDiff(
    integration: string,
    difference: Difference<EntityInput>,
    { scope, ...options }: EntitiesOptions,
  ): Promise<CallReport> {
    return this.accept(integration, calls.diff(difference, scope), options);
  }

  /**
   * Brings a scope's entities in line with a list: creates, updates, and deletes what the list lacks, as a run with
   * guards (seed S0.51, sync-semantics 6.7). Returns the trigger's id.
   */
  async sync(
    integration: string,
    entities: readonly EntityInput[],
    { scope: name, ...options }: SyncOptions,
  ): Promise<string> {
    const call = calls.entities('sync', entities, name);
    await this.known(integration);
    if (!options.queue) await this.requireWorker();
    const scope: Scope = { kinds: [], since: null };
    // Together: a call without its trigger would never be carried out.
    const trigger = await this.db.transaction(async (tx) => {
      const id = await acceptCall(tx, { integration, origin: callOrigin(options), delivery: null, call });
      const { origin } = options;
      return insertTrigger(tx, { integration, action: 'sync', scope, plan: null, call: id, origin });
    });
    await this.signal(integration, trigger);
    return trigger;
  }

  /**
   * Accepts a checked call or a source's event: it is committed when this returns, and applied in order of receipt
   * (sync-semantics 6.1). `delivery`: the event's own id; one that comes again is the first one. Throws as `resync`.
   */
  async accept(
    integration: string,
    call: Exclude<Call, { type: 'sync' }>,
    { delivery = null, ...options }: CallOptions & { readonly delivery?: string | null },
  ): Promise<CallReport> {
    const row = await this.known(integration);
    if ('kind' in call) await this.requireKinds(row, [call.kind]);
    if (!options.queue) await this.requireWorker();
    const id = await acceptCall(this.db, { integration, origin: callOrigin(options), delivery, call });
    await this.wake(integration);
    for (;;) {
      const report = await this.call(id);
      if (!options.wait || report.state !== 'waiting') return report;
      await new Promise((resolve) => setTimeout(resolve, CALL_POLL_MS));
    }
  }

  /** A call's state. Throws `UsageError` when there is none of that id: settled ones are kept for a week. */
  async call(id: string): Promise<CallReport> {
    const report = await readCall(this.db, id);
    if (report) return report;
    throw new UsageError(`there is no call ${id}; settled calls are kept for a week`);
  }

  /** Wakes inboxes again whose wake-up may have been lost with the process that was to send it. */
  async recoverForgottenCalls(olderThanSeconds: number): Promise<void> {
    for (const integration of await forgottenInboxes(this.db, olderThanSeconds)) await this.wake(integration);
  }

  /**
   * Follows a trigger to the end of the run that covers it (sync-semantics 4.1). `onProgress` is told of each state
   * of each run on the way, aborted ones included.
   */
  async followTrigger(trigger: string, onProgress?: (run: RunReport) => void): Promise<RunReport> {
    for (;;) {
      const state = await readTrigger(this.db, trigger);
      if (!state) throw new UsageError(`there is no trigger ${trigger}`);
      const run = state.runId === null ? null : await readRun(this.db, state.runId);
      if (run) onProgress?.(run);
      if (run && state.done) return run;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Signals again for triggers that no run has taken up: the process that was to signal may have died. */
  async recoverLostTriggers(olderThanSeconds: number): Promise<void> {
    for (const { integration, trigger } of await lostTriggers(this.db, olderThanSeconds)) {
      await this.signal(integration, trigger);
    }
  }

  /** Whether Temporal knows a worker on the task queue; it forgets one that was killed after some minutes. */
  async hasWorker(): Promise<boolean> {
    return isPolled(this.reachable, this.taskQueue);
  }

  /**
   * Closes runs whose workflow has ended without a word. Where a person ended it that is the last word; where it failed,
   * or Temporal has lost it, its triggers are still owed a run.
   */
  async closeAbandonedRuns(): Promise<void> {
    for (const run of await unfinishedRuns(this.db)) {
      const status = await workflowStatus(this.reachable, run);
      if (status === 'RUNNING') continue;
      const reason =
        status === 'UNKNOWN' ? 'Temporal does not know its workflow any more' : `its workflow ended as ${status}`;
      const handTriggersOver = !ENDED_BY_HAND.includes(status);
      await finishRun(this.db, run, { outcome: 'aborted', reason, overtaken: false, handTriggersOver });
    }
  }

  async status(integration?: string): Promise<IntegrationStatus[]> {
    const all = await listIntegrations(this.db);
    const wanted = integration === undefined ? all : [await this.known(integration)];
    return Promise.all(wanted.map((row) => this.statusOf(row)));
  }

  async runs(integration: string, limit: number): Promise<RunReport[]> {
    await this.known(integration);
    return listRuns(this.db, integration, limit);
  }

  async entities(filter: EntityFilter): Promise<Entity[]> {
    if (filter.integration !== undefined) await this.known(filter.integration);
    return listEntities(this.db, filter);
  }

  private async statusOf({ id, configVersion, configOrigin }: IntegrationRow): Promise<IntegrationStatus> {
    const [lastRun] = await listRuns(this.db, id, 1);
    const lastComplete = await lastCompleteRun(this.db, id);
    const ended = lastComplete?.finishedAt;
    return {
      integration: id,
      configVersion,
      configOrigin,
      lastRun: lastRun ?? null,
      lastComplete,
      lastCompleteAge: ended ? Math.round((Date.now() - Date.parse(ended)) / 1000) : null,
      quarantined: await countQuarantined(this.db, id),
      openPlans: (await listPlans(this.db, id, 100)).filter(({ state }) => state === 'open'),
    };
  }

  private async known(integration: string): Promise<IntegrationRow> {
    const all = await listIntegrations(this.db);
    const row = all.find((candidate) => candidate.id === integration);
    if (row) return row;
    const names = all.map((candidate) => candidate.id).join(', ') || 'none yet';
    throw new UsageError(`there is no integration ${integration}; configured are: ${names}`);
  }

  private async requireKinds({ id, configVersion }: IntegrationRow, kinds: readonly string[]): Promise<void> {
    const stored = configVersion === null ? null : await readConfigurationVersion(this.db, configVersion);
    const known = kindsIn(stored?.document);
    const unknown = kinds.filter((kind) => !known.includes(kind));
    if (unknown.length > 0)
      throw new UsageError(`${id} has no kind ${unknown.join(', ')}; it has: ${known.join(', ')}`);
  }

  private async trigger(trigger: Omit<NewTrigger, 'origin'>, { origin, queue }: TriggerOptions): Promise<string> {
    if (!queue) await this.requireWorker();
    const id = await insertTrigger(this.db, { ...trigger, origin });
    await this.signal(trigger.integration, id);
    return id;
  }

  private get reachable(): Client {
    if (this.temporal) return this.temporal;
    throw new UnavailableError(
      'Temporal is needed for this: start `npm start` in this folder, or set TEMPORAL_ADDRESS',
    );
  }

  private signal(integration: string, trigger: string): Promise<void> {
    return signalTrigger(this.reachable, { taskQueue: this.taskQueue, integration, trigger });
  }

  private wake(integration: string): Promise<void> {
    return wakeInbox(this.reachable, { taskQueue: this.taskQueue, integration });
  }

  private async requireWorker(): Promise<void> {
    if (await this.hasWorker()) return;
    throw new UnavailableError(
      `no worker polls the task queue "${this.taskQueue}", nothing was triggered: start one with \`tidemark worker\``,
    );
  }
}

/** Throws `UsageError`: a time that is not understood must not become "everything" or "nothing". */
function parseSince(since: string | undefined): Scope['since'] {
  if (since === undefined) return null;
  if (since === 'last') return { last: true, time: null };
  const time = parseTime(since);
  if (time !== null) return { last: false, time };
  throw new UsageError(`"${since}" is not a time: write \`last\`, or a time such as 2026-01-31T12:00:00Z`);
}

/** Schedules only trigger; a call under their name comes from a program. */
const callOrigin = ({ origin }: TriggerOptions) => (origin === 'schedule' ? 'sdk' : origin);
