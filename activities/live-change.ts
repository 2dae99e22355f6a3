import type { LiveChange, LiveEnd, LiveWrite } from '../catalog/live-change.ts';
import { databaseClock } from '../catalog/staging.ts';
import { PLAIN, PLAIN_POSITION } from '../catalog/sync-scope.ts';
import type { Resource } from '../config/configuration.ts';
import { type EventCall, type PlainCall, type RawCall, type ReadyEntity, scopeResource } from '../domain/call.ts';
import { type EntityKey, identityOf } from '../domain/entity.ts';
import { UsageError } from '../domain/errors.ts';
import type { RawRecord } from '../domain/json.ts';
import type { EventChange } from '../sources/source.ts';
import { BatchMapping } from './batch-mapping.ts';
import { type ActivityDependencies, type Pipeline, policyOf } from './dependencies.ts';

/** What calls are worked out with. */
export interface Worksite extends Pick<ActivityDependencies, 'db' | 'log'> {
  readonly pipeline: Pipeline;
  readonly signal: AbortSignal;
  /** Records that were asked for since the calls were taken up: events of one record share what is found. */
  readonly lookups: Map<string, Promise<Observation>>;
}

/** What a record was at a time of PostgreSQL's clock; `null`: gone. */
interface Observation {
  readonly record: RawRecord | null;
  readonly observedAt: string;
}

const NOTHING: LiveChange = { writes: [], ends: [], unidentified: 0 };

/** What a raw call does to the claims of its kind's resources (sync-semantics 6.6). */
export async function rawChange(site: Worksite, call: RawCall, observedAt: string): Promise<LiveChange> {
  const parts = [];
  for (const resource of resourcesOf(site.pipeline, call.kind)) {
    if (call.type === 'update-raw-diff') parts.push(await difference(site, { resource, observedAt, ...call }));
    else if (call.type === 'register-raw') parts.push(await register(site, { resource, observedAt, rows: call.rows }));
    else parts.push(await unregister(site, { resource, observedAt, rows: call.rows }));
  }
  return joined(parts);
}

interface Rows {
  readonly resource: Resource;
  readonly rows: readonly RawRecord[];
  readonly observedAt: string;
}

async function mapped({ pipeline }: Worksite, { resource, rows, observedAt }: Rows, anyRecord = false) {
  const batch = new BatchMapping(pipeline, resource);
  await batch.add({ rows, gone: [], observedAt }, { anyRecord });
  return batch;
}

async function register(site: Worksite, rows: Rows): Promise<LiveChange> {
  const batch = await mapped(site, rows);
  return { ...NOTHING, writes: [writeOf(site, rows.resource, batch)] };
}

async function unregister(site: Worksite, rows: Rows): Promise<LiveChange> {
  const { resource, observedAt } = rows;
  const batch = await mapped(site, rows, true);
  const end = { resource: resource.key, kind: resource.kind, kept: [], observedAt, tombstone: true };
  const keys = new Set([...batch.entities, ...batch.quarantined].map(({ recordKey }) => recordKey));
  keys.delete('');
  const byKey = [...keys].map((recordKey) => ({ ...end, recordKey, identity: null }));
  const keyless = batch.entities.filter(({ recordKey }) => recordKey === '');
  const byEntity = keyless.map((identity) => ({ ...end, recordKey: '', identity }));
  const unidentified = batch.quarantined.filter(({ recordKey }) => recordKey === '').length;
  return { writes: [], ends: [...byKey, ...byEntity], unidentified };
}

async function difference(
  site: Worksite,
  { before, after, ...at }: Omit<Rows, 'rows'> & { before: readonly RawRecord[]; after: readonly RawRecord[] },
): Promise<LiveChange> {
  const gone = await mapped(site, { ...at, rows: before }, true);
  const there = await mapped(site, { ...at, rows: after });
  const kept = new Set(there.entities.map(identityOf));
  // What a record is now that could not be mapped is unknown: its claims stay (1.4).
  const unclear = new Set(there.quarantined.map(({ recordKey }) => recordKey));
  unclear.delete('');
  const { resource, observedAt } = at;
  const ends = gone.entities
    .filter((entity) => !kept.has(identityOf(entity)) && !unclear.has(entity.recordKey))
    .map((entity) => ({
      resource: resource.key,
      kind: resource.kind,
      recordKey: entity.recordKey,
      identity: entity,
      kept: [],
      observedAt,
      tombstone: !there.entities.some(({ recordKey }) => recordKey !== '' && recordKey === entity.recordKey),
    }));
  const unidentified = gone.quarantined.filter(({ recordKey }) => recordKey === '').length;
  return { writes: [writeOf(site, resource, there)], ends, unidentified };
}

