import { type EntityKey, type Fields, identityOf } from '../domain/entity.ts';
import type { Json } from '../domain/json.ts';
import { SYNC_API, SYNC_API_RESOURCE } from '../domain/sync-api.ts';
import type { Queryable } from './database.ts';
import { collectDoomed, endDoomed, lockBlueprintsOf } from './ending.ts';
import { databaseClock } from './staging.ts';
import { PLAIN_POSITION } from './sync-scope.ts';
import { lockOutCalls, writeMapped } from './write-batch.ts';

/** A row that the Sync API writes. What its fields leave out stays as it is. */
export interface SyncRow extends EntityKey {
  readonly fields: Fields;
}

const DESTINATION = 'catalog';

/**
 * Waits for the other writers of all blueprints of a request, in the one order of all writers: two requests over the same
 * rows in opposite orders then follow each other (record 0003).
 */
export async function lockForSync(tx: Queryable, blueprints: readonly string[]): Promise<void> {
  await lockOutCalls(tx, SYNC_API);
  await lockBlueprintsOf(tx, 'select $1::text as destination, unnest($2::text[]) as blueprint', [
    DESTINATION,
    blueprints,
  ]);
}

/** Which of the identities are in the catalog. */
export async function existing(tx: Queryable, keys: readonly EntityKey[]): Promise<EntityKey[]> {
  return tx.query<EntityKey>(
    `select e.blueprint, e.identifier
       from tidemark.entity e
       join (select distinct blueprint, identifier from unnest($2::text[], $3::text[]) as u (blueprint, identifier)) k
         on e.destination = $1 and e.blueprint = k.blueprint and e.identifier = k.identifier`,
    [DESTINATION, ...columns(keys)],
  );
}

/**
 * Writes rows, of which each identity is named once, as every batch is written. A write names only some fields: the others
 * stay what the caller wrote before, and lists of links only grow (sync-semantics 9).
 */
export async function writeRows(tx: Queryable, rows: readonly SyncRow[]): Promise<void> {
  const [known, observedAt] = [await readKnown(tx, rows), await databaseClock(tx)];
  const batch = {
    kind: SYNC_API_RESOURCE,
    resource: SYNC_API_RESOURCE,
    position: PLAIN_POSITION,
    resources: [],
    strategy: { create: true, update: true },
    entities: rows.map(({ blueprint, identifier, fields }, place) => ({
      ...{ blueprint, identifier, recordKey: '', locator: null, failed: [], observedAt },
      fields: written(known.get(place), fields),
    })),
    quarantined: [],
  };
  await writeMapped(tx, { integration: SYNC_API, destination: DESTINATION, epoch: 0, batch, live: true });
}

/** What there is of a row. */
interface Known {
  /** What the caller wrote of it before. */
  readonly base: Fields | null;
  /** What stands there, where its lists of links matter. */
  readonly stored: Fields | null;
}

async function readKnown(tx: Queryable, rows: readonly SyncRow[]): Promise<Map<number, Known>> {
  const found = await tx.query<Known & { place: number }>(KNOWN, [
    DESTINATION,
    ...columns(rows),
    SYNC_API,
    SYNC_API_RESOURCE,
    rows.map(({ fields }) => Object.entries(fields).some(isLinkList)),
  ]);
  return new Map(found.map(({ place, ...known }) => [place, known]));
}

const KNOWN = `
  select r.place::int - 1 as place, c.base, e.fields as stored
    from unnest($2::text[], $3::text[], $6::boolean[]) with ordinality as r (blueprint, identifier, lists, place)
    left join lateral (
      select base from tidemark.claim c
       where c.destination = $1 and c.integration = $4 and c.resource = $5 and c.record_key = ''
         and c.blueprint = r.blueprint and c.identifier = r.identifier
       limit 1
    ) c on true
    left join lateral (
      select fields from tidemark.entity e
       where r.lists and e.destination = $1 and e.blueprint = r.blueprint and e.identifier = r.identifier
       limit 1
    ) e on true
   where c.base is not null or e.fields is not null`;

function written(known: Known | undefined, fields: Fields): Fields {
  return known ? { ...known.base, ...fieldsOver(known.stored ?? ({} as Fields), fields) } : fields;
}

const isLinkList = ([path, value]: [string, Json]): boolean => path.startsWith('relations.') && Array.isArray(value);

