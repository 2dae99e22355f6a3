import { eventChange } from '../../activities/live-change.ts';
import type { Database } from '../../catalog/database.ts';
import { fenced } from '../../catalog/fence.ts';
import { acceptCalls, toInboxRow, waitingCalls } from '../../catalog/inbox.ts';
import type { LiveChange } from '../../catalog/live.ts';
import type { StagedBatch } from '../../catalog/mapped-batch.ts';
import { nextLookups, recordAbsent, recordVerdicts } from '../../catalog/stale.ts';
import type { Integration, Resource } from '../../config/configuration.ts';
import type { Destination } from '../../destinations/destination.ts';
import type { EventCall } from '../../domain/call.ts';
import type { RawRecord } from '../../domain/json.ts';
import { createResourceMapping } from '../../mapping/resource-mapping.ts';
import type { Source } from '../../sources/source.ts';
import { type MappedRecord, StagedRun } from '../support/staged-run.ts';

/** A record of the source; `null`: there is none. */
export type State = {
  /** What it maps to. */
  readonly identity: string;
  readonly value: number;
  /** The resource's query rules it out. */
  readonly hidden?: boolean;
} | null;

/** What a catalog holds: identifier → value. */
export type Content = Readonly<Record<string, number>>;

const INTEGRATION = 'acme';

const RESOURCE: Resource = {
  key: 'thing',
  position: 0,
  kind: 'thing',
  query: '$not(hidden = true)',
  selector: {},
  entity: {
    identifier: 'identity',
    blueprint: '"thing"',
    title: null,
    team: null,
    properties: { value: 'value' },
    relations: {},
    modifiedAt: null,
  },
  itemsToParse: null,
  components: [],
  strategy: { create: true, update: true },
  policy: {},
  resolve: null,
};

const MAPPING = createResourceMapping(RESOURCE);

const UNLIMITED = { maxShare: 1, maxCount: null, emptySource: 'delete' } as const;

/**
 * A source of a few lines, whose state is known at every moment, with the two ways from it into a catalog: steps of a run,
 * and events. Each step is what the activities do, without Temporal.
 */
export class LiveModel {
  readonly states = new Map<string, State>();
  private readonly db: Database;
  private readonly destination: Destination;

  constructor({ db, destination }: { db: Database; destination: Destination }) {
    this.db = db;
    this.destination = destination;
  }

  /** What the catalog should hold; of two records with one identity the one with the greater key is merged last. */
  expected(keys: Iterable<string> = this.states.keys()): Content {
    const shown = [...keys].sort().map((key) => this.states.get(key) ?? null);
    return Object.fromEntries(
      shown.flatMap((state) => (state === null || state.hidden ? [] : [[state.identity, state.value]])),
    );
  }

  async catalog(): Promise<Content> {
    const rows = await this.db.query<{ identifier: string; value: number }>(
      `select identifier, (fields ->> 'properties.value')::int as value from tidemark.entity order by identifier`,
    );
    return Object.fromEntries(rows.map(({ identifier, value }) => [identifier, value]));
  }

  /** Works out an event about a record, as it would be taken from the inbox: the record is looked up now. */
  async observe(key: string): Promise<LiveChange> {
    const call: EventCall = { type: 'event', event: 'changed', payload: { key } };
    const pipeline = {
      integration: { id: INTEGRATION, resources: [RESOURCE] } as unknown as Integration,
      source: this.source,
      destination: this.destination,
      policies: new Map(),
      mappings: new Map([[RESOURCE.key, MAPPING]]),
    };
    const log = { info: () => {}, warn: () => {} };
    const site = { db: this.db, log, pipeline, signal: new AbortController().signal, lookups: new Map() };
    const change = await eventChange(site, call, 'never');
    if (typeof change === 'string') throw new Error(change);
    return change;
  }

