import { PERSON } from '../domain/claim.ts';
import type { Queryable } from './database.ts';
import { isHeldHere, isPeerClaim } from './held-here.ts';
import { mergeOrder } from './merge-order.ts';
import { BY_COST, BY_INDEX } from './planning.ts';

/** Equality of a claim `c` and a row `d` that names one. */
export const SAME_CLAIM = `
  c.destination = d.destination and c.integration = d.integration and c.resource = d.resource
  and c.record_key = d.record_key and c.blueprint = d.blueprint and c.identifier = d.identifier`;

/** The fields that a claim `c` has written. */
export const WRITTEN = "case when c.conflict_base is null then c.base else c.base || (c.conflict_base -> 'fields') end";

/**
 * Collects the claims that are to end in the table `doomed`. `select` yields the rows of it, from `d` (names of
 * claims) joined with the claims `c`: with their kind and whether their resource is no longer configured, and, where
 * another Tidemark told of a delete, when that was.
 */
export async function collectDoomed(tx: Queryable, select: string, values: readonly unknown[]): Promise<void> {
  // A table of its own, analyzed: PostgreSQL cannot guess how many these are, and compares all with all if it does.
  await tx.query(`
    drop table if exists pg_temp.doomed;
    create temp table doomed (
      destination text, integration text, resource text, record_key text, blueprint text, identifier text,
      kind text, removed boolean, base jsonb, owns boolean, gone_at timestamptz) on commit drop;
    create index on doomed (destination, blueprint, identifier);
    ${BY_INDEX}`);
  await tx.query(`insert into doomed ${select}`, values);
  await tx.query(`analyze doomed; ${BY_COST}`);
}

export interface EndedGroup {
  readonly kind: string;
  readonly removed: boolean;
  /** Entities deleted: their last claim ended. */
  readonly deleted: number;
  /** Claims ended. */
  readonly ended: number;
}

/**
 * Ends the claims in `doomed`, deletes each entity whose last claim ended, and gives the others the content of the
 * claims that are left (sync-semantics 1.2). `resources`: the keys of the integration's configured resources.
 */
export async function endDoomed(
  tx: Queryable,
  { integration, resources }: { integration: string; resources: readonly string[] },
): Promise<EndedGroup[]> {
  await tx.query(BY_INDEX);
  await tx.query(FOLLOW);
  await tx.query(HAND_OVER);
  const groups = await tx.query<EndedGroup>(DELETE, [integration, resources]);
  await tx.query(DATE_TOMBSTONES);
  await tx.query(BURY_LET_GO);
  return groups;
}

