import type { PinnedRun } from '../domain/run.ts';
import type { Scope, Since } from '../domain/scope.ts';
import type { Queryable } from './database.ts';
import { rfc3339 } from './time.ts';

/**
 * From when on a run of that scope reads each of the resources; `null`: everything. A resource without a checkpoint of
 * this configuration is read in full by `last`.
 */
export async function startsOf(
  db: Queryable,
  run: PinnedRun,
  { since, resources }: { since: Since; resources: readonly string[] },
): Promise<Map<string, string | null>> {
  const rows = await db.query<{ resource: string; since: string | null }>(
    `select resource, ${rfc3339('case when $4 then least(c.since, $5::timestamptz) else $5::timestamptz end')} as since
       from unnest($3::text[]) as resource
       left join (select resource, since from tidemark.checkpoint where integration = $1 and config_version = $2) c
            using (resource)
      where not ($4 and c.since is null)`,
    [run.integration, run.configVersion, resources, since.last, since.time],
  );
  return new Map(rows.map((row) => [row.resource, row.since]));
}

// The clock of a batch that does not tell may be earlier than those of the others.
const CLOCK = 'case when bool_and(b.clock is not null) then min(b.clock) end';
const REACHED = `least(${CLOCK}, max(b.modified))`;

/**
 * Moves the checkpoints of a kind's resources to where the source stood when it first answered, or to the latest
 * change that it told of, whichever is known and earlier, minus the overlap (sync-semantics 2.8). Nothing known: it
 * stays. A run that began later than the checkpoint has left out what changed in between, and does not move it.
 */
export async function moveCheckpoints(
  tx: Queryable,
  run: PinnedRun,
  { scope: { since }, kind, overlap }: { scope: Scope; kind: string; overlap: number },
): Promise<void> {
  await tx.query(
    `insert into tidemark.checkpoint as c (integration, resource, config_version, since)
     select $1, b.resource, $2, ${REACHED} - make_interval(secs => $5 / 1000.0)
       from tidemark.batch b
       left join tidemark.checkpoint p
            on p.integration = $1 and p.resource = b.resource and p.config_version = $2
      where b.run_id = $3 and b.kind = $4 and b.pass = 'read' and b.whole
        and ($6::timestamptz is null or p.since >= $6)
      group by b.resource having ${REACHED} is not null
     on conflict (integration, resource) do update
       set since = excluded.since, config_version = excluded.config_version`,
    [run.integration, run.configVersion, run.runId, kind, overlap, since !== null && !since.last ? since.time : null],
  );
}
