-- Up Migration

-- Deletes that a guard holds, by kind (sync-semantics 3.5). `kind` null: claims of resources that are no longer
-- configured. `started_at`: when the run began that proposed it; what was seen since is not touched.
create table tidemark.plan (
  id             text primary key,
  integration    text not null references tidemark.integration,
  run_id         text not null references tidemark.run,
  epoch          bigint not null,
  config_version bigint not null references tidemark.config_version,
  kind           text,
  reason         text not null,
  claims         integer not null,
  entities       integer not null,
  state          text not null default 'open' check (state in ('open', 'applied', 'rejected', 'superseded')),
  why            text,
  started_at     timestamptz not null,
  created_at     timestamptz not null default clock_timestamp(),
  decided_at     timestamptz,
  -- The run that applied it.
  applied_run    text references tidemark.run
);
create index on tidemark.plan (integration) where state = 'open';

-- Goes as soon as the plan is decided.
create table tidemark.plan_claim (
  plan        text not null references tidemark.plan on delete cascade,
  destination text not null,
  integration text not null,
  resource    text not null,
  record_key  text not null,
  blueprint   text not null,
  identifier  text not null,
  primary key (plan, resource, record_key, blueprint, identifier)
);

-- What a trigger asks for. `scope`: {"kinds": […] | null, "since": {"last": …, "time": …} | null}.
alter table tidemark.trigger
  add column action         text not null default 'resync' check (action in ('resync', 'apply', 'retry')),
  add column scope          jsonb not null default '{"kinds": null, "since": null}',
  add column plan           text references tidemark.plan,
  add column config_version bigint references tidemark.config_version,
  -- The run that has noticed it and lets it wait: no signal needs to be sent again while that goes on.
  add column noticed_by     text references tidemark.run;

-- `overtaken`: a newer trigger aborted it. `aborts_before`: overtaken resyncs in a row before this one.
alter table tidemark.run
  add column action        text not null default 'resync' check (action in ('resync', 'apply', 'retry')),
  add column scope         jsonb not null default '{"kinds": null, "since": null}',
  add column plan          text references tidemark.plan,
  add column overtaken     boolean not null default false,
  add column aborts_before integer not null default 0,
  add column warnings      text[] not null default '{}',
  -- What became of claims of resources that are no longer configured.
  add column removed_deleted integer not null default 0,
  add column removed_held    text,
  add column removed_plan    text references tidemark.plan;

-- `ended`: claims that ended by absence, unasked: they count towards the share of the next 24 hours (3.3).
-- `skipped`: records that the strategy left alone.
alter table tidemark.kind_run
  add column ended   integer not null default 0,
  add column skipped integer not null default 0,
  add column plan    text references tidemark.plan;

-- The epoch that made the claim: what was held before a run is what an earlier one made.
alter table tidemark.claim add column first_epoch bigint not null default 0;
alter table tidemark.claim alter column first_epoch drop default;

-- `removed`: its resource is no longer configured; there is nothing to look at a second time.
alter table tidemark.delete_candidate
  add column removed boolean not null default false,
  drop constraint delete_candidate_verdict_check,
  add check (verdict in ('gone', 'present', 'absent', 'removed'));

-- From when on an incremental run reads a resource (2.8). It holds for the configuration that it was reached with:
-- another selector or mapping concerns old records as well.
create table tidemark.checkpoint (
  integration    text not null references tidemark.integration,
  resource       text not null,
  config_version bigint not null references tidemark.config_version,
  since          timestamptz not null,
  primary key (integration, resource)
);

-- `clock`: the source's, when it first answered for this batch. `modified`: the latest change it told of.
alter table tidemark.batch
  add column clock    timestamptz,
  add column modified timestamptz,
  drop constraint batch_pass_check,
  add check (pass in ('read', 'lookup', 'second-listing', 'retry'));

-- Down Migration
