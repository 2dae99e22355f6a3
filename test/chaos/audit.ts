import type { Database } from '../../catalog/database.ts';
import type { Raw, Write } from './events.ts';

/**
 * PostgreSQL's own log of what is committed to the catalog and of when epochs begin, by triggers of the test. A change
 * of an entity notes its transaction; the beginning of an epoch notes which transactions were committed by then.
 */
export async function installAudit(db: Database): Promise<void> {
  await db.query(AUDIT);
}

const AUDIT = `
create schema chaos;
create table chaos.log (
  seq bigint generated always as identity primary key,
  at double precision not null default extract(epoch from clock_timestamp()) * 1000,
  what text not null, run text, blueprint text, identifier text, fields jsonb, xid xid8,
  integration text, epoch bigint, config_version bigint, committed pg_snapshot
);
create index on chaos.log (integration);
create index on chaos.log (identifier text_pattern_ops);

create function chaos.entity() returns trigger language plpgsql as $$
begin
  insert into chaos.log (what, run, blueprint, identifier, fields, xid)
  select lower(tg_op), nullif(current_setting('tidemark.run', true), ''), coalesce(new.blueprint, old.blueprint),
         coalesce(new.identifier, old.identifier), new.fields, pg_current_xact_id();
  return null;
end $$;
create trigger chaos after insert or update or delete on tidemark.entity
  for each row execute function chaos.entity();

create function chaos.integration() returns trigger language plpgsql as $$
begin
  insert into chaos.log (what, integration, epoch, config_version, committed)
  select case when new.epoch <> old.epoch then 'epoch' else 'configuration' end,
         new.id, new.epoch, new.config_version, pg_current_snapshot();
  return null;
end $$;
create trigger chaos after update on tidemark.integration for each row
  when (new.epoch <> old.epoch or new.config_version is distinct from old.config_version)
  execute function chaos.integration();
`;

export interface Epoch {
  readonly epoch: number;
  readonly at: number;
  readonly configVersion: number;
}

/** What the log says of one integration; its entities are told by their identifiers, which begin with its name. */
export interface Audited {
  readonly writes: Write[];
  readonly epochs: Epoch[];
  /** In the order in which they came into force. */
  readonly configVersions: number[];
}

export async function readAudit(db: Database, integration: string): Promise<Audited> {
  const writes = await db.query<Omit<Write, 'fields'> & { what: string; fields: Raw | null }>(
    `select w.at, w.what, split_part(w.run, '.', 2)::bigint as epoch, w.blueprint || ' ' || w.identifier as entity,
            w.fields, coalesce((select max(e.epoch) from chaos.log e
                                 where e.integration = $1 and e.what = 'epoch'
                                   and not pg_visible_in_snapshot(w.xid, e.committed)), 0) as newest
       from chaos.log w where w.identifier = $1 or w.identifier like $1 || '/%' order by w.seq`,
    [integration],
  );
  const events = await db.query<Epoch & { what: string }>(
    `select what, epoch, at, config_version as "configVersion" from chaos.log where integration = $1 order by seq`,
    [integration],
  );
  return {
    writes: writes.map(({ what, fields, ...write }) => ({ ...write, fields: what === 'delete' ? null : fields })),
    epochs: events.filter(({ what }) => what === 'epoch'),
    configVersions: events.filter(({ what }) => what === 'configuration').map(({ configVersion }) => configVersion),
  };
}
