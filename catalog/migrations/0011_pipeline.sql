-- Up Migration

-- What the mapping makes of a batch is written at once, and never stored in between.
drop table tidemark.staged_rejection, tidemark.staged_entity, tidemark.mapped_batch;

-- What the claim was last written from, in 16 bytes, and the version of the entity that came of it: a row that says the
-- same changes nothing while the entity has that version. Whoever changes an entity's fields advances its version.
alter table tidemark.claim
  add column digest         uuid,
  add column entity_version bigint;

-- Every run updates every claim: with half of each page free PostgreSQL does that in place, without touching an index.
alter table tidemark.claim set (fillfactor = 50);

-- Down Migration