/** Writers of a blueprint wait for each other, in one order. `claims`: a query of the claims' destination, blueprint. */
export async function lockBlueprintsOf(tx: Queryable, claims: string, values: readonly unknown[]): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(key)
       from (select distinct hashtextextended(destination || ' ' || blueprint, 0) as key from (${claims}) c order by 1) k`,
    values,
  );
}

/**
 * The blueprints of claims and of the records that their components belong to: a component's change changes its record.
 * `claims`: a query of the claims' destination, blueprint and identifier.
 */
export const withParents = (claims: string): string => `
  select destination, blueprint from (${claims}) c
   union
  select c.destination, e.parent_blueprint
    from (${claims}) c
    join tidemark.entity e
      on e.destination = c.destination and e.blueprint = c.blueprint and e.identifier = c.identifier
     and e.parent_blueprint is not null`;

/** Claim `c` rests on a person's edits, elsewhere or, where a delete elsewhere is told of, here; not after that delete. */
const FOLLOWS = `(
  c.edited_at <= coalesce(e.gone_at, clock_timestamp())
  or c.integration = '${PERSON}' and tidemark.last_edit(c.conflict_base) <= e.gone_at)`;

/**
 * Where an entity's last true source lets go, what rests on earlier edits of it goes too, and else the edits keep it: a
 * delete is a version with a time (sync-semantics 8.6).
 */
const FOLLOW = `
  insert into doomed
  select c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier, e.kind, e.removed,
         ${WRITTEN}, c.owns, e.gone_at
    from (
      select d.destination, d.blueprint, d.identifier, min(d.kind) as kind, bool_and(d.removed) as removed,
             case when bool_and(d.gone_at is not null) then max(d.gone_at) end as gone_at
        from doomed d join tidemark.claim c on ${SAME_CLAIM}
       where c.owns and c.edited_at is null
       group by d.destination, d.blueprint, d.identifier
    ) e
   cross join lateral (
     select * from tidemark.claim c
      where c.destination = e.destination and c.blueprint = e.blueprint and c.identifier = e.identifier and ${FOLLOWS}
     offset 0
   ) c
   where not exists (select from doomed d where ${SAME_CLAIM})
     and not exists (
       select from tidemark.claim c
        where c.destination = e.destination and c.blueprint = e.blueprint and c.identifier = e.identifier
          and not coalesce(${FOLLOWS}, false) and not exists (select from doomed d where ${SAME_CLAIM}))`;

/** A delete that another Tidemark told of keeps its time. */
const DATE_TOMBSTONES = `
  update tidemark.entity_tombstone t set deleted_at = d.gone_at
    from (select blueprint, identifier, max(gone_at) as gone_at from doomed
           where destination = 'catalog' and owns group by blueprint, identifier
          having bool_and(gone_at is not null)) d
   where t.blueprint = d.blueprint and t.identifier = d.identifier
     and not exists (
       select from tidemark.entity e
        where e.destination = 'catalog' and e.blueprint = t.blueprint and e.identifier = t.identifier)`;

/** What only Tidemarks hold from now on is gone for those that read it from here, though it is still there. */
const BURY_LET_GO = `
  insert into tidemark.entity_tombstone as t (blueprint, identifier, parent_blueprint, parent_identifier)
  select distinct e.blueprint, e.identifier, e.parent_blueprint, e.parent_identifier
    from doomed c
    join tidemark.entity e on e.destination = c.destination and e.blueprint = c.blueprint and e.identifier = c.identifier
   where c.destination = 'catalog' and c.owns and not ${isPeerClaim('c')} and not ${isHeldHere('e')}
  on conflict (blueprint, identifier) do update
    set parent_blueprint = excluded.parent_blueprint, parent_identifier = excluded.parent_identifier,
        changed_at = clock_timestamp(), deleted_at = clock_timestamp()`;

/**
 * Records that map to an entity without owning it own it from now on when an owner lets go: or the catalog would
 * lack what a source still has (1.1, 1.2).
 */
const HAND_OVER = `
  update tidemark.claim c set owns = true
    from (select distinct destination, blueprint, identifier from doomed where owns) e
   where not c.owns
     and c.destination = e.destination and c.blueprint = e.blueprint and c.identifier = e.identifier
     and not exists (select from doomed d where ${SAME_CLAIM})`;

/** What an entity is without what only the ended claims wrote; others that do not write always say what they knew. */
const KEPT = `((e.fields - l.keys) || coalesce(l.heirs, '{}') || l.fields)`;

/**
 * Where no claim owns the entity, it is somebody else's: claims on it end without a trace. Rows of `touched` come with
 * the claims that are left and what these say, so that nothing is joined but by an index.
 */
const DELETE = `
  with ended as (
    delete from tidemark.claim c using doomed d where ${SAME_CLAIM} returning d.kind, d.removed, c.owns
  ), touched as materialized (
    select t.*, l.claims, l.fields
      from (
        select destination, blueprint, identifier, min(kind) as kind, bool_and(removed) as removed,
               coalesce(array_agg(distinct key) filter (where key is not null), '{}') as keys
          from doomed left join lateral jsonb_object_keys(base) as key on true
         group by destination, blueprint, identifier
      ) t
     cross join lateral (
       select bool_or(c.owns) as is_owned, count(*) filter (where not ends) as claims,
              tidemark.jsonb_merge(c.base order by ${mergeOrder('c', '$1', '$2')}) filter (where not ends) as fields
         from tidemark.claim c
        cross join lateral (select exists (select from doomed d where ${SAME_CLAIM}) as ends) d
        where c.destination = t.destination and c.blueprint = t.blueprint and c.identifier = t.identifier
     ) l
     where l.is_owned
  ), left_over as (
    select t.destination, t.blueprint, t.identifier, t.keys, t.fields, h.fields as heirs, h.times, h.origins
      from touched t
      left join lateral (
        select jsonb_object_agg(key, value) as fields, jsonb_object_agg(key, time) as times,
               jsonb_object_agg(key, origin) as origins
          from (
            select distinct on (k.key) k.key, c.integration as origin, c.conflict_base -> 'fields' -> k.key as value,
                   c.conflict_base -> 'times' -> k.key as time
              from tidemark.claim c
             cross join lateral unnest(t.keys) as k (key)
             where c.destination = t.destination and c.blueprint = t.blueprint and c.identifier = t.identifier
               and not t.fields ? k.key and c.conflict_base -> 'fields' ? k.key
               and not exists (select from doomed d where ${SAME_CLAIM})
             order by k.key, c.conflict_base -> 'times' ->> k.key desc nulls last
          ) said
      ) h on true
     where t.claims > 0
  ), kept as (
    update tidemark.entity e set
           fields = ${KEPT}, version = e.version + 1, updated_at = now(),
           changed_run = nullif(current_setting('tidemark.run', true), ''),
           field_times = case when e.field_times is not null then
             tidemark.carried(e.fields, ${KEPT}, e.field_times, 'null') || coalesce(l.times, '{}') end,
           field_origins = case when e.field_origins is not null then
             tidemark.carried(e.fields, ${KEPT}, e.field_origins, 'null') || coalesce(l.origins, '{}') end
      from left_over l
     where e.destination = l.destination and e.blueprint = l.blueprint and e.identifier = l.identifier
       and e.fields is distinct from ${KEPT}
  ), deleted as (
    delete from tidemark.entity e using touched t
     where e.destination = t.destination and e.blueprint = t.blueprint and e.identifier = t.identifier and t.claims = 0
    returning t.kind, t.removed
  ), counted as (
    select kind, removed, 0 as deleted, count(*) filter (where owns) as ended from ended group by kind, removed
    union all
    select kind, removed, count(*), 0 from deleted group by kind, removed
  )
  select kind, removed, sum(deleted)::int as deleted, sum(ended)::int as ended from counted group by kind, removed`;
