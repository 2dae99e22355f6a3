import { type Entity, type EntityKey, type Fields, toEntity } from '../domain/entity.ts';
import type { Queryable } from './database.ts';

export interface EntityFilter {
  readonly blueprint?: string | undefined;
  /** Entities that this integration holds a claim on. */
  readonly integration?: string | undefined;
  /** Found in the identifier or the title, in any case. */
  readonly search?: string | undefined;
  readonly limit: number;
}

/** Looks into the catalog, by blueprint and identifier. */
export async function listEntities(db: Queryable, filter: EntityFilter): Promise<Entity[]> {
  const rows = await db.query<{ blueprint: string; identifier: string; fields: Fields }>(
    `select e.blueprint, e.identifier, e.fields from tidemark.entity e
      where e.destination = 'catalog' and ($1::text is null or e.blueprint = $1)
        and ($2::text is null or exists (
              select from tidemark.claim c
               where c.destination = 'catalog' and c.integration = $2
                 and c.blueprint = e.blueprint and c.identifier = e.identifier))
        and ($3::text is null or strpos(lower(e.identifier), lower($3)) > 0
             or strpos(lower(e.fields ->> 'title'), lower($3)) > 0)
      order by e.blueprint, e.identifier limit $4`,
    [filter.blueprint ?? null, filter.integration ?? null, filter.search ?? null, filter.limit],
  );
  return rows.map(({ blueprint, identifier, fields }) => toEntity({ blueprint, identifier }, fields));
}

/** One entity of the catalog. */
export async function readEntity(db: Queryable, key: EntityKey): Promise<Entity | null> {
  const [row] = await db.query<{ fields: Fields }>(
    `select fields from tidemark.entity where destination = 'catalog' and blueprint = $1 and identifier = $2`,
    [key.blueprint, key.identifier],
  );
  return row ? toEntity(key, row.fields) : null;
}

/** The blueprints of which there are entities; each is found by one look into the index, not by reading them all. */
const BLUEPRINTS = `
  recursive blueprints (blueprint) as (
    select min(blueprint) from tidemark.entity where destination = $1
    union all
    select (select min(e.blueprint) from tidemark.entity e where e.destination = $1 and e.blueprint > b.blueprint)
      from blueprints b where b.blueprint is not null)`;

/** The blueprints of which the catalog has entities, by name. */
export async function listBlueprints(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ blueprint: string }>(
    `with ${BLUEPRINTS} select blueprint from blueprints where blueprint is not null order by blueprint`,
    ['catalog'],
  );
  return rows.map(({ blueprint }) => blueprint);
}

/** The entities of a destination, of whichever blueprint, that have one of the identifiers. */
export function findNamed(db: Queryable, identifiers: readonly string[], destination: string): Promise<EntityKey[]> {
  return db.query<EntityKey>(
    `with ${BLUEPRINTS}
     select e.blueprint, e.identifier
       from blueprints b
       join tidemark.entity e on e.destination = $1 and e.blueprint = b.blueprint and e.identifier = any ($2)
      order by e.blueprint, e.identifier`,
    [destination, identifiers],
  );
}
