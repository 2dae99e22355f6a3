import { type CallCounts, SCOPE_PREFIX } from '../domain/call.ts';
import { isRemote } from '../domain/destination.ts';
import { parentOf } from '../domain/entity.ts';
import type { Database, Queryable } from './database.ts';
import { collectDoomed, endDoomed, lockBlueprintsOf, WRITTEN, withParents } from './ending.ts';
import { lockCalls, settleCall } from './inbox.ts';
import type { LiveCall, LiveChange, LiveEnd, LiveWrite } from './live-change.ts';
import { independentGroups } from './live-group.ts';
import { assignToCall } from './outbox.ts';
import { putIntoQuarantine } from './quarantine.ts';
import { countRows, lockOutPages, type Written, writeMapped } from './write-batch.ts';

export interface LiveTarget {
  readonly integration: string;
  readonly destination: string;
  /** The keys of all configured resources. */
  readonly resources: readonly string[];
}

/**
 * Applies calls in one transaction, in their order: ends claims, writes what changed, and settles the calls. Not fenced
 * by an epoch, only ordered by observation (sync-semantics 5.5, 6.2). A call that another attempt has settled is left
 * alone: `null`. One for a remote destination is settled by its sender, when that has confirmed it; until then it may
 * be applied again.
 */
export function applyLive(
  db: Database,
  target: LiveTarget,
  calls: readonly LiveCall[],
): Promise<(AppliedLive | null)[]> {
  return db.transaction(async (tx) => {
    const waiting = await lockCalls(
      tx,
      calls.map(({ seq }) => seq),
    );
    const open = calls.filter(({ seq }) => waiting.has(seq));
    if (open.length === 0) return calls.map(() => null);
    await lockOutPages(tx, target.integration);
    const applied = await applyOpen(tx, target, open);
    for (const [index, { seq }] of open.entries()) {
      const { result, reason } = applied[index] as AppliedLive;
      if (isRemote(target.destination)) await assignToCall(tx, target, seq);
      else await settleCall(tx, seq, { state: 'applied', result, reason });
    }
    return calls.map((call) => applied[open.indexOf(call)] ?? null);
  });
}

/** By the statements of one call wherever that comes to the same. */
async function applyOpen(tx: Queryable, target: LiveTarget, calls: readonly LiveCall[]): Promise<AppliedLive[]> {
  const applied: AppliedLive[] = [];
  for (const group of independentGroups(calls)) {
    const together = group.length > 1 ? await writeTogether(tx, target, group) : null;
    if (together) applied.push(...together);
    else for (const { change } of group) applied.push(await write(tx, target, change));
  }
  return applied;
}

/**
 * Writes independent calls as if they were one. `null`, and nothing written, where what becomes of one may depend on
 * another all the same: claims end, records are decided one by one, or references depend on what is skipped.
 */
async function writeTogether(
  tx: Queryable,
  target: LiveTarget,
  calls: readonly LiveCall[],
): Promise<AppliedLive[] | null> {
  const writes = calls.flatMap(({ change }, call) => change.writes.map((each) => ({ ...each, call })));
  const ends = calls.flatMap(({ change }) => change.ends);
  if (writes.some(({ policy, strategy }) => policy !== null || !strategy.create)) return null;
  const epoch = await epochOf(tx, target);
  await lockAll(tx, target, { writes, ends });
  if (await endsSomething(tx, target, ends)) return null;
  if (ends.length > 0) await bury(tx, target, ends);
  const results = calls.map(({ change: { unidentified, writes: own } }) => {
    return { ...NOTHING, unidentified, quarantined: own.reduce((sum, each) => sum + each.quarantined.length, 0) };
  });
  for (const resource of new Set(writes.map((each) => each.resource))) {
    const same = writes.filter((each) => each.resource === resource);
    const entities = same.flatMap((each) => each.entities.map((entity) => ({ entity, call: each.call })));
    const whole = {
      ...(same[0] as LiveWrite),
      entities: entities.map(({ entity }) => entity),
      quarantined: same.flatMap((each) => each.quarantined),
    };
    const { rows } = await writeResource(tx, { ...target, epoch }, whole);
    for (const [call, result] of results.entries()) {
      const counts = countRows(rows.filter(({ place }) => entities[place]?.call === call));
      for (const name of ADDED) result[name] += counts[name];
    }
  }
  return results.map((result) => ({ result, reason: null }));
}

