-- Up Migration

-- Who wrote a field, and when it last changed where it came from (sync-semantics 7.10). Null: nothing is known, because
-- only plain strategies wrote it. Otherwise every field has an entry in `field_times`, as RFC 3339 text with
-- milliseconds, or JSON null where its time is not known; `field_origins` names the integration, the peer or the person
-- of each field, where known. `modified_at` is the latest of the times. `changed_run`: the run that last changed the
-- content; null: a call, an event or a person did.
alter table tidemark.entity
  add column modified_at   timestamptz,
  add column field_times   jsonb,
  add column field_origins jsonb,
  add column changed_run   text;

-- What is known of each field of a content after a write that changed it: the fields that stay keep theirs.
create function tidemark.carried(old_fields jsonb, new_fields jsonb, known jsonb, changed jsonb) returns jsonb
  language sql immutable as $$
    select jsonb_object_agg(key, case when value is not distinct from old_fields -> key
                                      then coalesce(known -> key, 'null') else changed end)
      from jsonb_each(new_fields)
  $$;

-- What a claim of a resource with a policy last brought in or agreed with: {"fields": {…}, "times": {…}} (7.8). Its
-- `base` then holds only what it writes whatever is there (OTHER), which is what several claims are merged by (1.7).
-- Null: its policy is plain, and `base` is both. `content_hash` and `content_since`: what the record last said, and when
-- that was first observed (7.4).
alter table tidemark.claim
  add column conflict_base jsonb,
  add column content_hash  text,
  add column content_since timestamptz;

-- What there is to say of a kind's records, each text once (7.4, 7.7).
alter table tidemark.kind_run add column warnings text[] not null default '{}';

-- What a decided write or a person's edit did to a field, and what it let stand though the sides differed; a field that
-- is let stand again and again is noted once. `field` null: the record was created. `local` and `incoming`:
-- {"value": …, "time": …, "origin": …} as they were. Kept for 90 days.
create table tidemark.change (
  id          bigint generated always as identity primary key,
  destination text not null,
  blueprint   text not null,
  identifier  text not null,
  field       text,
  at          timestamptz not null default clock_timestamp(),
  run_id      text,
  integration text not null,
  resource    text not null,
  record_key  text not null,
  rule        text not null,
  said_by     text,
  local       jsonb not null,
  incoming    jsonb not null
);
create index on tidemark.change (destination, blueprint, identifier, id);
create index on tidemark.change (at);

-- Records that the strategy skips and that the destination does not have: references to them are dropped (7.9).
create table tidemark.skipped (
  destination text not null,
  integration text not null,
  resource    text not null,
  record_key  text not null,
  blueprint   text not null,
  identifier  text not null,
  kind        text not null,
  seen_epoch  bigint not null,
  primary key (integration, destination, identifier, blueprint, resource, record_key)
);

-- Down Migration
