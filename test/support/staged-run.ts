import { randomUUID } from 'node:crypto';
import type { AppliedPlan } from '../../catalog/apply-plan.ts';
import { importConfiguration } from '../../catalog/configurations.ts';
import type { Database } from '../../catalog/database.ts';
import type { DeletePhase } from '../../catalog/delete-phase.ts';
import { fenced } from '../../catalog/fence.ts';
import type { StagedBatch } from '../../catalog/mapped-batch.ts';
import { beginRun, finishKind, finishRun, planKinds } from '../../catalog/runs.ts';
import { databaseClock, packPage, stageBatch, toJson } from '../../catalog/staging.ts';
import { recordAbsent, type StaleKind } from '../../catalog/stale.ts';
import { insertTrigger } from '../../catalog/triggers.ts';
import type { Destination } from '../../destinations/destination.ts';
import type { RecordPolicy } from '../../domain/conflict/record-policy.ts';
import type { DeleteLimits } from '../../domain/delete-guards.ts';
import type { Fields } from '../../domain/entity.ts';
import type { RawRecord } from '../../domain/json.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Pass, PinnedRun, UpsertCounts } from '../../domain/run.ts';
import { FULL, type Scope } from '../../domain/scope.ts';
import type { Strategy } from '../../domain/strategy.ts';

/** A record as the mapping would have staged it. */
export interface MappedRecord {
  readonly key: string;
  readonly blueprint?: string;
  readonly identifier?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Paths of fields whose expression failed. */
  readonly failed?: readonly string[];
  /** The identity could not be evaluated. */
  readonly rejected?: boolean;
  /** Database time of the observation; now when left out. */
  readonly observedAt?: string;
  readonly locator?: string | null;
  /** When it last changed at the source; not known when left out. */
  readonly modifiedAt?: string | null;
  readonly raw?: RawRecord;
  /** When people last edited it, where it rests on that alone. */
  readonly editedAt?: string | null;
}

export interface Target {
  readonly kind?: string;
  readonly resource?: string;
  readonly position?: number;
  readonly pass?: Pass;
  /** The keys of all configured resources. Default: those of the tests. */
  readonly resources?: readonly string[];
  readonly strategy?: Strategy;
  /** What decides beyond the strategy. Default: nothing. */
  readonly policy?: RecordPolicy | null;
  /** Records that the source says are gone. Default: none. */
  readonly gone?: StagedBatch['gone'];
  /** Records besides, that the selector's query rules out. Default: none. */
  readonly ruledOut?: number;
  /** The source's clock, and the latest change among the records. Default: not told. */
  readonly clock?: string | null;
  readonly modified?: string | null;
}

/** No guard holds anything, unless a test asks for one. */
const UNLIMITED: DeleteLimits = { maxShare: 1, maxCount: null, emptySource: 'delete' };

export interface RunOptions {
  readonly integration?: string;
  /** Stands for the configuration: another text is another one. */
  readonly configuration?: string;
  readonly kinds?: readonly string[];
  readonly scope?: Scope;
  /** The plan that it applies; the run is then an approval. */
  readonly approves?: string;
}

const RESOURCES = ['thing', 'thing#0', 'thing#1', 'thing#2', 'one', 'two'];

/** Drives a run's catalog steps the way the activities do, without Temporal. */
export class StagedRun {
  readonly run: PinnedRun;
  private readonly db: Database;
  private readonly destination: Destination;

  private constructor(db: Database, destination: Destination, run: PinnedRun) {
    this.db = db;
    this.destination = destination;
    this.run = run;
  }

  static async begin(
    { db, destination }: { db: Database; destination: Destination },
    { integration = 'acme', kinds = ['thing'], scope = FULL, approves, configuration = 'same' }: RunOptions = {},
  ): Promise<StagedRun> {
    await importConfiguration(db, { integration, document: {}, hash: configuration, origin: 'file' });
    const action = approves === undefined ? 'resync' : 'apply';
    await insertTrigger(db, { integration, origin: 'sdk', action, scope, plan: approves ?? null, call: null });
    const begun = await beginRun(db, integration, randomUUID());
    if (!begun) throw new Error('no run began');
    if (action === 'resync') await planKinds(db, begun.run, kinds);
    return new StagedRun(db, destination, begun.run);
  }