/** What applying a call did, and what there is to say of it. */
export interface AppliedLive {
  readonly result: CallCounts;
  readonly reason: string | null;
}

async function write(
  tx: Queryable,
  target: LiveTarget,
  { writes, ends, unidentified }: LiveChange,
): Promise<AppliedLive> {
  const total = { ...NOTHING, unidentified };
  const warnings = new Set<string>();
  const epoch = await epochOf(tx, target);
  await lockAll(tx, target, { writes, ends });
  if (ends.length > 0) total.deleted += await end(tx, target, ends);
  for (const each of writes) {
    const counts = await writeResource(tx, { ...target, epoch }, each);
    for (const name of ADDED) total[name] += counts[name];
    total.quarantined += each.quarantined.length + counts.quarantined;
    for (const warning of counts.warnings) warnings.add(warning);
  }
  return { result: total, reason: [...warnings].join('; ') || null };
}

async function epochOf(tx: Queryable, { integration }: LiveTarget): Promise<number> {
  const [row] = await tx.query<{ epoch: number }>('select epoch from tidemark.integration where id = $1', [
    integration,
  ]);
  return (row as { epoch: number }).epoch;
}

const ADDED = ['created', 'updated', 'unchanged', 'skipped', 'outdated'] as const;

const NOTHING = {
  created: 0,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  deleted: 0,
  outdated: 0,
  quarantined: 0,
  unidentified: 0,
};

/** All blueprints at once and in order: two calls that touch several cannot lock each other out. */
async function lockAll(
  tx: Queryable,
  { integration, destination }: LiveTarget,
  { writes, ends }: Pick<LiveChange, 'writes' | 'ends'>,
): Promise<void> {
  const entities = writes.flatMap((each) => each.entities);
  const named = new Set(
    entities.flatMap(({ blueprint, fields }) => [blueprint, parentOf(fields)?.blueprint ?? blueprint]),
  );
  await lockBlueprintsOf(
    tx,
    `select $1::text as destination, unnest($2::text[]) as blueprint
      union
     select destination, blueprint from (${withParents(ended('$3', '$4'))}) e`,
    [destination, [...named], endRows(ends), integration],
  );
}

async function writeResource(
  tx: Queryable,
  { integration, destination, epoch, resources }: LiveTarget & { epoch: number },
  write: LiveWrite,
): Promise<Written> {
  await putIntoQuarantine(tx, { integration, epoch }, write);
  return writeMapped(tx, { integration, destination, epoch, batch: { ...write, resources }, live: true });
}

const endRows = (ends: readonly LiveEnd[]): string =>
  JSON.stringify(
    ends.map(({ identity, kept, ...rest }) => ({
      ...rest,
      ...identity,
      kept: kept.map(({ blueprint, identifier }) => [blueprint, identifier]),
    })),
  );

const END_COLUMNS = `(resource text, kind text, "recordKey" text, blueprint text, identifier text, kept jsonb,
  "observedAt" timestamptz, tombstone boolean)`;

/**
 * The claims that end. By the record's key and by the entity, each by an index of its own: an entity alone names the
 * claims of records without a key, and without a key in the call every claim of the resource on it.
 */
const ended = (ends: string, integration: string): string => `
  select distinct c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier, c.kind,
         false as removed, ${WRITTEN} as base, c.owns
    from (
      select c.*, d.kept, d."observedAt" from json_to_recordset(${ends}::json) as d ${END_COLUMNS}
        join tidemark.claim c
             on c.destination = $1 and c.integration = ${integration} and c.resource = d.resource
            and c.record_key = d."recordKey" and d."recordKey" <> ''
            and (d.identifier is null or c.blueprint = d.blueprint and c.identifier = d.identifier)
      union all
      select c.*, d.kept, d."observedAt" from json_to_recordset(${ends}::json) as d ${END_COLUMNS}
        join tidemark.claim c
             on c.destination = $1 and c.blueprint = d.blueprint and c.identifier = d.identifier
            and c.integration = ${integration} and c.resource = d.resource
            and (c.record_key = '' or d."recordKey" = '')
    ) c
   where c.observed_at <= c."observedAt" and not c.kept @> jsonb_build_array(jsonb_build_array(c.blueprint, c.identifier))`;

