-- Up Migration

-- What is found by words, and what others say of an entity. Behind the entity itself by as much as is marked dirty.
create table tidemark.entity_index (
  blueprint     text not null,
  identifier    text not null,
  words         tsvector not null,
  -- '<blueprint>.<relation>' → how many entities point here by it.
  referenced_by jsonb not null,
  -- Lists that rows of links make up: relation → identifiers.
  links         jsonb not null,
  -- The latest change of the entity and of the rows of links and translations that belong to it.
  changed_at    timestamptz not null,
  primary key (blueprint, identifier)
);
create index on tidemark.entity_index using gin (words);

-- Which entity points to which identifier.
create table tidemark.reference (
  blueprint  text not null,
  identifier text not null,
  relation   text not null,
  target     text not null,
  primary key (blueprint, identifier, relation, target)
);
create index on tidemark.reference (target, blueprint, relation, identifier);

-- Entities that were written or deleted since they were indexed, as one row for up to 1,000 of a statement.
-- `parked`: only `tidemark index` takes it up. `writer`: so that a transaction finds its own.
create table tidemark.index_dirty (
  seq         bigint generated always as identity primary key,
  blueprint   text not null,
  identifiers text[] not null,
  parked      boolean not null,
  writer      xid8 not null default pg_current_xact_id()
);
create index on tidemark.index_dirty (writer);

-- By triggers, so that no writer can forget it.
create function tidemark.mark_dirty() returns trigger language plpgsql as $$
begin
  insert into tidemark.index_dirty (blueprint, identifiers, parked)
  select blueprint, array_agg(identifier), coalesce(current_setting('tidemark.indexing', true), '') = 'disabled'
    from (select blueprint, identifier, (row_number() over (partition by blueprint) - 1) / 1000 as part
            from changed where destination = 'catalog') c
   group by blueprint, part order by blueprint, part;
  return null;
end
$$;
create trigger mark_inserted after insert on tidemark.entity
  referencing new table as changed for each statement execute function tidemark.mark_dirty();
create trigger mark_updated after update on tidemark.entity
  referencing new table as changed for each statement execute function tidemark.mark_dirty();
create trigger mark_deleted after delete on tidemark.entity
  referencing old table as changed for each statement execute function tidemark.mark_dirty();

-- What is there already is found once it is indexed as well.
insert into tidemark.index_dirty (blueprint, identifiers, parked)
select blueprint, array_agg(identifier), false
  from (select blueprint, identifier, (row_number() over (partition by blueprint order by identifier) - 1) / 1000 as part
          from tidemark.entity where destination = 'catalog') e
 group by blueprint, part order by blueprint, part;

-- The words of a text, as they are searched by: lower case, split at everything that is no letter and no digit.
create function tidemark.words_of(content text) returns text[]
  language sql immutable parallel safe
  return coalesce((
    select array_agg(distinct left(word, 100))
      from regexp_split_to_table(lower(left(content, 100000)), '[^[:alnum:]]+') as word where word <> ''), '{}');

-- What a search asks for: all of its words, each at the beginning of one. Nothing but signs finds nothing.
create function tidemark.words_query(search text) returns tsquery
  language sql stable parallel safe
  return coalesce((
    select string_agg(quote_literal(word) || ':*', ' & ') from unnest(tidemark.words_of(search)) as word), '')::tsquery;

-- Down Migration
