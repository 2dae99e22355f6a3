import type { TriggerOrigin } from '../domain/run.ts';
import type { Queryable } from './database.ts';

/** Commits a trigger; returns its id. Nothing is lost if the process dies before Temporal hears of it. */
export async function insertTrigger(db: Queryable, integration: string, origin: TriggerOrigin): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    'insert into tidemark.trigger (integration, origin) values ($1, $2) returning id',
    [integration, origin],
  );
  return (row as { id: string }).id;
}

export interface TriggerState {
  /** The run that covers it, so far; an aborted run hands its triggers to the next. */
  readonly runId: string | null;
  /** Covered by a run that has ended and was not aborted. */
  readonly done: boolean;
}

export async function readTrigger(db: Queryable, id: string): Promise<TriggerState | null> {
  const [row] = await db.query<TriggerState>(
    'select run_id as "runId", done_at is not null as done from tidemark.trigger where id = $1',
    [id],
  );
  return row ?? null;
}

export interface WaitingTrigger {
  readonly integration: string;
  readonly trigger: string;
}

/**
 * Triggers that no run in progress has taken up for `olderThanSeconds`: their signal may have been lost with the
 * process that was to send it. The oldest of each integration: one signal wakes the run that covers them all.
 */
export function lostTriggers(db: Queryable, olderThanSeconds: number): Promise<WaitingTrigger[]> {
  return db.query<WaitingTrigger>(
    `select distinct on (t.integration) t.integration, t.id::text as trigger from tidemark.trigger t
      where t.done_at is null and t.created_at < clock_timestamp() - make_interval(secs => $1)
        and not exists (select from tidemark.run r where r.id = t.run_id and r.finished_at is null)
      order by t.integration, t.created_at`,
    [olderThanSeconds],
  );
}
