import { type Blueprints, linkEnds } from '../domain/blueprint.ts';
import type { EntityKey } from '../domain/entity.ts';
import type { Indexing } from '../domain/sync-api.ts';
import type { Database, Queryable } from './database.ts';

/** Says when what this transaction writes to the catalog is to be indexed. Not said: by the queue. */
export async function markFor(tx: Queryable, indexing: Indexing): Promise<void> {
  await tx.query(`select set_config('tidemark.indexing', $1, true)`, [indexing]);
}

/** Marks that are taken up together; each stands for up to 1,000 entities. */
const MARKS = 5;

/**
 * Indexes what this transaction has written (seed S4.29). To be called last: indexers wait for each other, and whoever
 * holds the blueprints of a writer must not wait for one that waits for them.
 */
export async function indexWritten(tx: Queryable, blueprints: Blueprints): Promise<void> {
  await lockIndex(tx);
  while ((await indexMarked(tx, blueprints, 'writer = pg_current_xact_id()')) > 0);
}

/** Indexes the next entities that wait, in the order in which they were written. Returns how many; 0: none waits. */
export function indexNext(db: Database, blueprints: Blueprints): Promise<number> {
  return db.transaction(async (tx) => {
    await lockIndex(tx);
    return indexMarked(tx, blueprints, 'not parked');
  });
}

/** Whether entities wait to be indexed. */
export async function isIndexBehind(db: Queryable): Promise<boolean> {
  const rows = await db.query('select from tidemark.index_dirty where not parked limit 1');
  return rows.length > 0;
}

/** Puts to the queue what was written with indexing disabled (seed S4.31). */
export async function unpark(db: Queryable): Promise<void> {
  await db.query('update tidemark.index_dirty set parked = false where parked');
}

/** Puts every entity to the queue. */
export async function markAll(db: Queryable): Promise<void> {
  await db.query(
    `insert into tidemark.index_dirty (blueprint, identifiers, parked)
     select blueprint, array_agg(identifier), false
       from (select blueprint, identifier, (row_number() over (partition by blueprint order by identifier) - 1) / 1000 as part
               from (select blueprint, identifier from tidemark.entity where destination = 'catalog'
                      union select blueprint, identifier from tidemark.entity_index) e) p
      group by blueprint, part order by blueprint, part`,
  );
}

