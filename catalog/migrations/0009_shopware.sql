-- Up Migration

-- Shops that were written to with their indexing disabled, and have not been asked for a full index since (seed S4.31).
create table tidemark.unindexed_shop (
  destination text primary key,
  written_at  timestamptz not null
);

-- Down Migration
