import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import {
  documentsInForce,
  type IntegrationRow,
  importConfiguration,
  listIntegrations,
  lockInForce,
  putInForce,
  readConfigurationVersion,
  type StoredConfiguration,
} from '../catalog/configurations.ts';
import { type Database, openDatabase, type Queryable } from '../catalog/database.ts';
import { editEntity } from '../catalog/edits.ts';
import {
  type EntityFilter,
  findNamed,
  listBlueprints,
  listEntities,
  readEntity,
  readReferences,
} from '../catalog/entities.ts';
import { explainEntity } from '../catalog/explanations.ts';
import { forgetExpired, keepTombstones } from '../catalog/export.ts';
import { acceptCalls, forgottenInboxes, readCall, toInboxRow } from '../catalog/inbox.ts';
import { indexNext, isIndexBehind, markAll, unpark } from '../catalog/indexing.ts';
import { type CatalogMetrics, readMetrics } from '../catalog/metrics.ts';
import { migrate } from '../catalog/migrate.ts';
import { listPlans, planEntities, readPlan, rejectPlan } from '../catalog/plans.ts';
import { countQuarantined, listQuarantined } from '../catalog/quarantine.ts';
import { lastCompleteRun, listRuns, readRun } from '../catalog/reports.ts';
import { finishRun, unfinishedRuns } from '../catalog/runs.ts';
import {
  approvalOf,
  insertTrigger,
  lostTriggers,
  type NewTrigger,
  readTrigger,
  readTriggerReport,
} from '../catalog/triggers.ts';
import type { Configuration, IntegrationDocument } from '../config/configuration.ts';
import { declaredBlueprints } from '../config/declared-blueprints.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { destinationTypeIn, hashDocument, kindsIn } from '../config/document.ts';
import { storedInterval } from '../config/load.ts';
import { type ConfigurationPatch, patchableIn, patchDocument } from '../config/patch.ts';
import { intervalVariable } from '../config/settings.ts';
import type { Call, CallReport } from '../domain/call.ts';
import { isRemote } from '../domain/destination.ts';
import type { Entity, EntityKey, EntityReferences } from '../domain/entity.ts';
import { ConflictError, type Mistake, NotFoundError, UnavailableError, UsageError } from '../domain/errors.ts';
import type { Explanation } from '../domain/explanation.ts';
import type { ExportLine } from '../domain/export.ts';
import type { RawRecord } from '../domain/json.ts';
import type { Plan } from '../domain/plan.ts';
import type { QuarantinedRecord } from '../domain/quarantine.ts';
import { durationOf, type RunReport } from '../domain/run.ts';
import { paceWarning, type ScheduleReport } from '../domain/schedule.ts';
import { FULL, type Scope } from '../domain/scope.ts';
import type { Synced } from '../domain/sync-api.ts';
import { parseTime } from '../domain/time.ts';
import type { Task, TriggerOrigin } from '../domain/trigger.ts';
import { Acceptance } from './acceptance.ts';
import { calls, type Difference, type EntityEdit, type EntityInput } from './calls.ts';
import { type ExportOptions, exportLines } from './export.ts';
import { Schedules } from './schedules.ts';
import { SharedRead } from './shared-read.ts';
import { runSync } from './sync-api/run-sync.ts';
import type { SyncRequest } from './sync-api/sync-request.ts';
import {
  connectTemporal,
  isPolled,
  signalTrigger,
  type TemporalAddress,
  wakeInbox,
  wakeIndex,
  workflowStatus,
} from './temporal.ts';
import { Wakes } from './wakes.ts';

export interface ClientOptions {
  readonly databaseUrl: string;
  /** `null`: for reading only; what needs Temporal throws `UnavailableError`. */
  readonly temporal: TemporalAddress | null;
  readonly taskQueue: string;
  /** The environment that settings of integrations may come from, where Temporal does not say. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What `patchConfiguration` checks against; without it that method throws. */
  readonly context?: ConfigurationContext;
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
  /** `null`: the integration is not resynced by itself. */
  readonly schedule: ScheduleReport | null;
  /** What there is to say of the integration, beside the warnings of its last run. */
  readonly warnings: readonly string[];
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
  /** The trigger's id, a UUID: the same id again is the same trigger. Default: a new one. */
  readonly id?: string | undefined;
  /** Read back what the destination holds. Refused for destinations that are not remote. Default: no. */
  readonly reconcile?: boolean | undefined;
}

/** A trigger that no run has taken up, or whose run was aborted: the next run covers it. */
export interface WaitingTrigger extends Task {
  readonly trigger: string;
  readonly integration: string;
  readonly outcome: 'waiting';
  /** RFC 3339 in UTC. */
  readonly createdAt: string;
}

