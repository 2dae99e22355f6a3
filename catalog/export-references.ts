import type { EntityKey } from '../domain/entity.ts';
import type { Queryable } from './database.ts';
import type { BegunExport } from './export.ts';

/** A relation of a blueprint, and the blueprint that it points to. */
export interface RelationTarget {
  readonly blueprint: string;
  readonly relation: string;
  readonly target: string;
}

/** What the configurations in force say of relations. */
export function relationTargets(db: Queryable): Promise<RelationTarget[]> {
  return db.query<RelationTarget>(
    `select distinct b.key as blueprint, r.key as relation, r.value ->> 'target' as target
       from tidemark.integration i
       join tidemark.config_version v on v.id = i.config_version
      cross join lateral jsonb_each(case jsonb_typeof(v.document -> 'blueprints')
                                      when 'object' then v.document -> 'blueprints' else '{}' end) b
      cross join lateral jsonb_each(case jsonb_typeof(b.value -> 'relations')
                                      when 'object' then b.value -> 'relations' else '{}' end) r
      where jsonb_typeof(r.value -> 'target') = 'string'`,
  );
}

/**
 * Notes what records that are sent refer to, to be sent after them: whatever its time, unless the export selects it
 * anyway, and once (sync-semantics 8.2). Of a component its record is noted. Names that nobody has are left out.
 */
export async function noteReferences(
  db: Queryable,
  { id, msince, blueprint }: BegunExport,
  named: readonly EntityKey[],
): Promise<void> {
  if (named.length === 0) return;
  await db.query(
    `insert into tidemark.export_reference (export, blueprint, identifier)
     select distinct $1::uuid, r.blueprint, r.identifier
       from (select distinct blueprint, identifier from unnest($2::text[], $3::text[]) n (blueprint, identifier)) n
      cross join lateral (
        select * from tidemark.entity e
         where e.destination = 'catalog' and e.blueprint = n.blueprint and e.identifier = n.identifier limit 1
      ) e
       left join lateral (
        select * from tidemark.entity p
         where p.destination = 'catalog' and p.blueprint = e.parent_blueprint and p.identifier = e.parent_identifier
           and p.parent_blueprint is null limit 1
      ) p on true
      cross join lateral (
        select coalesce(p.blueprint, e.blueprint) as blueprint, coalesce(p.identifier, e.identifier) as identifier,
               coalesce(p.changed_at, e.changed_at) as changed_at
      ) r
      where not (($4::timestamptz is null or r.changed_at >= $4) and ($5::text is null or r.blueprint = $5))
      order by r.blueprint, r.identifier
     on conflict do nothing`,
    [id, named.map((key) => key.blueprint), named.map((key) => key.identifier), msince, blueprint],
  );
}