/** What a call with ready entities does to the claims of its scope (sync-semantics 6.7). */
export function plainChange(call: Exclude<PlainCall, { type: 'sync' }>, observedAt: string): LiveChange {
  const resource = scopeResource(call.scope);
  const write = (entities: readonly ReadyEntity[]): LiveWrite => ({
    resource,
    kind: resource,
    position: PLAIN_POSITION,
    strategy: { create: true, update: true },
    policy: null,
    entities: entities.map((entity) => ({ ...entity, ...PLAIN, observedAt })),
    quarantined: [],
  });
  const end = (identity: EntityKey): LiveEnd => ({
    resource,
    kind: resource,
    recordKey: '',
    identity,
    kept: [],
    observedAt,
    tombstone: true,
  });
  if (call.type === 'update-diff') {
    const kept = new Set(call.after.map(identityOf));
    const gone = call.before.filter((entity) => !kept.has(identityOf(entity)));
    return { writes: [write(call.after)], ends: gone.map(end), unidentified: 0 };
  }
  if (call.type === 'register') return { ...NOTHING, writes: [write(call.entities)] };
  return { ...NOTHING, ends: call.entities.map(end) };
}

/**
 * What an event does; a text: why it concerns nothing. Where the source can look the record up, what it says then is
 * the observation (sync-semantics 6.3); a record that has left the selector's view is unregistered (6.5).
 */
export async function eventChange(site: Worksite, call: EventCall, receivedAt: string): Promise<LiveChange | string> {
  const { source, integration } = site.pipeline;
  if (source.events?.handle) {
    const calls = await source.events.handle(call.event, call.payload);
    if (typeof calls === 'string') return calls;
    const made = [];
    for (const each of calls) {
      if (resourcesOf(site.pipeline, each.kind).length === 0) {
        throw new UsageError(
          `the listener of the event ${call.event} named the kind ${each.kind}, which is not configured`,
        );
      }
      made.push(await rawChange(site, each, receivedAt));
    }
    return joined(made);
  }
  const changes = source.events?.changes(call.event, call.payload) ?? 'the source has no events';
  if (typeof changes === 'string') return changes;
  const parts = [];
  for (const change of changes) {
    const resources = integration.resources.filter(({ kind }) => kind === change.kind);
    if (resources.length === 0) continue;
    const { record, observedAt } = await observe(site, change, receivedAt);
    for (const resource of resources) parts.push(await observed(site, { resource, change, record, observedAt }));
  }
  if (parts.length === 0) return `no resource reads what the event ${call.event} is about`;
  return joined(parts);
}

function observe(
  site: Worksite,
  { kind, key, locator, record }: EventChange,
  receivedAt: string,
): Observation | Promise<Observation> {
  if (locator === null) return { record, observedAt: receivedAt };
  const name = JSON.stringify([kind, key, locator]);
  const known = site.lookups.get(name) ?? lookUp(site, { kind, key, locator });
  site.lookups.set(name, known);
  return known;
}

async function lookUp(
  { db, log, signal, pipeline }: Worksite,
  sought: { kind: string; key: string; locator: string },
): Promise<Observation> {
  const observedAt = await databaseClock(db);
  return { record: await pipeline.source.lookup({ ...sought, signal, log }), observedAt };
}

async function observed(
  site: Worksite,
  { resource, change, record, observedAt }: Observation & { resource: Resource; change: EventChange },
): Promise<LiveChange> {
  const { source } = site.pipeline;
  const end = { resource: resource.key, kind: resource.kind, recordKey: change.key, identity: null, observedAt };
  const inView = record !== null && source.admits?.(resource.kind, resource.selector, record) !== false;
  if (!inView) return { ...NOTHING, ends: [{ ...end, kept: [], tombstone: true }] };
  const batch = await mapped(site, { resource, rows: [record], observedAt });
  // A record that could not be mapped is there, but as what is unknown: its claims stay.
  const writes = [writeOf(site, resource, batch)];
  if (batch.quarantined.length > 0) return { ...NOTHING, writes };
  // Where the strategy leaves the record alone, no claim says that it was observed: the tombstone does.
  const { create, update } = resource.strategy;
  const maySkip = !(create && update) || Boolean(site.pipeline.policies.get(resource.key)?.resolve);
  const tombstone = batch.entities.length === 0 || maySkip;
  return { ...NOTHING, writes, ends: [{ ...end, kept: batch.entities, tombstone }] };
}

function writeOf({ pipeline }: Worksite, resource: Resource, { entities, quarantined }: BatchMapping): LiveWrite {
  const { key, kind, position, strategy } = resource;
  return { resource: key, kind, position, strategy, policy: policyOf(pipeline, key), entities, quarantined };
}

const resourcesOf = ({ integration }: Pipeline, wanted: string): Resource[] =>
  integration.resources.filter(({ kind }) => kind === wanted);

function joined(parts: readonly LiveChange[]): LiveChange {
  return {
    writes: parts.flatMap(({ writes }) => writes),
    ends: parts.flatMap(({ ends }) => ends),
    unidentified: parts.reduce((sum, { unidentified }) => sum + unidentified, 0),
  };
}
