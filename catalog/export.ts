import { GoneError } from '../domain/errors.ts';
import type { ExportRequest } from '../domain/export.ts';
import type { Database, Queryable } from './database.ts';
import { rfc3339 } from './time.ts';

/** An export that has begun. */
export interface BegunExport extends ExportRequest {
  readonly id: string;
  /** What its last line hands out, `YYYY-MM-DDThh:mm:ssZ`. */
  readonly nextMsince: string;
}

const COLUMNS = `id, blueprint, ${rfc3339('msince')} as msince, deleted, peer,
  to_char(next_msince at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "nextMsince"`;

/** Notes an export that begins. Throws `GoneError` where tombstones are asked for that are not kept any more. */
export async function beginExport(db: Database, request: ExportRequest): Promise<BegunExport> {
  await requireTombstones(db, request);
  const nextMsince = await startOfOldestWrite(db);
  const [begun] = await db.query<BegunExport>(
    `insert into tidemark.export (blueprint, msince, deleted, peer, next_msince) values ($1, $2, $3, $4, $5)
     returning ${COLUMNS}`,
    [request.blueprint, request.msince, request.deleted, request.peer, nextMsince],
  );
  return begun as BegunExport;
}

/** An export that has begun within the last day. Throws `GoneError`. */
export async function resumeExport(db: Queryable, id: string): Promise<BegunExport> {
  const [begun] = await db.query<BegunExport>(`select ${COLUMNS} from tidemark.export where id = $1`, [id]);
  if (begun) return begun;
  throw new GoneError('the export of this cursor began more than a day ago: begin anew, without a cursor');
}

/**
 * From when on the next export must read, so that it misses nothing that this one cannot see (sync-semantics 8.3).
 *
 * A writer first takes the lock that tells when its transaction began, and then stamps what it changes. So what is not
 * visible yet was stamped by a transaction that holds its lock now, or by one that takes it later: after the clock was
 * read here. The order matters: the clock, then the locks, then whatever this export reads.
 */
async function startOfOldestWrite(db: Queryable): Promise<string> {
  const [clock] = await db.query<{ now: string }>(`select clock_timestamp()::text as now`);
  const [oldest] = await db.query<{ start: string }>(
    `select least($1::timestamptz, min(to_timestamp(objid::bigint)))::text as start from pg_locks
      where locktype = 'advisory' and classid = 1953064037 and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())`,
    [(clock as { now: string }).now],
  );
  return (oldest as { start: string }).start;
}

async function requireTombstones(db: Queryable, { msince, deleted }: ExportRequest): Promise<void> {
  if (!deleted || msince === null) return;
  const [lost] = await db.query<{ since: string }>(
    `select ${rfc3339('since')} as since
       from (select greatest(now() - keep, forgotten_until) as since from tidemark.tombstone_keeping) k
      where since > $1`,
    [msince],
  );
  if (!lost) return;
  throw new GoneError(
    `deletes before ${lost.since} are not known any more (tombstones.keep), and msince is ${msince}: ` +
      'read in full, without msince; what that lacks is gone',
  );
}

/** How long tombstones are kept, in milliseconds. */
export async function keepTombstones(db: Queryable, keep: number): Promise<void> {
  await db.query(
    `update tidemark.tombstone_keeping set keep = $1 * interval '1 millisecond'
      where keep <> $1 * interval '1 millisecond'`,
    [keep],
  );
}

/**
 * Drops tombstones that were kept long enough, a day later than promised: an export that began in time still finds them;
 * and exports that began a day ago.
 */
export async function forgetExpired(db: Queryable): Promise<void> {
  await db.query(
    `with gone as (
       delete from tidemark.entity_tombstone t using tidemark.tombstone_keeping k
        where t.changed_at < now() - k.keep - interval '1 day' returning t.changed_at
     )
     update tidemark.tombstone_keeping k set forgotten_until = greatest(k.forgotten_until, g.until)
       from (select max(changed_at) as until from gone) g where g.until is not null`,
  );
  await db.query(`delete from tidemark.export where started_at < now() - interval '1 day'`);
}
