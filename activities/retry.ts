import { randomUUID } from 'node:crypto';
import { fenced } from '../catalog/fence.ts';
import { nextQuarantined, type RawQuarantined } from '../catalog/quarantine.ts';
import { packPage, stageBatch, toJson } from '../catalog/staging.ts';
import type { RawRecord } from '../domain/json.ts';
import type { PinnedRun } from '../domain/run.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Records taken up in one activity. */
const BATCH_RECORDS = 200;

export interface TakeUpInput {
  readonly run: PinnedRun;
  readonly kind: string;
  readonly resource: string;
  /** The key that the batch before ended with. */
  readonly after: string | null;
}

export interface TakeUpResult {
  /** Names the staged records; `null`: there were none. */
  readonly attempt: string | null;
  readonly rows: number;
  /** The key to go on after; `null`: all were taken up. */
  readonly next: string | null;
}

export const createRetryActivity = ({ db }: ActivityDependencies) => ({
  /** Stages records that lie in quarantine, as they were observed, to be mapped anew (sync-semantics 6.8). */
  async takeUpQuarantined({ run, kind, resource, after }: TakeUpInput): Promise<TakeUpResult> {
    const records = await nextQuarantined(db, run.integration, { resource, after, limit: BATCH_RECORDS });
    if (records.length === 0) return { attempt: null, rows: 0, next: null };
    const attempt = randomUUID();
    const pages = await Promise.all(
      byObservation(records).map(([observedAt, rows]) => packPage(observedAt, toJson(rows))),
    );
    await fenced(db, run, (tx) =>
      stageBatch(tx, run, {
        attempt,
        kind,
        resource,
        pass: 'retry',
        pages,
        nextCursor: null,
        clock: null,
        modified: null,
      }),
    );
    const next = records.length === BATCH_RECORDS ? (records.at(-1)?.key ?? null) : null;
    return { attempt, rows: records.length, next };
  },
});

function byObservation(records: readonly RawQuarantined[]): [string, RawRecord[]][] {
  const pages = new Map<string, RawRecord[]>();
  for (const { observedAt, raw } of records) pages.set(observedAt, [...(pages.get(observedAt) ?? []), JSON.parse(raw)]);
  return [...pages];
}
