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
      where ($1::text is null or e.blueprint = $1)
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
    'select fields from tidemark.entity where blueprint = $1 and identifier = $2',
    [key.blueprint, key.identifier],
  );
  return row ? toEntity(key, row.fields) : null;
}
