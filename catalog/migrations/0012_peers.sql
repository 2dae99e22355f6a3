-- Up Migration

-- What a page of a source says is gone: [{"key", "at"}] (sync-semantics 8.6).
alter table tidemark.staged_page add column gone jsonb not null default '[]';

-- When the entity was deleted where it came from. What a Tidemark read from another one has the time of the delete there.
-- An entity that others than Tidemarks have let go of has a row as well, though it may still be there.
alter table tidemark.entity_tombstone add column deleted_at timestamptz not null default clock_timestamp();

create or replace function tidemark.bury_entities() returns trigger language plpgsql as $$
begin
  insert into tidemark.entity_tombstone (blueprint, identifier, parent_blueprint, parent_identifier)
  select blueprint, identifier, parent_blueprint, parent_identifier from gone
   where destination = 'catalog' order by blueprint, identifier
  on conflict (blueprint, identifier) do update
    set parent_blueprint = excluded.parent_blueprint, parent_identifier = excluded.parent_identifier,
        changed_at = clock_timestamp(), deleted_at = clock_timestamp();
  return null;
end $$;

-- The record rests on nothing but people's edits there, where another Tidemark holds it: when the last of them was made.
alter table tidemark.claim add column edited_at timestamptz;

-- When a claim of people last changed something.
create function tidemark.last_edit(conflict_base jsonb) returns timestamptz language sql stable as $$
  select max(value::timestamptz) from jsonb_each_text(conflict_base -> 'times')
$$;

-- Down Migration
