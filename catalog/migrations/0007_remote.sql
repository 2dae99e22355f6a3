-- Up Migration

-- Entities of remote destinations: what was confirmed there, and what has still to be sent (sync-semantics 5.3). What
-- is to stand there is the entity's row; where there is none, nothing. Rows come and change by the trigger below, in
-- the transaction that changes the entity, whoever changes it.
create table tidemark.remote_entity (
  destination  text not null,
  blueprint    text not null,
  identifier   text not null,
  -- Something has to be sent. `gone`: a delete.
  pending      boolean not null default true,
  gone         boolean not null default false,
  changed_in   xid8 not null default pg_current_xact_id(),
  -- What the destination has confirmed; null: nothing. `doubtful`: contents that were sent since without an answer.
  sent         jsonb,
  confirmed_at timestamptz,
  doubtful     jsonb not null default '[]',
  -- The request under way: nobody else writes or deletes the entity until it is answered or has expired.
  request      uuid,
  until        timestamptz,
  removing     boolean,
  sending      jsonb,
  -- Why it is not sent again at once: the destination misses a relation's target, has it without the relations that
  -- form a circle, or refuses the content, whose record then goes into quarantine.
  waits        text check (waits in ('relation', 'partial', 'refused', 'quarantined')),
  reason       text,
  -- What the change belongs to, and is counted for when it is confirmed.
  integration  text,
  run_id       text,
  kind         text,
  removed      boolean not null default false,
  batch        uuid,
  call         bigint,
  primary key (destination, blueprint, identifier)
) with (fillfactor = 70);
create index on tidemark.remote_entity (destination, integration) where pending;
create index on tidemark.remote_entity (batch) where pending;

create function tidemark.note_remote_change() returns trigger language plpgsql as $$
declare
  changed tidemark.entity := coalesce(new, old);
begin
  insert into tidemark.remote_entity as r (destination, blueprint, identifier, gone)
  values (changed.destination, changed.blueprint, changed.identifier, tg_op = 'DELETE')
  on conflict (destination, blueprint, identifier) do update
    set pending = true, gone = excluded.gone, changed_in = excluded.changed_in, waits = null, reason = null,
        run_id = null, kind = null, removed = false, batch = null, call = null;
  return null;
end $$;
create trigger note_remote_write after insert or update of fields on tidemark.entity
  for each row when (new.destination <> 'catalog') execute function tidemark.note_remote_change();
create trigger note_remote_delete after delete on tidemark.entity
  for each row when (old.destination <> 'catalog') execute function tidemark.note_remote_change();

-- What a remote destination has said that an integration wrote there; it goes when the run ends.
create table tidemark.remote_owned (
  run_id     text not null references tidemark.run on delete cascade,
  blueprint  text not null,
  identifier text not null,
  primary key (run_id, blueprint, identifier)
);

-- Deletes that a remote destination has not confirmed.
alter table tidemark.kind_run add column unsent integer not null default 0;

-- `reconcile`: somebody asked for it. `reconciled`: the destination whose owned entities the run has read to the end.
alter table tidemark.trigger add column reconcile boolean not null default false;
alter table tidemark.run
  add column reconcile  boolean not null default false,
  add column reconciled text;

-- The state of an integration in a remote destination that was seen last: another one is a trigger given there.
create table tidemark.remote_watch (
  destination text not null,
  integration text not null references tidemark.integration on delete cascade,
  state       text not null,
  primary key (destination, integration)
);

-- Down Migration
