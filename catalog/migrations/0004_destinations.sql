-- Up Migration

-- What every destination holds, or is to hold. Rows of `catalog` are Tidemark's own catalog; those of a remote
-- destination say what is to stand there, by the same claims and the same merge.
alter table tidemark.entity
  add column destination text not null default 'catalog',
  drop constraint entity_pkey,
  add primary key (destination, blueprint, identifier);

-- Down Migration
