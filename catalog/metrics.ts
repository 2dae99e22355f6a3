import type { Outcome } from '../domain/outcome.ts';
import type { KindCounts } from '../domain/run.ts';
import type { Queryable } from './database.ts';

/** Runs that have ended, since the beginning. */
export interface RunMetrics {
  readonly integration: string;
  readonly outcome: Outcome;
  readonly runs: number;
  /** What they took together. */
  readonly seconds: number;
}

/** What all runs did with a kind. */
export interface KindMetrics extends KindCounts {
  readonly integration: string;
  readonly kind: string;
}

/** How an integration is now. Durations and ages are in seconds. */
export interface IntegrationMetrics {
  readonly integration: string;
  readonly running: boolean;
  /** Since the last complete resync of everything ended; `null`: there was none (sync-semantics 2.9). */
  readonly lastCompleteAge: number | null;
  /** Resyncs in a row, up to the latest, that newer triggers aborted (seed S1.9). */
  readonly abortsInARow: number;
  readonly openPlans: number;
  readonly quarantined: number;
}

export interface CatalogMetrics {
  readonly runs: readonly RunMetrics[];
  readonly kinds: readonly KindMetrics[];
  readonly integrations: readonly IntegrationMetrics[];
}

/** What monitoring asks for, of all integrations. */
export async function readMetrics(db: Queryable): Promise<CatalogMetrics> {
  const runs = await db.query<RunMetrics>(
    `select integration, outcome, count(*) as runs,
            coalesce(sum(extract(epoch from finished_at - started_at)), 0)::float8 as seconds
       from tidemark.run where finished_at is not null group by integration, outcome order by integration, outcome`,
  );
  const kinds = await db.query<KindMetrics>(
    `select r.integration, k.kind, sum(k.pages) as pages, sum(k.read) as read, sum(k.ruled_out) as "ruledOut",
            sum(k.quarantined) as quarantined, sum(k.unidentified) as unidentified, sum(k.duplicates) as duplicates,
            sum(k.outdated) as outdated, sum(k.created) as created, sum(k.updated) as updated,
            sum(k.unchanged) as unchanged, sum(k.skipped) as skipped, sum(k.deleted) as deleted,
            sum(k.unconfirmed) as unconfirmed
       from tidemark.kind_run k join tidemark.run r on r.id = k.run_id
      group by r.integration, k.kind order by r.integration, k.kind`,
  );
  return { runs, kinds, integrations: await readIntegrations(db) };
}

function readIntegrations(db: Queryable): Promise<IntegrationMetrics[]> {
  return db.query<IntegrationMetrics>(
    `select i.id as integration,
            exists (select from tidemark.run r where r.integration = i.id and r.finished_at is null) as running,
            (select extract(epoch from clock_timestamp() - max(r.finished_at))::float8 from tidemark.run r
              where r.integration = i.id and r.outcome = 'complete' and r.action = 'resync'
                and r.scope = '{"kinds": null, "since": null}') as "lastCompleteAge",
            coalesce((select r.aborts_before + r.overtaken::int from tidemark.run r
                       where r.integration = i.id and r.action = 'resync' order by r.epoch desc limit 1), 0)
              as "abortsInARow",
            (select count(*) from tidemark.plan p where p.integration = i.id and p.state = 'open') as "openPlans",
            (select count(*) from tidemark.quarantine q where q.integration = i.id) as quarantined
       from tidemark.integration i order by i.id`,
  );
}