/** The fields of a later write, with the links that there were before: lists of them only grow (sync-semantics 9). */
export function fieldsOver(before: Fields, later: Fields): Fields {
  const lists = Object.entries(later).flatMap(([path, value]): [string, Json][] => {
    const held = before[path as keyof Fields];
    return isLinkList([path, value]) && Array.isArray(held)
      ? [[path, [...new Set([...held, ...(value as Json[])])]]]
      : [];
  });
  return { ...later, ...Object.fromEntries(lists) };
}

/** Rows of links and translations: those of `blueprint` whose foreign key at `place` names one of the deleted. */
export interface Dependents {
  readonly of: string;
  readonly blueprint: string;
  /** From 1. */
  readonly place: number;
}

/**
 * Ends the caller's claims on the entities, and on the rows of links that name them. Returns which of them are gone now,
 * and which somebody else holds: they stay, without what the caller wrote (sync-semantics 1.2).
 */
export async function deleteRows(
  tx: Queryable,
  keys: readonly EntityKey[],
  dependents: readonly Dependents[],
): Promise<{ gone: EntityKey[]; left: EntityKey[] }> {
  const before = await existing(tx, keys);
  const places = [...new Set(dependents.map(({ place }) => place))];
  const held = `
    select c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier, c.kind, false, c.base, c.owns
      from tidemark.claim c
     where c.destination = $1 and c.integration = $4 and c.resource = $5 and c.record_key = '' and `;
  await collectDoomed(
    tx,
    `with keys as (select distinct blueprint, identifier from unnest($2::text[], $3::text[]) as k (blueprint, identifier))
     ${held} (c.blueprint, c.identifier) in (select blueprint, identifier from keys)
     ${places.map((place) => `union ${held} (c.blueprint, split_part(c.identifier, ':', ${place})) in (${dependentKeys(place)})`).join('\n')}`,
    [
      DESTINATION,
      ...columns(keys),
      SYNC_API,
      SYNC_API_RESOURCE,
      ...(places.length > 0 ? [JSON.stringify(dependentRows(keys, dependents))] : []),
    ],
  );
  await endDoomed(tx, { integration: SYNC_API, resources: [] });
  await tx.query('drop table doomed');
  const left = await existing(tx, before);
  const isLeft = new Set(left.map(identityOf));
  return { gone: before.filter((key) => !isLeft.has(identityOf(key))), left };
}

const dependentKeys = (place: number): string =>
  `select blueprint, part from json_to_recordset($6::json) as d (blueprint text, place int, part text) where place = ${place}`;

const dependentRows = (keys: readonly EntityKey[], dependents: readonly Dependents[]) =>
  dependents.flatMap(({ of, blueprint, place }) =>
    keys
      .filter((key) => key.blueprint === of)
      .map(({ identifier }) => ({ blueprint, place, part: encodeURIComponent(identifier) })),
  );

/** A field and the values that it may have. */
export interface Criterion {
  /** `null`: the identifier itself. */
  readonly path: string | null;
  readonly values: readonly Json[];
}

/** The caller's entities of a blueprint that meet all criteria, by identifier. */
export async function findByCriteria(
  tx: Queryable,
  blueprint: string,
  criteria: readonly Criterion[],
): Promise<EntityKey[]> {
  return tx.query<EntityKey>(
    `select e.blueprint, e.identifier from tidemark.entity e
      where e.destination = $1 and e.blueprint = $2
        and exists (select from tidemark.claim c
                     where c.destination = $1 and c.integration = $3 and c.resource = $4 and c.record_key = ''
                       and c.blueprint = e.blueprint and c.identifier = e.identifier)
        and not exists (
              select from json_to_recordset($5::json) as f (path text, values jsonb)
               where coalesce(e.fields -> f.path, case when f.path is null then to_jsonb(e.identifier) else 'null' end)
                       not in (select jsonb_array_elements(f.values)))
      order by e.identifier`,
    [DESTINATION, blueprint, SYNC_API, SYNC_API_RESOURCE, JSON.stringify(criteria)],
  );
}

const columns = (keys: readonly EntityKey[]): [string[], string[]] => [
  keys.map(({ blueprint }) => blueprint),
  keys.map(({ identifier }) => identifier),
];