  /** Stages the records as one batch and writes it. */
  async write(records: readonly MappedRecord[], target: Target = {}): Promise<UpsertCounts> {
    const staged = await this.stage(records, target);
    return (await this.destination.upsert(this.run, staged)).counts;
  }

  /** Stages the records as one batch; `destination.upsert` can then be called with it, also more than once. */
  async stage(records: readonly MappedRecord[], target: Target = {}): Promise<StagedBatch> {
    const { kind = 'thing', resource = kind, position = 0, pass = 'read', resources = RESOURCES } = target;
    const { strategy = { create: true, update: true }, ruledOut = 0, clock = null, modified = null } = target;
    const { policy = null, gone = [] } = target;
    const now = await databaseClock(this.db);
    const fetchAttempt = randomUUID();
    const pages = [await packPage(now, toJson([]))];
    const batch = { attempt: fetchAttempt, kind, resource, pass, pages, nextCursor: null, clock, modified };
    await fenced(this.db, this.run, (tx) => stageBatch(tx, this.run, batch));
    return {
      fetchAttempt,
      gone,
      kind,
      resource,
      position,
      resources,
      strategy,
      policy,
      counts: { pages: 1, read: records.length + ruledOut, ruledOut },
      fieldFailures: [],
      failure: null,
      entities: records
        .filter((record) => !record.rejected)
        .map((record) => ({
          recordKey: record.key,
          locator: record.locator === undefined ? `/things/${record.key}` : record.locator,
          blueprint: record.blueprint ?? 'thing',
          identifier: record.identifier ?? record.key,
          fields: (record.fields ?? {}) as Fields,
          failed: record.failed ?? [],
          observedAt: record.observedAt ?? now,
          modifiedAt: record.modifiedAt ?? null,
          editedAt: record.editedAt,
          raw: record.raw ?? {},
        })),
      quarantined: records
        .filter((record) => record.rejected)
        .map(({ key }) => ({ recordKey: key, stage: 'identifier', reason: 'none', raw: '{}', observedAt: now })),
    };
  }

  /** These kinds are complete. */
  async finishKinds(kinds: readonly string[]): Promise<void> {
    for (const kind of kinds) {
      await finishKind(this.db, this.run, { kind, state: 'complete', error: null, checkpointOverlap: 0 });
    }
  }

  /** Every kind is complete: what was not seen gets a second look that agrees, and is deleted. */
  async deleteUnseen({
    kinds = ['thing'],
    resources = kinds,
    configured = null,
    limits = {},
    removed = 'delete',
  }: {
    kinds?: string[];
    resources?: string[];
    /** Given: claims of other resources form the group `removed`. */
    configured?: string[] | null;
    limits?: Partial<DeleteLimits>;
    removed?: 'hold' | 'delete';
  } = {}): Promise<{
    stale: StaleKind[];
    phase: DeletePhase;
  }> {
    await this.finishKinds(kinds);
    const stale = await this.destination.findStale(this.run, { resources, configured });
    for (const kind of kinds) await recordAbsent(this.db, this.run, kind);
    const request = { resources: configured ?? resources, limits: { ...UNLIMITED, ...limits }, removed };
    return { stale, phase: await this.destination.deleteStale(this.run, request) };
  }

  /** Carries out a plan, as the run of its approval does. */
  apply(plan: string, resources: readonly string[] = RESOURCES): Promise<AppliedPlan> {
    return this.destination.applyPlan(this.run, { plan, resources });
  }

  async end(outcome: Outcome = 'complete'): Promise<void> {
    await finishRun(this.db, this.run, { outcome, reason: null, overtaken: false, handTriggersOver: false });
  }
}
