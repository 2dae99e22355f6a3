import { type Entity, type EntityKey, type EntityReferences, type Fields, toEntity } from '../domain/entity.ts';
import type { Queryable } from './database.ts';
import { rfc3339 } from './time.ts';

export interface EntityFilter {
  readonly blueprint?: string | undefined;
  /** Entities that this integration holds a claim on. */
  readonly integration?: string | undefined;
  /** Words that the identifier or a text of it begins with, in any case; as far as it is indexed. */
  readonly search?: string | undefined;
  readonly limit: number;
}

/** Looks into the catalog, by blueprint and identifier. */
export async function listEntities(db: Queryable, filter: EntityFilter): Promise<Entity[]> {
  const rows = await db.query<{ blueprint: string; identifier: string; fields: Fields; links: Links | null }>(
    `select e.blueprint, e.identifier, e.fields, x.links from tidemark.entity e
       left join tidemark.entity_index x on x.blueprint = e.blueprint and x.identifier = e.identifier
      where e.destination = 'catalog' and ($1::text is null or e.blueprint = $1)
        and ($2::text is null or exists (
              select from tidemark.claim c
               where c.destination = 'catalog' and c.integration = $2
                 and c.blueprint = e.blueprint and c.identifier = e.identifier))
        and ($3::text is null or x.words @@ tidemark.words_query($3))
      order by e.blueprint, e.identifier limit $4`,
    [filter.blueprint ?? null, filter.integration ?? null, filter.search ?? null, filter.limit],
  );
  return rows.map(({ blueprint, identifier, fields, links }) =>
    withLinks(toEntity({ blueprint, identifier }, fields), links),
  );
}

/** Lists that rows of links make up, by relation. */
type Links = Readonly<Record<string, readonly string[]>>;

/** With the lists that rows of links make up, beside what the entity itself says. */
function withLinks(entity: Entity, links: Links | null): Entity {
  if (links === null || Object.keys(links).length === 0) return entity;
  const lists = Object.entries(links).map(([relation, list]): [string, string[]] => {
    const own = entity.relations[relation] ?? [];
    return [relation, [...new Set([own, list].flat())]];
  });
  return { ...entity, relations: { ...entity.relations, ...Object.fromEntries(lists) } };
}

/** One entity of the catalog. */
export async function readEntity(db: Queryable, key: EntityKey): Promise<Entity | null> {
  const [row] = await db.query<{ fields: Fields; links: Links | null }>(
    `select e.fields, x.links from tidemark.entity e
       left join tidemark.entity_index x on x.blueprint = e.blueprint and x.identifier = e.identifier
      where e.destination = 'catalog' and e.blueprint = $1 and e.identifier = $2`,
    [key.blueprint, key.identifier],
  );
  return row ? withLinks(toEntity(key, row.fields), row.links) : null;
}

/** What others say of an entity, as far as it is indexed. */
export async function readReferences(db: Queryable, { blueprint, identifier }: EntityKey): Promise<EntityReferences> {
  const [row] = await db.query<EntityReferences>(
    `select referenced_by as "referencedBy", ${rfc3339('changed_at')} as "changedAt"
       from tidemark.entity_index where blueprint = $1 and identifier = $2`,
    [blueprint, identifier],
  );
  return row ?? { referencedBy: {}, changedAt: null };
}

/** The blueprints of which there are entities; each is found by one look into the index, not by reading them all. */
const BLUEPRINTS = `
  recursive blueprints (blueprint) as (
    select min(blueprint) from tidemark.entity where destination = 'catalog'
    union all
    select (select min(e.blueprint) from tidemark.entity e
             where e.destination = 'catalog' and e.blueprint > b.blueprint)
      from blueprints b where b.blueprint is not null)`;

/** The blueprints of which the catalog has entities, by name. */
export async function listBlueprints(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ blueprint: string }>(
    `with ${BLUEPRINTS} select blueprint from blueprints where blueprint is not null order by blueprint`,
  );
  return rows.map(({ blueprint }) => blueprint);
}

/** The entities, of whichever blueprint, that have one of the identifiers. */
export function findNamed(db: Queryable, identifiers: readonly string[]): Promise<EntityKey[]> {
  return db.query<EntityKey>(
    `with ${BLUEPRINTS}
     select e.blueprint, e.identifier
       from blueprints b
       join tidemark.entity e on e.destination = 'catalog' and e.blueprint = b.blueprint and e.identifier = any ($1)
      order by e.blueprint, e.identifier`,
    [identifiers],
  );
}
