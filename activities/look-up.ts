import { randomUUID } from 'node:crypto';
import { cancellationSignal } from '@temporalio/activity';
import { fenced } from '../catalog/fence.ts';
import { databaseClock, packPage, stageBatch, toJson } from '../catalog/staging.ts';
import { type LookupCandidate, nextLookups, recordVerdicts, type Verdict } from '../catalog/stale.ts';
import type { RawRecord } from '../domain/json.ts';
import type { PinnedRun } from '../domain/run.ts';
import { type ActivityDependencies, resourceOf } from './dependencies.ts';

/** Records asked for in one activity, and at the same time. */
const BATCH_LOOKUPS = 50;
const PARALLEL = 4;

export interface LookUpInput {
  readonly run: PinnedRun;
  readonly kind: string;
  readonly resource: string;
  /** The record key that the batch before ended with. */
  readonly after: string | null;
}

export interface LookUpResult {
  /** Names the staged records that are still there; `null`: there were none. */
  readonly attempt: string | null;
  readonly asked: number;
  readonly found: number;
  /** The record key to go on after; `null`: all were asked for. */
  readonly next: string | null;
  readonly failure: string | null;
}

export const createLookUpActivity = (deps: ActivityDependencies) => ({
  /**
   * Asks the source for records that its listing did not return. Those that are there are staged, to be mapped and
   * written like a page: so a record that a moving list hid is seen, and one that now maps elsewhere is not
   * (sync-semantics 3.2).
   */
  async lookUp(input: LookUpInput): Promise<LookUpResult> {
    const { run, kind, resource, after } = input;
    const candidates = await nextLookups(deps.db, run, { resource, after, limit: BATCH_LOOKUPS });
    const observedAt = await databaseClock(deps.db);
    const { verdicts, found, failure } = await ask(deps, input, candidates);
    const attempt = found.length > 0 ? randomUUID() : null;
    const pages = [await packPage(observedAt, toJson(found))];
    await fenced(deps.db, run, async (tx) => {
      await recordVerdicts(tx, run, { resource, verdicts, attempt });
      if (!attempt) return;
      const untimed = { nextCursor: null, clock: null, modified: null };
      await stageBatch(tx, run, { attempt, kind, resource, pass: 'lookup', pages, ...untimed });
    });
    const next = candidates.length === BATCH_LOOKUPS ? (candidates.at(-1)?.recordKey ?? null) : null;
    return { attempt, asked: candidates.length, found: found.length, next, failure };
  },
});

async function ask(
  deps: ActivityDependencies,
  { run, kind, resource }: LookUpInput,
  candidates: readonly LookupCandidate[],
): Promise<{ verdicts: Verdict[]; found: RawRecord[]; failure: string | null }> {
  const pipeline = await deps.pipeline(run.configVersion);
  const { source } = pipeline;
  const { selector } = resourceOf(pipeline, resource);
  const signal = cancellationSignal();
  const verdicts: Verdict[] = [];
  const found: RawRecord[] = [];
  let failure: string | null = null;
  const waiting = [...candidates];
  const askInTurn = async (): Promise<void> => {
    for (let next = waiting.shift(); next && failure === null; next = waiting.shift()) {
      try {
        const record = await source.lookup({
          kind,
          key: next.recordKey,
          locator: next.locator,
          signal,
          log: deps.log,
        });
        // A record that exists but has left the selector's view is gone from it.
        const there = record !== null && source.admits?.(kind, selector, record) !== false;
        verdicts.push({ recordKey: next.recordKey, verdict: there ? 'present' : 'gone' });
        if (there) found.push(record);
      } catch (error) {
        if (signal.aborted) throw error;
        failure = error instanceof Error ? error.message : String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, askInTurn));
  return { verdicts, found, failure };
}