/**
 * Leaves tombstones: for the key of the record, or for the entity where it has none, and then for the keys of the records
 * that are found by it as well.
 */
const BURY = `
  insert into tidemark.tombstone as t
    (destination, integration, resource, record_key, blueprint, identifier, kind, observed_at)
  select distinct on (resource, record_key, blueprint, identifier)
         $1, $2, resource, record_key, blueprint, identifier, kind, observed_at
    from (
      select resource, "recordKey" as record_key, kind, "observedAt" as observed_at,
             case when "recordKey" = '' then blueprint else '' end as blueprint,
             case when "recordKey" = '' then identifier else '' end as identifier
        from json_to_recordset($3::json) as d ${END_COLUMNS} where tombstone
      union all
      select c.resource, c.record_key, c.kind, d."observedAt", '', ''
        from json_to_recordset($3::json) as d ${END_COLUMNS}
        join tidemark.claim c
             on c.destination = $1 and c.blueprint = d.blueprint and c.identifier = d.identifier
            and c.integration = $2 and c.resource = d.resource and c.record_key <> ''
       where d.tombstone and d."recordKey" = '' and c.observed_at <= d."observedAt"
    ) buried
   order by resource, record_key, blueprint, identifier, observed_at desc
  on conflict (integration, destination, resource, record_key, blueprint, identifier) do update
    set observed_at = greatest(t.observed_at, excluded.observed_at), created_at = clock_timestamp()`;

async function end(tx: Queryable, target: LiveTarget, ends: readonly LiveEnd[]): Promise<number> {
  const { integration, destination, resources } = target;
  await bury(tx, target, ends);
  // Mostly nothing ends: a record that is there lets go only of what it was before.
  if (!(await endsSomething(tx, target, ends))) return 0;
  await collectDoomed(tx, ended('$2', '$3'), [destination, endRows(ends), integration]);
  const groups = await endDoomed(tx, { integration, resources });
  return groups.reduce((sum, { deleted }) => sum + deleted, 0);
}

async function bury(tx: Queryable, { integration, destination }: LiveTarget, ends: readonly LiveEnd[]): Promise<void> {
  if (ends.some(({ tombstone }) => tombstone)) await tx.query(BURY, [destination, integration, endRows(ends)]);
}

async function endsSomething(
  tx: Queryable,
  { integration, destination }: LiveTarget,
  ends: readonly LiveEnd[],
): Promise<boolean> {
  if (ends.length === 0) return false;
  const doomed = await tx.query(`${ended('$2', '$3')} limit 1`, [destination, endRows(ends), integration]);
  return doomed.length > 0;
}

/**
 * Forgets tombstones of a kind that a run which began after them has read to its end, a day later at the earliest
 * (sync-semantics 6.4).
 */
export async function forgetTombstones(tx: Queryable, runId: string, kind: string): Promise<void> {
  await tx.query(
    `delete from tidemark.tombstone t using tidemark.run r
      where r.id = $1 and t.integration = r.integration and t.kind = $2 and t.observed_at < r.started_at
        and t.created_at < clock_timestamp() - interval '24 hours'`,
    [runId, kind],
  );
}

/**
 * Forgets tombstones of scopes, which no run reads: after a day, unless a call that is as old waits in the inbox.
 */
export async function forgetScopeTombstones(db: Queryable, integration: string): Promise<void> {
  await db.query(
    `delete from tidemark.tombstone t
      where integration = $1 and kind like '${SCOPE_PREFIX}%' and created_at < clock_timestamp() - interval '24 hours'
        and not exists (
          select from tidemark.inbox i
           where i.integration = $1 and i.state = 'waiting' and i.received_at <= t.observed_at)`,
    [integration],
  );
}
