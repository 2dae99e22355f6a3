import { UsageError } from '../domain/errors.ts';
import type { Database, Queryable } from './database.ts';
import { supersedePlans } from './plans.ts';

/** A configuration as it is stored: plain JSON in which `${env:…}` stands as written, so no secret is kept. */
export interface StoredConfiguration {
  readonly version: number;
  readonly document: unknown;
}

export interface ConfigurationImport {
  readonly integration: string;
  readonly document: unknown;
  /** Digest of the document, independent of the order of keys. */
  readonly hash: string;
  /** Where it came from: `file`, `api`. */
  readonly origin: string;
}

/**
 * Stores a configuration unless it equals the last one of the same origin, and puts it in force. Returns the
 * version in force afterwards: an import that changes nothing leaves a version that came another way alone.
 */
export function importConfiguration(db: Database, incoming: ConfigurationImport): Promise<number> {
  const { integration, hash, origin } = incoming;
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ inForce: number | null }>(
      `insert into tidemark.integration (id) values ($1)
       on conflict (id) do update set id = excluded.id
       returning config_version as "inForce"`,
      [integration],
    );
    const [last] = await tx.query<{ hash: string }>(
      'select hash from tidemark.config_version where integration = $1 and origin = $2 order by id desc limit 1',
      [integration, origin],
    );
    if (row?.inForce && last?.hash === hash) return row.inForce;
    return putInForce(tx, incoming);
  });
}

/** Stores a configuration as a new version and puts it in force; returns the version. */
export async function putInForce(
  tx: Queryable,
  { integration, document, hash, origin }: ConfigurationImport,
): Promise<number> {
  const [added] = await tx.query<{ version: number }>(
    `with added as (
       insert into tidemark.config_version (integration, document, hash, origin)
       values ($1, $2::jsonb, $3, $4) returning id
     )
     update tidemark.integration i set config_version = added.id from added where i.id = $1 returning added.id as version`,
    [integration, JSON.stringify(document), hash, origin],
  );
  await supersedePlans(tx, { integration, why: 'the configuration has changed' });
  return (added as { version: number }).version;
}

export interface ConfigurationInForce {
  readonly document: unknown;
  readonly hash: string;
}

/** The configuration in force, held until the transaction ends: who changes it changes what is there then. */
export async function lockInForce(tx: Queryable, integration: string): Promise<ConfigurationInForce | null> {
  // By itself: joined to what was there before the wait for the lock, a version stored meanwhile would be missing.
  await tx.query('select from tidemark.integration where id = $1 for update', [integration]);
  const [row] = await tx.query<ConfigurationInForce>(
    `select v.document, v.hash from tidemark.integration i join tidemark.config_version v on v.id = i.config_version
      where i.id = $1`,
    [integration],
  );
  return row ?? null;
}

/** The stored configuration of that version. */
export async function readConfigurationVersion(db: Queryable, version: number): Promise<StoredConfiguration | null> {
  const [row] = await db.query<StoredConfiguration>(
    'select id as version, document from tidemark.config_version where id = $1',
    [version],
  );
  return row ?? null;
}

/** The documents in force, of all integrations, by name. */
export async function documentsInForce(db: Queryable): Promise<unknown[]> {
  const rows = await db.query<{ document: unknown }>(
    `select v.document from tidemark.integration i join tidemark.config_version v on v.id = i.config_version
      order by i.id`,
  );
  return rows.map(({ document }) => document);
}

/** The version in force. Throws `UsageError` where the integration was never configured. */
export async function configurationInForce(db: Queryable, integration: string): Promise<number> {
  const [row] = await db.query<{ version: number | null }>(
    'select config_version as version from tidemark.integration where id = $1',
    [integration],
  );
  if (row?.version) return row.version;
  throw new UsageError(`${integration} has no configuration`);
}

export interface IntegrationRow {
  readonly id: string;
  readonly configVersion: number | null;
  readonly configOrigin: string | null;
}

/** Every integration that was ever configured here, by name. */
export function listIntegrations(db: Queryable): Promise<IntegrationRow[]> {
  return db.query<IntegrationRow>(
    `select i.id, i.config_version as "configVersion", v.origin as "configOrigin"
       from tidemark.integration i left join tidemark.config_version v on v.id = i.config_version
      order by i.id`,
  );
}
