-- Up Migration

-- Merges contents in the order given: a later value replaces an earlier one, an explicit null included
-- (sync-semantics 1.7).
create aggregate tidemark.jsonb_merge(jsonb) (sfunc = jsonb_concat, stype = jsonb, initcond = '{}');

create table tidemark.integration (
  id             text primary key,
  epoch          bigint not null default 0,
  config_version bigint,
  created_at     timestamptz not null default now()
);

-- Configurations as they were imported: plain JSON with references to the environment left in place.
create table tidemark.config_version (
  id          bigint generated always as identity primary key,
  integration text not null references tidemark.integration,
  document    jsonb not null,
  hash        text not null,
  origin      text not null,
  created_at  timestamptz not null default now()
);
create index on tidemark.config_version (integration, id);
alter table tidemark.integration add foreign key (config_version) references tidemark.config_version;

create table tidemark.run (
  id             text primary key,
  integration    text not null references tidemark.integration,
  epoch          bigint not null,
  config_version bigint not null references tidemark.config_version,
  started_at     timestamptz not null default clock_timestamp(),
  finished_at    timestamptz,
  outcome        text check (outcome in ('aborted', 'failed', 'incomplete', 'held', 'complete')),
  reason         text,
  -- The execution that runs it: a repeated beginning finds the run that it began.
  workflow_run_id text not null unique,
  deletes_done   boolean not null default false,
  unique (integration, epoch)
);

create table tidemark.kind_run (
  run_id         text not null references tidemark.run on delete cascade,
  kind           text not null,
  position       integer not null,
  state          text not null default 'pending'
                 check (state in ('pending', 'running', 'complete', 'failed', 'aborted')),
  error          text,
  held           text,
  started_at     timestamptz,
  finished_at    timestamptz,
  pages          integer not null default 0,
  read           integer not null default 0,
  ruled_out      integer not null default 0,
  quarantined    integer not null default 0,
  unidentified   integer not null default 0,
  duplicates     integer not null default 0,
  outdated       integer not null default 0,
  created        integer not null default 0,
  updated        integer not null default 0,
  unchanged      integer not null default 0,
  deleted        integer not null default 0,
  unconfirmed    integer not null default 0,
  primary key (run_id, kind)
);

-- Fields whose expression failed in a run: how often, and why the first time (sync-semantics 1.5).
create table tidemark.field_failure (
  run_id   text not null references tidemark.run on delete cascade,
  kind     text not null,
  resource text not null,
  field    text not null,
  records  integer not null,
  reason   text not null,
  primary key (run_id, resource, field)
);

-- A trigger is a committed row before Temporal hears of it (sync-semantics 4.1). `done_at`: covered by a run that
-- was not aborted.
create table tidemark.trigger (
  id          uuid primary key default gen_random_uuid(),
  integration text not null references tidemark.integration,
  origin      text not null check (origin in ('ui', 'api', 'cli', 'schedule', 'webhook', 'sdk')),
  created_at  timestamptz not null default clock_timestamp(),
  run_id      text references tidemark.run,
  done_at     timestamptz
);
create index on tidemark.trigger (integration) where done_at is null;
create index on tidemark.trigger (run_id);

-- Staging, keyed by attempt (sync-semantics 5.2). A batch row, its pages and its next cursor commit together.
-- Only the attempt that the workflow goes on from is ever read. `applied`: what writing it did.
create table tidemark.batch (
  attempt      uuid primary key,
  run_id       text not null references tidemark.run on delete cascade,
  kind         text not null,
  resource     text not null,
  pass         text not null check (pass in ('read', 'lookup', 'second-listing')),
  next_cursor  text,
  applied      jsonb,
  -- Every page of it was mapped and written.
  whole        boolean not null default false
);
create index on tidemark.batch (run_id);

create table tidemark.staged_page (
  attempt     uuid not null references tidemark.batch on delete cascade,
  page        integer not null,
  observed_at timestamptz not null,
  body        bytea not null,
  primary key (attempt, page)
);
-- Bodies are deflated already: compressing them again only costs time.
alter table tidemark.staged_page alter column body set storage external;

create table tidemark.mapped_batch (
  attempt        uuid primary key,
  fetch_attempt  uuid not null references tidemark.batch on delete cascade,
  pages          integer not null,
  read           integer not null,
  ruled_out      integer not null,
  quarantined    integer not null,
  field_failures jsonb not null,
  whole          boolean not null
);
create index on tidemark.mapped_batch (fetch_attempt);

create table tidemark.staged_entity (
  attempt     uuid not null references tidemark.mapped_batch on delete cascade,
  ordinal     integer not null,
  record_key  text not null,
  locator     text,
  blueprint   text not null,
  identifier  text not null,
  fields      jsonb not null,
  failed      text[] not null,
  observed_at timestamptz not null,
  primary key (attempt, ordinal)
);

-- Records whose identity could not be evaluated: they count as seen (sync-semantics 1.4). An empty key: none known.
create table tidemark.staged_rejection (
  attempt     uuid not null references tidemark.mapped_batch on delete cascade,
  ordinal     integer not null,
  record_key  text not null,
  observed_at timestamptz not null,
  primary key (attempt, ordinal)
);

create table tidemark.entity (
  blueprint  text not null,
  identifier text not null,
  fields     jsonb not null,
  version    bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (blueprint, identifier)
);

-- The ledger (sync-semantics 1.1): which record maps to which entity, and what it says of it. `owns`: the record
-- created the entity or changed a field of it, which alone makes a claim; a record that found everything as it would
-- have written it is only remembered, and takes over when the last owner lets go. No index may hold seen_epoch or
-- observed_at: every run updates both, and only columns outside all indexes let PostgreSQL do that in place.
create table tidemark.claim (
  destination text not null,
  integration text not null,
  resource    text not null,
  record_key  text not null,
  blueprint   text not null,
  identifier  text not null,
  kind        text not null,
  position    integer not null,
  locator     text,
  seen_epoch  bigint not null,
  observed_at timestamptz not null,
  base        jsonb not null,
  owns        boolean not null,
  primary key (destination, integration, resource, record_key, blueprint, identifier)
) with (fillfactor = 80);
create index on tidemark.claim (destination, blueprint, identifier);

-- What the first read of a run did not return, and what the second look said of it (sync-semantics 3.1, 3.2).
create table tidemark.delete_candidate (
  run_id      text not null references tidemark.run on delete cascade,
  destination text not null,
  integration text not null,
  resource    text not null,
  record_key  text not null,
  blueprint   text not null,
  identifier  text not null,
  kind        text not null,
  locator     text,
  verdict     text check (verdict in ('gone', 'present', 'absent')),
  -- The batch that a record found present was staged in: only when that is written is the verdict of use.
  attempt     uuid,
  primary key (run_id, resource, record_key, blueprint, identifier)
);

-- Rejected records, raw (sync-semantics 6.8). The key is the source's own, or a digest of the raw record.
create table tidemark.quarantine (
  integration    text not null references tidemark.integration,
  resource       text not null,
  key            text not null,
  kind           text not null,
  stage          text not null,
  reason         text not null,
  raw            text not null,
  first_seen     timestamptz not null,
  last_seen      timestamptz not null,
  last_epoch     bigint not null,
  primary key (integration, resource, key)
);

-- Down Migration
