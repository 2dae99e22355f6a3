import { Client, Connection, type ConnectionOptions, WorkflowNotFoundError } from '@temporalio/client';
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
import { finishRun, type UnfinishedRun, unfinishedRuns } from '../catalog/runs.ts';
import { approvalOf, insertTrigger, lostTriggers, type NewTrigger, readTrigger } from '../catalog/triggers.ts';
import type { Configuration, IntegrationDocument } from '../config/configuration.ts';
import { hashDocument, kindsIn } from '../config/document.ts';
import { storedInterval } from '../config/load.ts';
import { intervalVariable } from '../config/settings.ts';
import type { Call, CallReport, EntitiesCall, EventCall, PlainCall, RawCall } from '../domain/call.ts';
import type { Entity, EntityKey } from '../domain/entity.ts';
import { UnavailableError, UsageError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import type { QuarantinedRecord } from '../domain/quarantine.ts';
import { durationOf, type RunReport } from '../domain/run.ts';
import { paceWarning, type ScheduleReport } from '../domain/schedule.ts';
import { FULL, type Scope } from '../domain/scope.ts';
import { parseTime } from '../domain/time.ts';
import type { TriggerOrigin } from '../domain/trigger.ts';
import { liveWorkflowId, resyncWorkflowId } from '../domain/workflow-ids.ts';
import type { LiveInput } from '../workflows/live.ts';
import type { ResyncInput, TriggerMessage } from '../workflows/messages.ts';
import { Schedules } from './schedules.ts';

/** Where Temporal is and how to reach it, as TEMPORAL_* settings say. */
export interface TemporalAddress {
  readonly connectionOptions: ConnectionOptions;
  readonly namespace?: string | undefined;
}

export interface ClientOptions {
  readonly databaseUrl: string;
  /** `null`: for reading only; what needs Temporal throws `UnavailableError`. */
  readonly temporal: TemporalAddress | null;
  readonly taskQueue: string;
  /** The environment that settings of integrations may come from, where Temporal does not say. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
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
}

export interface CallOptions extends TriggerOptions {
  /** Return when it is applied. Default: when it is accepted. */
  readonly wait?: boolean;
}

interface Scheduled {
  readonly schedule: ScheduleReport | null;
  /** Why it cannot be told. */
  readonly problem: string | null;
}

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
  private readonly env: NonNullable<ClientOptions['env']>;

  private constructor(db: Database, temporal: Client | null, { taskQueue, env = {} }: ClientOptions) {
    this.db = db;
    this.temporal = temporal;
    this.taskQueue = taskQueue;
    this.env = env;
  }

  /** Brings the database's schema to this version. Throws `UnavailableError` when Temporal does not answer. */
  static async connect(options: ClientOptions): Promise<TidemarkClient> {
    const { databaseUrl, temporal } = options;
    await migrate(databaseUrl);
    const client = temporal && new Client({ ...(await connectTemporal(temporal)) });
    return new TidemarkClient(openDatabase({ url: databaseUrl, poolSize: 4 }), client, options);
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
  async resync(integration: string, { kinds, since, id, ...options }: ResyncOptions): Promise<string> {
    const row = await this.known(integration);
    if (kinds) await this.requireKinds(row, kinds);
    const scope: Scope = { kinds: kinds?.length ? [...new Set(kinds)].sort() : null, since: parseSince(since) };
    return this.trigger({ id, integration, action: 'resync', scope, plan: null, call: null }, options);
  }

  /**
   * Approves held deletes; returns the trigger of the run that carries them out: the first one, however often it is
   * approved (sync-semantics 3.5). Throws `UsageError` when the plan is rejected or superseded.
   */
  async approve(integration: string, plan: string, options: TriggerOptions): Promise<string> {
    await this.known(integration);
    const { state, why } = await readPlan(this.db, integration, plan);
    if (state !== 'open' && state !== 'applied') {
      throw new UsageError(`plan ${plan} is ${state} and cannot be approved: ${why}`);
    }
    const first = await approvalOf(this.db, plan);
    if (first !== null) return first;
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

  /**
   * Accepts a call with raw records or ready entities, or a source's event: it is committed when this returns, and
   * applied in order of receipt (sync-semantics 6.1, 6.6, 6.7). Throws as `resync`; nothing is accepted then.
   */
  async accept(
    integration: string,
    call: RawCall | Exclude<PlainCall, { type: 'sync' }> | EventCall,
    { origin, queue, wait, delivery = null }: CallOptions & { readonly delivery?: string | null },
  ): Promise<CallReport> {
    const row = await this.known(integration);
    if ('kind' in call) await this.requireKinds(row, [call.kind]);
    if (!queue) await this.requireWorker();
    const from = origin === 'schedule' ? 'sdk' : origin;
    const id = await acceptCall(this.db, { integration, origin: from, delivery, call: call as Call });
    await this.wake(integration);
    for (;;) {
      const report = (await readCall(this.db, id)) as CallReport;
      if (!wait || report.state !== 'waiting') return report;
      await new Promise((resolve) => setTimeout(resolve, CALL_POLL_MS));
    }
  }

  /** A call's state. Throws `UsageError` when there is none of that id: settled ones are kept for a week. */
  async call(id: string): Promise<CallReport> {
    const report = await readCall(this.db, id);
    if (report) return report;
    throw new UsageError(`there is no call ${id}; settled calls are kept for a week`);
  }

  /**
   * Brings a scope's entities in line with a list: creates, updates, and deletes what the list lacks, as a run with
   * guards (seed S0.51, sync-semantics 6.7). Returns the trigger's id. Throws as `resync`.
   */
  async sync(integration: string, call: Omit<EntitiesCall, 'type'>, options: TriggerOptions): Promise<string> {
    await this.known(integration);
    if (!options.queue) await this.requireWorker();
    const origin = options.origin === 'schedule' ? 'sdk' : options.origin;
    const id = await acceptCall(this.db, { integration, origin, delivery: null, call: { type: 'sync', ...call } });
    const scope: Scope = { kinds: [], since: null };
    return this.trigger({ integration, action: 'sync', scope, plan: null, call: id }, { ...options, queue: true });
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
    const { connection, options } = this.reachable;
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace: options.namespace,
      taskQueue: { name: this.taskQueue },
      taskQueueType: WORKFLOW_TASK_QUEUE,
    });
    return (pollers ?? []).length > 0;
  }

  /**
   * Closes runs whose workflow has ended without a word. Where a person ended it that is the last word; where it failed,
   * or Temporal has lost it, its triggers are still owed a run.
   */
  async closeAbandonedRuns(): Promise<void> {
    for (const run of await unfinishedRuns(this.db)) {
      const status = await this.workflowStatus(run);
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

  private async workflowStatus({ integration, workflowRunId }: UnfinishedRun): Promise<string> {
    try {
      const handle = this.reachable.workflow.getHandle(resyncWorkflowId(integration), workflowRunId);
      return (await handle.describe()).status.name;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'UNKNOWN';
      throw error;
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

  private async signal(integration: string, trigger: string): Promise<void> {
    const message: TriggerMessage = { trigger };
    const input: ResyncInput = { integration };
    await this.reachable.workflow.signalWithStart('resyncWorkflow', {
      workflowId: resyncWorkflowId(integration),
      taskQueue: this.taskQueue,
      args: [input],
      signal: 'trigger',
      signalArgs: [message],
      staticSummary: `${integration}: resync`,
      staticDetails:
        'Reads every kind of record, writes what changed, deletes what is gone once every kind is complete.',
    });
  }

  private async wake(integration: string): Promise<void> {
    const input: LiveInput = { integration };
    await this.reachable.workflow.signalWithStart('liveWorkflow', {
      workflowId: liveWorkflowId(integration),
      taskQueue: this.taskQueue,
      args: [input],
      signal: 'wake',
      staticSummary: `${integration}: calls and events`,
      staticDetails: 'Applies raw calls, plain calls and events in order, as they come in.',
    });
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

/** `TASK_QUEUE_TYPE_WORKFLOW` of Temporal's API. */
const WORKFLOW_TASK_QUEUE = 1;

async function connectTemporal({ connectionOptions, namespace }: TemporalAddress) {
  try {
    const connection = await Connection.connect(connectionOptions);
    return { connection, ...(namespace ? { namespace } : {}) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnavailableError(`Temporal does not answer at ${connectionOptions.address ?? 'its address'}: ${why}`);
  }
}
