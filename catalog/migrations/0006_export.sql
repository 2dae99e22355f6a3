-- Up Migration

-- `changed_at`: when the row, or a component of it, last changed here: PostgreSQL's clock, whatever time the values
-- themselves came with (sync-semantics 8.3). `parent_…`: the record that a component belongs to.
alter table tidemark.entity
  add column changed_at timestamptz not null default clock_timestamp(),
  add column parent_blueprint text generated always as (fields -> 'parent' ->> 'blueprint') stored,
  add column parent_identifier text generated always as (fields -> 'parent' ->> 'identifier') stored;
create index entity_changed on tidemark.entity (changed_at) where destination = 'catalog';
create index entity_component on tidemark.entity (destination, parent_blueprint, parent_identifier)
  where parent_blueprint is not null;

-- Entities of the catalog that are gone (8.4). One that is there again keeps its row, which then counts for nothing.
create table tidemark.entity_tombstone (
  blueprint         text not null,
  identifier        text not null,
  parent_blueprint  text,
  parent_identifier text,
  changed_at        timestamptz not null default clock_timestamp(),
  primary key (blueprint, identifier)
);
create index on tidemark.entity_tombstone (changed_at);

-- How long tombstones stay, and up to which time some have gone already.
create table tidemark.tombstone_keeping (
  only_row        boolean primary key default true check (only_row),
  keep            interval not null default interval '30 days',
  forgotten_until timestamptz not null default '-infinity'
);
insert into tidemark.tombstone_keeping default values;

-- Exports that go on, so that one that broke off can be taken up: what was asked for, the `msince` that it will hand
-- out, and the records that those selected refer to, which are sent after them, once.
create table tidemark.export (
  id          uuid primary key default gen_random_uuid(),
  blueprint   text,
  msince      timestamptz,
  deleted     boolean not null,
  peer        boolean not null,
  next_msince timestamptz not null,
  started_at  timestamptz not null default clock_timestamp()
);
create table tidemark.export_reference (
  export     uuid not null references tidemark.export on delete cascade,
  seq        bigint generated always as identity,
  blueprint  text not null,
  identifier text not null,
  primary key (export, blueprint, identifier)
);
create index on tidemark.export_reference (export, seq);

-- A writing transaction holds, from before its first change to its end, a shared lock whose key is the second that the
-- transaction began in. Every role may read that in pg_locks, and so tell which transactions may still commit changes
-- that an export does not see (8.3). 1953064037 names these locks among others of two keys.
create function tidemark.announce_write() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(1953064037, floor(extract(epoch from now()))::int);
  return null;
end $$;

create trigger announce_write before insert or update or delete on tidemark.entity
  for each statement execute function tidemark.announce_write();
create trigger announce_write before insert or update on tidemark.entity_tombstone
  for each statement execute function tidemark.announce_write();

create function tidemark.note_change() returns trigger language plpgsql as $$
begin
  new.changed_at := clock_timestamp();
  return new;
end $$;

create trigger note_change before update on tidemark.entity for each row execute function tidemark.note_change();

-- What happens to a component happens to its parent. One that this transaction has touched already stays as it is.
create function tidemark.note_component() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    update tidemark.entity set changed_at = clock_timestamp()
     where destination = old.destination and blueprint = old.parent_blueprint and identifier = old.parent_identifier
       and xmin <> pg_current_xact_id()::xid;
  end if;
  if tg_op <> 'DELETE' then
    update tidemark.entity set changed_at = clock_timestamp()
     where destination = new.destination and blueprint = new.parent_blueprint and identifier = new.parent_identifier
       and xmin <> pg_current_xact_id()::xid;
  end if;
  return null;
end $$;

create trigger component_added after insert on tidemark.entity for each row
  when (new.parent_blueprint is not null) execute function tidemark.note_component();
create trigger component_changed after update on tidemark.entity for each row
  when (old.parent_blueprint is not null or new.parent_blueprint is not null)
  execute function tidemark.note_component();
create trigger component_gone after delete on tidemark.entity for each row
  when (old.parent_blueprint is not null) execute function tidemark.note_component();

create function tidemark.bury_entities() returns trigger language plpgsql as $$
begin
  insert into tidemark.entity_tombstone (blueprint, identifier, parent_blueprint, parent_identifier)
  select blueprint, identifier, parent_blueprint, parent_identifier from gone
   where destination = 'catalog' order by blueprint, identifier
  on conflict (blueprint, identifier) do update
    set parent_blueprint = excluded.parent_blueprint, parent_identifier = excluded.parent_identifier,
        changed_at = clock_timestamp();
  return null;
end $$;

create trigger bury_entities after delete on tidemark.entity
  referencing old table as gone for each statement execute function tidemark.bury_entities();

-- Down Migration