  /** Applies what events have observed, of several records as one call. */
  async apply(changes: readonly LiveChange[]): Promise<void> {
    const { key: resource, kind, position, strategy } = RESOURCE;
    const written = changes.flatMap(({ writes }) => writes);
    const change: LiveChange = {
      writes: [
        {
          resource,
          kind,
          position,
          strategy,
          policy: null,
          entities: written.flatMap(({ entities }) => entities),
          quarantined: [],
        },
      ],
      ends: changes.flatMap(({ ends }) => ends),
      unidentified: 0,
    };
    const call: EventCall = { type: 'event', event: 'changed', payload: {} };
    await acceptCalls(this.db, [toInboxRow({ integration: INTEGRATION, origin: 'webhook', delivery: null, call })]);
    const {
      calls: [waiting],
    } = await waitingCalls(this.db, INTEGRATION, 1);
    const seq = waiting?.seq as number;
    await this.destination.applyLive({ integration: INTEGRATION, resources: [RESOURCE.key] }, [{ seq, change }]);
  }

  begin(): Promise<StagedRun> {
    return StagedRun.begin({ db: this.db, destination: this.destination }, { integration: INTEGRATION });
  }

  /** Lists the source as it is now; `write` then writes what was found. */
  fetch(run: StagedRun, pass: 'read' | 'second-listing' = 'read'): Promise<StagedBatch> {
    return run.stage(this.rows([...this.states.keys()]), { pass });
  }

  async write(run: StagedRun, batch: StagedBatch): Promise<void> {
    await this.destination.upsert(run.run, batch);
  }

  async findStale(run: StagedRun): Promise<void> {
    await run.finishKinds([RESOURCE.kind]);
    await this.destination.findStale(run.run, { resources: [RESOURCE.key], configured: null });
  }

  /** The second look by lookup, as the source is now; `write` then writes what is still there. */
  async lookAgain(run: StagedRun): Promise<StagedBatch> {
    const scope = { resource: RESOURCE.key, after: null, limit: 1_000_000 };
    const keys = (await nextLookups(this.db, run.run, scope)).map(({ recordKey }) => recordKey);
    const staged = await run.stage(this.rows(keys), { pass: 'lookup' });
    const verdicts = keys.map((recordKey) => {
      const verdict = (this.states.get(recordKey) ?? null) === null ? ('gone' as const) : ('present' as const);
      return { recordKey, verdict };
    });
    await fenced(this.db, run.run, (tx) =>
      recordVerdicts(tx, run.run, { resource: RESOURCE.key, verdicts, attempt: staged.fetchAttempt }),
    );
    return staged;
  }

  /** A second listing came to its end. */
  async recordAbsent(run: StagedRun): Promise<void> {
    await recordAbsent(this.db, run.run, RESOURCE.kind);
  }

  async delete(run: StagedRun): Promise<void> {
    const request = { resources: [RESOURCE.key], limits: UNLIMITED, removed: 'delete' } as const;
    await this.destination.deleteStale(run.run, request);
    await run.end();
  }

  /** A whole run, with nothing in between. */
  async resync(): Promise<void> {
    const run = await this.begin();
    await this.write(run, await this.fetch(run));
    await this.findStale(run);
    await this.write(run, await this.lookAgain(run));
    await this.delete(run);
  }

  private rows(keys: readonly string[]): MappedRecord[] {
    return keys.flatMap((key) => {
      const state = this.states.get(key) ?? null;
      if (state === null || state.hidden) return [];
      return [{ key, identifier: state.identity, fields: { 'properties.value': state.value } }];
    });
  }

  private readonly source: Source = {
    events: {
      accept: () => {
        throw new Error('nothing is delivered');
      },
      changes: (_, { key }) => [{ kind: RESOURCE.kind, key: String(key), locator: String(key), record: null }],
    },
    list: () => {
      throw new Error('nothing is listed');
    },
    identify: (_, { key }) => ({ key: String(key), locator: String(key) }),
    lookup: async ({ key }): Promise<RawRecord | null> => {
      const state = this.states.get(key) ?? null;
      return state === null ? null : { key, ...state };
    },
  };
}