/** One indexer at a time: what it reads is what is committed, so the last of them has the last word. */
async function lockIndex(tx: Queryable): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('index of the catalog', 0))`);
}

async function indexMarked(tx: Queryable, blueprints: Blueprints, which: string): Promise<number> {
  const keys = await tx.query<EntityKey>(
    `with taken as (
       delete from tidemark.index_dirty
        where seq in (select seq from tidemark.index_dirty where ${which} order by seq limit ${MARKS})
       returning blueprint, identifiers
     )
     select distinct blueprint, unnest(identifiers) as identifier from taken`,
  );
  if (keys.length === 0) return 0;
  const declarations = JSON.stringify(declared(blueprints));
  const targets = await tx.query<{ target: string }>(REFER, columns(keys));
  await tx.query(DESCRIBE, [...columns(keys), targets.map(({ target }) => target), declarations]);
  await tx.query(FORGET, columns(keys));
  return keys.length;
}

const columns = (keys: readonly EntityKey[]): [string[], string[]] => [
  keys.map(({ blueprint }) => blueprint),
  keys.map(({ identifier }) => identifier),
];

/** What the configuration says of relations: where each points to, and which lists are made up of links. */
function declared(blueprints: Blueprints) {
  return [...blueprints].flatMap(([blueprint, { relations, mapping }]) => [
    ...[...relations].map(([relation, { target, ...rest }]) => {
      const ends = rest.through === null ? null : linkEnds(blueprints, blueprint, { target, ...rest });
      return { blueprint, relation, target, through: rest.through, own: ends?.own, other: ends?.target };
    }),
    ...[...mapping].map(([relation, target]) => ({ blueprint, relation, target, isLink: true })),
  ]);
}

const KEYS = 'keys as materialized (select * from unnest($1::text[], $2::text[]) as k (blueprint, identifier))';

/** Brings the references of some entities up to date; yields the identifiers that they point to, or did. */
const REFER = `
  with ${KEYS}, held as (
    select distinct e.blueprint, e.identifier, substr(f.path, length('relations.') + 1) as relation, t.target
      from keys k
      join tidemark.entity e
        on e.destination = 'catalog' and e.blueprint = k.blueprint and e.identifier = k.identifier
     cross join lateral jsonb_each(e.fields) as f (path, value)
     cross join lateral jsonb_array_elements_text(
                  case jsonb_typeof(f.value) when 'array' then f.value when 'string' then jsonb_build_array(f.value)
                                             else '[]' end) as t (target)
     where f.path like 'relations.%' and t.target is not null
  ), gone as (
    delete from tidemark.reference r using keys k
     where r.blueprint = k.blueprint and r.identifier = k.identifier
       and not exists (select from held h where h.blueprint = r.blueprint and h.identifier = r.identifier
                                            and h.relation = r.relation and h.target = r.target)
    returning r.target
  ), added as (
    insert into tidemark.reference (blueprint, identifier, relation, target)
    select blueprint, identifier, relation, target from held
    on conflict do nothing
  )
  select target from held union select target from gone`;

/**
 * Describes the entities anew, and those that they point to: what is found by words, who points to them, the lists that
 * are made up of links, and the latest change, which links and translations pass up to what they belong to.
 */
const DESCRIBE = `
  with recursive ${KEYS}, said as materialized (
    select * from json_to_recordset($4::json)
      as d (blueprint text, relation text, target text, through text, own text, other text, "isLink" boolean)
  ), blueprints (blueprint) as (
    select min(blueprint) from tidemark.entity where destination = 'catalog'
    union all
    select (select min(e.blueprint) from tidemark.entity e where e.destination = 'catalog' and e.blueprint > b.blueprint)
      from blueprints b where b.blueprint is not null
  ), affected as materialized (
    select blueprint, identifier from keys
    union
    select b.blueprint, t.identifier from blueprints b cross join unnest($3::text[]) as t (identifier)
     where b.blueprint is not null
  )
  insert into tidemark.entity_index as x (blueprint, identifier, words, referenced_by, links, changed_at)
  select e.blueprint, e.identifier,
         array_to_tsvector(tidemark.words_of(concat_ws(' ', e.identifier, (
           select string_agg(v #>> '{}', ' ')
             from jsonb_each(e.fields) as f (path, value)
            cross join jsonb_path_query(f.value, 'lax $.** ? (@.type() == "string" || @.type() == "number")') as v
            where f.path not like 'relations.%')))),
         coalesce(r.counts, '{}'), coalesce(l.lists, '{}'), greatest(e.updated_at, r.changed_at)
    from affected a
    join tidemark.entity e on e.destination = 'catalog' and e.blueprint = a.blueprint and e.identifier = a.identifier
    left join lateral (
      select jsonb_object_agg(blueprint || '.' || relation, number) as counts, max(changed_at) as changed_at
        from (
          select f.blueprint, f.relation, count(*) as number, max(m.updated_at) as changed_at
            from tidemark.reference f
            left join said d on d.blueprint = f.blueprint and d.relation = f.relation
            left join tidemark.entity m
              on d."isLink" and m.destination = 'catalog' and m.blueprint = f.blueprint and m.identifier = f.identifier
           where f.target = e.identifier and (d.target is null or d.target = e.blueprint)
           group by f.blueprint, f.relation) by_relation
    ) r on true
    left join lateral (
      select jsonb_object_agg(relation, list) as lists
        from (
          select d.relation, (
                   select coalesce(jsonb_agg(f.target order by f.target), '[]')
                     from tidemark.reference own
                     join tidemark.reference f
                       on f.blueprint = own.blueprint and f.identifier = own.identifier and f.relation = d.other
                    where own.target = e.identifier and own.blueprint = d.through and own.relation = d.own) as list
            from said d where d.blueprint = e.blueprint and d.through is not null) by_list
    ) l on true
   order by e.blueprint, e.identifier
  on conflict (blueprint, identifier) do update
    set words = excluded.words, referenced_by = excluded.referenced_by, links = excluded.links,
        changed_at = excluded.changed_at`;

/** Entities that are gone are not found any more. */
const FORGET = `
  with ${KEYS}
  delete from tidemark.entity_index x using keys k
   where x.blueprint = k.blueprint and x.identifier = k.identifier
     and not exists (select from tidemark.entity e
                      where e.destination = 'catalog' and e.blueprint = x.blueprint and e.identifier = x.identifier)`;
