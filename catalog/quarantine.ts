import type { QuarantinedRecord } from '../domain/quarantine.ts';
import type { RunRef } from '../domain/run.ts';
import { storableText } from '../domain/text.ts';
import type { Queryable } from './database.ts';
import type { MappedRecords } from './mapped-batch.ts';
import { rfc3339 } from './time.ts';

/** Puts what the mapping rejected into quarantine, each record once. Reasons quote records, whatever these hold. */
export async function putIntoQuarantine(
  tx: Queryable,
  { integration, epoch }: Pick<RunRef, 'integration' | 'epoch'>,
  { resource, kind, quarantined }: Omit<MappedRecords, 'entities'>,
): Promise<void> {
  if (quarantined.length === 0) return;
  const rows = quarantined.map((row) => ({ ...row, reason: storableText(row.reason) }));
  await tx.query(
    `insert into tidemark.quarantine as q
       (integration, resource, key, kind, stage, reason, raw, first_seen, last_seen, last_epoch)
     select distinct on (key) $1, $2, coalesce(nullif("recordKey", ''), 'md5:' || md5(raw)) as key, $3, stage, reason,
            raw, "observedAt", "observedAt", $4
       from json_to_recordset($5::json)
         as r ("recordKey" text, stage text, reason text, raw text, "observedAt" timestamptz)
      order by key, "observedAt" desc
     on conflict (integration, resource, key) do update set
       stage = excluded.stage, reason = excluded.reason, raw = excluded.raw,
       last_seen = greatest(q.last_seen, excluded.last_seen), last_epoch = excluded.last_epoch`,
    [integration, resource, kind, epoch, JSON.stringify(rows)],
  );
}

/** What lies in quarantine, the latest first. */
export function listQuarantined(db: Queryable, integration: string, limit: number): Promise<QuarantinedRecord[]> {
  return db.query<QuarantinedRecord>(
    `select kind, resource, key, stage, reason, raw, ${rfc3339('first_seen')} as "firstSeen",
            ${rfc3339('last_seen')} as "lastSeen"
       from tidemark.quarantine where integration = $1 order by last_seen desc, resource, key limit $2`,
    [integration, limit],
  );
}

/** Records that lie in quarantine, of one integration. */
export async function countQuarantined(db: Queryable, integration: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    'select count(*) as count from tidemark.quarantine where integration = $1',
    [integration],
  );
  return (row as { count: number }).count;
}

/** The kinds of which records lie in quarantine. */
export async function quarantinedKinds(db: Queryable, integration: string): Promise<string[]> {
  const rows = await db.query<{ kind: string }>(
    'select distinct kind from tidemark.quarantine where integration = $1 order by kind',
    [integration],
  );
  return rows.map(({ kind }) => kind);
}

export interface RawQuarantined {
  readonly key: string;
  /** JSON text. */
  readonly raw: string;
  /** When it was observed, in full precision. */
  readonly observedAt: string;
}

/** The next records of a resource, by key, at most `limit`. */
export function nextQuarantined(
  db: Queryable,
  integration: string,
  { resource, after, limit }: { resource: string; after: string | null; limit: number },
): Promise<RawQuarantined[]> {
  return db.query<RawQuarantined>(
    `select key, raw, last_seen::text as "observedAt" from tidemark.quarantine
      where integration = $1 and resource = $2 and key > coalesce($3, '') order by key limit $4`,
    [integration, resource, after, limit],
  );
}

/**
 * Drops what came from resources that are no longer configured, when the run has read every kind: nobody will see it
 * again. `resources`: the keys of all configured ones.
 */
export async function dropOrphans(tx: Queryable, run: RunRef, resources: readonly string[]): Promise<void> {
  await tx.query(
    `delete from tidemark.quarantine q using tidemark.run r
      where r.id = $1 and r.scope -> 'kinds' = 'null' and q.integration = r.integration and not q.resource = any ($2)`,
    [run.runId, resources],
  );
}