export interface FollowOptions {
  /** Told of each state of each run on the way, aborted ones included. */
  readonly onProgress?: (run: RunReport) => void;
  /** Ends the wait, not the run: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
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

interface Scheduled {
  readonly schedule: ScheduleReport | null;
  /** Why it cannot be told. */
  readonly problem: string | null;
}

/** Whether each server answers. */
export interface Health {
  readonly database: boolean;
  readonly temporal: boolean;
}

const POLL_MS = 250;
const HEALTH_MS = 3_000;

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
  private readonly env: NonNullable<ClientOptions['env']>;
  private readonly context: ConfigurationContext | undefined;
  private readonly acceptance: Acceptance;
  private readonly integrationRows: SharedRead<IntegrationRow[]>;
  private readonly wakes = new Wakes((integration) => this.wake(integration));

  private constructor(db: Database, temporal: Client | null, { taskQueue, env = {}, context }: ClientOptions) {
    this.db = db;
    this.acceptance = new Acceptance(db);
    this.integrationRows = new SharedRead(() => listIntegrations(db));
    this.temporal = temporal;
    this.taskQueue = taskQueue;
    this.env = env;
    this.context = context;
  }

  /** Brings the database's schema to this version. Throws `UnavailableError` when Temporal does not answer. */
  static async connect(options: ClientOptions): Promise<TidemarkClient> {
    const { databaseUrl, temporal } = options;
    await migrate(databaseUrl);
    const client = temporal && (await connectTemporal(temporal));
    return new TidemarkClient(openDatabase({ url: databaseUrl, poolSize: 4 }), client, options);
  }

  async close(): Promise<void> {
    await this.wakes.settled();
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
    await keepTombstones(this.db, configuration.tombstones.keep);
  }

  /**
   * Triggers a resync; returns the trigger's id. A running resync of the integration is aborted and a new one
   * starts, unless `onTrigger`, the starvation guard or a narrower scope let it wait (seed S1.7, S1.8, sync-semantics
   * 4.2). Throws `UsageError` with every mistake, `NotFoundError` for an unknown integration, `UnavailableError` when no
   * worker polls; nothing is triggered then.
   */
  async resync(integration: string, { kinds, since, reconcile, id, ...options }: ResyncOptions): Promise<string> {
    const row = await this.known(integration);
    const mistakes = [
      ...(kinds ? await this.unknownKinds(row, kinds) : []),
      ...(since === undefined || isSince(since) ? [] : [{ path: 'since', message: notATime(since) }]),
      ...(reconcile && !(await this.isRemote(row)) ? [NO_RECONCILE] : []),
    ];
    refuse(mistakes);
    const scope: Scope = { kinds: kinds?.length ? [...new Set(kinds)].sort() : null, since: toSince(since) };
    return this.trigger({ id, integration, action: 'resync', scope, plan: null, call: null, reconcile }, options);
  }

  /**
   * Replaces keys of an integration's configuration, each whole, and triggers a resync with it; returns the trigger's id
   * (seeds S1.12, S1.13). What equals the configuration in force makes no new version. Throws `ConfigurationError` with
   * every mistake of the outcome, `NotFoundError`, or `UnavailableError` when no worker polls; nothing is stored or
   * triggered then.
   */
  async patchConfiguration(integration: string, patch: ConfigurationPatch, options: TriggerOptions): Promise<string> {
    await this.known(integration);
    await this.db.transaction((tx) => this.patched(tx, integration, patch));
    if (!options.queue) await this.requireWorker();
    const trigger = await this.db.transaction(async (tx) => {
      const { document, before } = await this.patched(tx, integration, patch);
      const hash = hashDocument(document);
      if (hash !== before) await putInForce(tx, { integration, document, hash, origin: 'api' });
      const task = { integration, action: 'resync', scope: FULL, plan: null, call: null } as const;
      return insertTrigger(tx, { ...task, origin: options.origin });
    });
    await this.signal(integration, trigger);
    return trigger;
  }

  /** Which version of the configuration is in force; `null`: none. Throws `NotFoundError`. */
  async versionInForce(integration: string): Promise<number | null> {
    return (await this.known(integration)).configVersion;
  }

  /** The configuration in force, as it is stored: `${env:…}` is left as written. Throws `NotFoundError`. */
  async inForce(integration: string): Promise<StoredConfiguration> {
    const { configVersion } = await this.known(integration);
    const stored = configVersion === null ? null : await readConfigurationVersion(this.db, configVersion);
    if (stored) return stored;
    throw new NotFoundError(`${integration} has no configuration`);
  }

  /** The keys that `patchConfiguration` may replace, as they are in force: `${env:…}` is left as written. */
  async configuration(integration: string): Promise<ConfigurationPatch> {
    const { configVersion } = await this.known(integration);
    const stored = configVersion === null ? null : await readConfigurationVersion(this.db, configVersion);
    return stored === null ? {} : patchableIn(stored.document);
  }

  /**
   * Approves held deletes; returns the trigger of the run that carries them out: the first one, however often it is
   * approved (sync-semantics 3.5). Throws `ConflictError` when the plan is rejected or superseded.
   */
  async approve(integration: string, plan: string, options: TriggerOptions): Promise<string> {
    await this.known(integration);
    const { state, why } = await readPlan(this.db, integration, plan);
    if (state !== 'open' && state !== 'applied') {
      throw new ConflictError(`plan ${plan} is ${state} and cannot be approved: ${why}`);
    }
    const first = await approvalOf(this.db, plan);
    if (first !== null) return first;
    return this.trigger({ integration, action: 'apply', scope: FULL, plan, call: null }, options);
  }

  /** Keeps what a plan would delete; the next complete run proposes it anew. Throws `ConflictError` when it is not open. */
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

  /** One plan. Throws `NotFoundError`. */
  async plan(integration: string, plan: string): Promise<Plan> {
    await this.known(integration);
    return readPlan(this.db, integration, plan);
  }

  /** The entities that an open plan would delete, or let go of. Throws `NotFoundError` for an unknown plan. */
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
      const row = toInboxRow({ integration, origin: callOrigin(options), delivery: null, call });
      const [id = null] = await acceptCalls(tx, [row]);
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
    const mistakes = 'kind' in call ? await this.unknownKinds(row, [call.kind]) : [];
    refuse(mistakes);
    if (!options.queue) await this.requireWorker();
    const id = await this.acceptance.accept({ integration, origin: callOrigin(options), delivery, call });
    await this.wakes.wake(integration);
    for (;;) {
      const report = await this.call(id);
      if (!options.wait || report.state !== 'waiting') return report;
      await setTimeout(CALL_POLL_MS);
    }
  }

  /** A call's state. Throws `NotFoundError` when there is none of that id: settled ones are kept for a week. */
  async call(id: string): Promise<CallReport> {
    const report = await readCall(this.db, id);
    if (report) return report;
    throw new NotFoundError(`there is no call ${id}; settled calls are kept for a week`);
  }

  /** Wakes inboxes again whose wake-up may have been lost with the process that was to send it. */
  async recoverForgottenCalls(olderThanSeconds: number): Promise<void> {
    for (const integration of await forgottenInboxes(this.db, olderThanSeconds)) await this.wakes.wake(integration);
  }

  /**
   * Carries out a request of the Sync API; what it wrote is committed when this returns (sync-semantics 9). What is to be
   * indexed by the queue waits for a worker. Throws `UsageError` for a body that is no request.
   */
  async syncApi({ open, options }: Omit<SyncRequest, 'blueprints'>): Promise<Synced> {
    const blueprints = declaredBlueprints(await documentsInForce(this.db));
    const synced = await runSync(this.db, { open, options, blueprints });
    // Committed it is: workers look for what waits as well.
    if (options.indexing === 'queue' && this.temporal) await wakeIndex(this.temporal, this.taskQueue).catch(() => {});
    return synced;
  }

  /**
   * Indexes here and now what is marked dirty, also what was written with indexing disabled (seed S4.31); with `all`,
   * every entity. Tells after each step how many it has indexed. Returns how many in all.
   */
  async index({ all, onProgress }: { all: boolean; onProgress?: (indexed: number) => void }): Promise<number> {
    const blueprints = declaredBlueprints(await documentsInForce(this.db));
    await unpark(this.db);
    if (all) await markAll(this.db);
    for (let indexed = 0; ; onProgress?.(indexed)) {
      const more = await indexNext(this.db, blueprints);
      if (more === 0) return indexed;
      indexed += more;
    }
  }

  /** Has a worker index what waits for it. */
  async recoverIndex(): Promise<void> {
    if (await isIndexBehind(this.db)) await wakeIndex(this.reachable, this.taskQueue);
  }

  /** Follows a trigger to the end of the run that covers it (sync-semantics 4.1). Throws `NotFoundError`. */
  async followTrigger(trigger: string, { onProgress, signal }: FollowOptions = {}): Promise<RunReport> {
    for (;;) {
      const state = await readTrigger(this.db, trigger);
      if (!state) throw new NotFoundError(`there is no trigger ${trigger}`);
      const run = state.runId === null ? null : await readRun(this.db, state.runId);
      if (run) onProgress?.(run);
      if (run && state.done) return run;
      await setTimeout(POLL_MS, undefined, { signal });
    }
  }

  /**
   * A run by its id, or the run that covers a trigger; the trigger itself while it waits for one (sync-semantics 4.1).
   * Throws `NotFoundError`.
   */
  async run(integration: string, runOrTrigger: string): Promise<RunReport | WaitingTrigger> {
    await this.known(integration);
    const trigger = UUID.test(runOrTrigger) ? await readTriggerReport(this.db, runOrTrigger) : null;
    const run = await readRun(this.db, trigger ? (trigger.runId ?? '') : runOrTrigger);
    const isCovered = trigger === null || trigger.done || run?.outcome === 'running';
    if (run?.integration === integration && isCovered) return run;
    if (trigger?.integration !== integration) {
      throw new NotFoundError(`${integration} has no run and no trigger ${runOrTrigger}`);
    }
    const { action, scope, createdAt } = trigger;
    return { trigger: runOrTrigger, integration, outcome: 'waiting', action, scope, createdAt };
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

  /**
   * Has Temporal trigger the integration so often, in place of what it did so far; `null`: not any more. Returns whether
   * there is, or was, a schedule. Workers call it with what the configuration in force says (seed S1.3).
   */
  async schedule(integration: string, intervalSeconds: number | null): Promise<boolean> {
    const schedules = new Schedules(this.reachable, this.taskQueue);
    if (intervalSeconds === null) return schedules.remove(integration);
    await schedules.put(integration, intervalSeconds);
    return true;
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

  /** One entity of the catalog. Throws `NotFoundError`. */
  async entity(key: EntityKey): Promise<Entity> {
    const entity = await readEntity(this.db, key);
    if (entity) return entity;
    throw unknownEntity(key);
  }

  /** What others say of an entity, as far as it is indexed. Throws `NotFoundError`. */
  async references(key: EntityKey): Promise<EntityReferences> {
    await this.entity(key);
    return readReferences(this.db, key);
  }

  /**
   * A person's edit of an entity (sync-semantics 7.10): what it does not name stays as it is. Returns the entity. Throws
   * `UsageError` with every mistake, `NotFoundError`; nothing is written then.
   */
  async edit(key: EntityKey, edit: EntityEdit): Promise<Entity> {
    const fields = calls.edit(key, edit);
    if (!(await editEntity(this.db, key, fields))) throw unknownEntity(key);
    return this.entity(key);
  }

  /** Why an entity is as it is: who claims it, which run and rule set each field. Throws `NotFoundError`. */
  async explain(key: EntityKey, integration?: string): Promise<Explanation> {
    if (integration !== undefined) await this.known(integration);
    const explanation = await explainEntity(this.db, key);
    if (explanation) return explanation;
    throw unknownEntity(key);
  }

  /**
   * The records of the catalog that changed since a time, and what they refer to, line by line (sync-semantics 8). A page
   * is read when the lines before it were taken; who breaks off reads no further. Throws `UsageError` for a time or a
   * cursor that is none, `GoneError` for what is not kept any more, both before the first line.
   */
  export(options: ExportOptions = {}): AsyncIterable<ExportLine> {
    return exportLines(this.db, options);
  }

  /** Drops tombstones and unfinished exports that were kept long enough (sync-semantics 8.4). */
  async forgetExpired(): Promise<void> {
    await forgetExpired(this.db);
  }

  /** The blueprints of which the catalog has entities, by name. */
  async blueprints(): Promise<string[]> {
    return listBlueprints(this.db);
  }

  /** The entities, of whichever blueprint, that have one of the identifiers. */
  async named(identifiers: readonly string[]): Promise<EntityKey[]> {
    return identifiers.length === 0 ? [] : findNamed(this.db, identifiers, 'catalog');
  }

  /** What monitoring asks for, of all integrations. */
  async metrics(): Promise<CatalogMetrics> {
    return readMetrics(this.db);
  }

  /** Which of the two servers answer, each within three seconds. */
  async health(): Promise<Health> {
    const database = answers(this.db.query('select 1'));
    const { connection } = this.reachable;
    const temporal = answers(
      connection.withDeadline(Date.now() + HEALTH_MS, () => connection.workflowService.getSystemInfo({})),
    );
    return { database: await database, temporal: await temporal };
  }

  private async statusOf(row: IntegrationRow): Promise<IntegrationStatus> {
    const { id, configVersion, configOrigin } = row;
    const [lastRun] = await listRuns(this.db, id, 1);
    const lastComplete = await lastCompleteRun(this.db, id);
    const ended = lastComplete?.finishedAt;
    const { schedule, problem } = await this.scheduleOf(row);
    const pace = paceWarning({
      intervalSeconds: schedule?.intervalSeconds ?? null,
      lastComplete: lastComplete && durationOf(lastComplete),
      variable: intervalVariable(id),
    });
    return {
      integration: id,
      configVersion,
      configOrigin,
      lastRun: lastRun ?? null,
      lastComplete,
      lastCompleteAge: ended ? Math.round((Date.now() - Date.parse(ended)) / 1000) : null,
      quarantined: await countQuarantined(this.db, id),
      openPlans: (await listPlans(this.db, id, 100)).filter(({ state }) => state === 'open'),
      schedule,
      warnings: [problem, pace].filter((text) => text !== null),
    };
  }

  /** Temporal knows what is scheduled; where it does not answer, the configuration says what is to be. */
  private async scheduleOf({ id, configVersion }: IntegrationRow): Promise<Scheduled> {
    const scheduled = this.temporal && (await new Schedules(this.temporal, this.taskQueue).read(id).catch(() => null));
    if (scheduled) return { schedule: scheduled, problem: null };
    const stored = configVersion === null ? null : await readConfigurationVersion(this.db, configVersion);
    try {
      const intervalSeconds = stored && storedInterval(stored.document as IntegrationDocument, this.env);
      return { schedule: intervalSeconds === null ? null : { intervalSeconds, nextRun: null }, problem: null };
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return { schedule: null, problem: `its schedule is not known here: ${error.message}` };
    }
  }

  private async known(integration: string): Promise<IntegrationRow> {
    const all = await this.integrationRows.read();
    const row = all.find((candidate) => candidate.id === integration);
    if (row) return row;
    const names = all.map((candidate) => candidate.id).join(', ') || 'none yet';
    throw new NotFoundError(`there is no integration ${integration}; configured are: ${names}`);
  }

  private async isRemote({ configVersion }: IntegrationRow): Promise<boolean> {
    const stored = configVersion === null ? null : await readConfigurationVersion(this.db, configVersion);
    return isRemote(destinationTypeIn(stored?.document));
  }

  private async unknownKinds({ id, configVersion }: IntegrationRow, kinds: readonly string[]): Promise<Mistake[]> {
    const stored = configVersion === null ? null : await readConfigurationVersion(this.db, configVersion);
    const known = kindsIn(stored?.document);
    return kinds.flatMap((kind, index) => {
      const message = `${id} has no kind ${kind}; it has: ${known.join(', ')}`;
      return known.includes(kind) ? [] : [{ path: `kinds[${index}]`, message }];
    });
  }

  /** What a patch would put in force, and the digest of what is in force; holds the integration until `tx` ends. */
  private async patched(tx: Queryable, integration: string, patch: ConfigurationPatch) {
    const inForce = await lockInForce(tx, integration);
    if (inForce === null) throw new ConflictError(`${integration} has no configuration yet: import its file first`);
    if (this.context === undefined) throw new Error('this client cannot check configurations: it has no context');
    const document = patchDocument(inForce.document as IntegrationDocument, patch, this.context);
    return { document, before: inForce.hash };
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

const unknownEntity = ({ blueprint, identifier }: EntityKey): NotFoundError =>
  new NotFoundError(`the catalog has no ${blueprint} ${identifier}`);

/** Throws `UsageError` with every mistake that there is. */
function refuse(mistakes: readonly Mistake[]): void {
  if (mistakes.length > 0) throw new UsageError(mistakes.map(({ message }) => message).join('\n'), mistakes);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const NO_RECONCILE: Mistake = {
  path: 'reconcile',
  message: 'the destination `catalog` is no remote one: there is nothing to read back',
};

/** A time that is not understood must not become "everything" or "nothing". */
const isSince = (since: string): boolean => since === 'last' || parseTime(since) !== null;

const notATime = (since: string): string =>
  `"${since}" is not a time: write \`last\`, or a time such as 2026-01-31T12:00:00Z`;

function toSince(since: string | undefined): Scope['since'] {
  if (since === undefined) return null;
  return since === 'last' ? { last: true, time: null } : { last: false, time: parseTime(since) };
}

/** Whether it settles well, and in time. */
function answers(question: Promise<unknown>): Promise<boolean> {
  const answered = question.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, setTimeout(HEALTH_MS, false, { ref: false })]);
}

/** Schedules only trigger; a call under their name comes from a program. */
const callOrigin = ({ origin }: TriggerOptions) => (origin === 'schedule' ? 'sdk' : origin);
