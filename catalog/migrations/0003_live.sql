-- Up Migration

-- Calls and events, accepted when committed (sync-semantics 6.1). `delivery`: the source's own id of an event, so that
-- one that is delivered again is known. `call`: JSON text; null once it is applied.
create table tidemark.inbox (
  seq         bigint generated always as identity primary key,
  id          uuid not null unique default gen_random_uuid(),
  integration text not null references tidemark.integration,
  origin      text not null check (origin in ('ui', 'api', 'cli', 'sdk', 'webhook')),
  delivery    text,
  type        text not null,
  call        text,
  received_at timestamptz not null default clock_timestamp(),
  state       text not null default 'waiting' check (state in ('waiting', 'applied', 'ignored', 'failed')),
  -- What applying it did.
  result      jsonb,
  reason      text,
  applied_at  timestamptz,
  unique (integration, delivery)
);
create index on tidemark.inbox (integration, seq) where state = 'waiting';
create index on tidemark.inbox (applied_at) where state <> 'waiting';

-- The call that a `sync` of ready entities carries out.
alter table tidemark.trigger
  add column call uuid references tidemark.inbox (id),
  drop constraint trigger_action_check,
  add check (action in ('resync', 'apply', 'retry', 'sync'));
alter table tidemark.run
  add column call uuid references tidemark.inbox (id),
  drop constraint run_action_check,
  add check (action in ('resync', 'apply', 'retry', 'sync'));

-- What a live delete leaves, so that a page that was fetched before cannot bring the record back (6.4). Where the
-- record has no key, its identity stands for it.
create table tidemark.tombstone (
  destination text not null,
  integration text not null references tidemark.integration,
  resource    text not null,
  record_key  text not null,
  blueprint   text not null,
  identifier  text not null,
  kind        text not null,
  observed_at timestamptz not null,
  created_at  timestamptz not null default clock_timestamp(),
  primary key (integration, destination, resource, record_key, blueprint, identifier)
);

-- Live writes are staged like batches, but belong to no run.
alter table tidemark.batch
  alter column run_id drop not null,
  drop constraint batch_pass_check,
  add check (pass in ('read', 'lookup', 'second-listing', 'retry', 'live'));

-- The latest observation was a live one: it beats a page of the same moment (6.2).
alter table tidemark.claim add column live boolean not null default false;

-- Down Migration
