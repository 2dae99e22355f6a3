-- Up Migration

-- A request's entities are found by their keys, and marking one changes no index.
drop index tidemark.remote_entity_request_idx;

-- What a transaction that writes a batch changes is assigned to that at once: `tidemark.assigned` says to which.
create or replace function tidemark.note_remote_change() returns trigger language plpgsql as $$
declare
  changed tidemark.entity := coalesce(new, old);
  assigned jsonb := nullif(current_setting('tidemark.assigned', true), '');
begin
  insert into tidemark.remote_entity as r
    (destination, blueprint, identifier, gone, integration, run_id, kind, batch)
  values (changed.destination, changed.blueprint, changed.identifier, tg_op = 'DELETE',
          assigned ->> 'integration', assigned ->> 'run_id', assigned ->> 'kind', (assigned ->> 'batch')::uuid)
  on conflict (destination, blueprint, identifier) do update
    set pending = true, gone = excluded.gone, changed_in = excluded.changed_in, waits = null, reason = null,
        integration = coalesce(excluded.integration, r.integration), run_id = excluded.run_id, kind = excluded.kind,
        removed = false, batch = excluded.batch, call = null;
  return null;
end $$;

-- New entities come by the thousand: all of a statement are noted at once.
create function tidemark.note_remote_inserts() returns trigger language plpgsql as $$
declare
  assigned jsonb := nullif(current_setting('tidemark.assigned', true), '');
begin
  insert into tidemark.remote_entity as r (destination, blueprint, identifier, integration, run_id, kind, batch)
  select destination, blueprint, identifier, assigned ->> 'integration', assigned ->> 'run_id', assigned ->> 'kind',
         (assigned ->> 'batch')::uuid
    from changed where destination <> 'catalog' order by destination, blueprint, identifier
  on conflict (destination, blueprint, identifier) do update
    set pending = true, gone = false, changed_in = excluded.changed_in, waits = null, reason = null,
        integration = coalesce(excluded.integration, r.integration), run_id = excluded.run_id, kind = excluded.kind,
        removed = false, batch = excluded.batch, call = null;
  return null;
end $$;

drop trigger note_remote_write on tidemark.entity;
create trigger note_remote_inserts after insert on tidemark.entity
  referencing new table as changed for each statement execute function tidemark.note_remote_inserts();
create trigger note_remote_update after update of fields on tidemark.entity
  for each row when (new.destination <> 'catalog') execute function tidemark.note_remote_change();

-- Down Migration
