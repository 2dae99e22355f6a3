import { ApplicationFailure, CancellationScope, setCurrentDetails } from '@temporalio/workflow';
import type { ResourceRef } from '../activities/run.ts';
import type { Pass, PinnedRun } from '../domain/run.ts';
import { activities, labelled, readingLabelled } from './activity-options.ts';
import type { KindProgress } from './kind-progress.ts';

/** Batches of one kind that are under way at the same time: one is fetched while others are mapped and written. */
const WINDOW = 3;

export interface ReadResourceInput {
  readonly run: PinnedRun;
  readonly kind: string;
  readonly resource: ResourceRef;
  readonly pass: Pass;
  /** Where to go on in the resource; `null`: from its start. */
  readonly cursor: string | null;
  readonly progress: KindProgress;
  /** The execution's history is long: stop at the next batch. */
  readonly mustLeave: () => boolean;
}

/** What is left to read of a resource. */
interface Rest {
  readonly cursor: string | null;
}

/** A batch of raw records on its way, and whether another follows. */
interface Batch {
  readonly attempt: string | null;
  readonly pages: number;
  readonly rows: number;
  readonly label: string;
  /** Where the next batch goes on. */
  readonly cursor: string | null;
  readonly more: boolean;
  readonly failure: string | null;
}

/**
 * Reads one resource to its end, in batches: fetch, transform, upsert, at most `WINDOW` under way. Returns where to
 * go on when the history is long, `null` at the end. Throws what made the view incomplete, once the batches before
 * it are written.
 */
export async function readResource(input: ReadResourceInput): Promise<Rest | null> {
  const { progress, mustLeave, pass } = input;
  const next = NEXT[pass];
  // The batch that is being fetched is one of them.
  const pipeline = new Pipeline(WINDOW - 1);
  let { cursor } = input;
  const reading = new CancellationScope();
  for (let more = true; more; ) {
    // A batch that cannot be written stops the reading: no further page is asked for.
    const coming = reading.run(() => next(input, cursor));
    const batch = await Promise.race([coming, pipeline.failed]).catch(async (error) => {
      reading.cancel();
      await Promise.allSettled([coming, pipeline.settled()]);
      throw error;
    });
    cursor = batch.cursor;
    progress.fetched(batch);
    setCurrentDetails(progress.details('running'));
    if (batch.attempt) pipeline.add(write(input, batch));
    if (batch.failure !== null) {
      await pipeline.drained();
      throw ApplicationFailure.nonRetryable(batch.failure, 'SourceError');
    }
    more = batch.more;
    if (more && mustLeave()) {
      await pipeline.drained();
      return { cursor };
    }
    await pipeline.room();
  }
  await pipeline.drained();
  return null;
}

type NextBatch = (input: ReadResourceInput, cursor: string | null) => Promise<Batch>;

const NEXT: Readonly<Record<Pass, NextBatch>> = {
  read: fetch,
  'second-listing': fetch,
  lookup: lookUp,
  retry: takeUpQuarantined,
};

async function fetch(
  { run, kind, resource, pass, progress }: ReadResourceInput,
  cursor: string | null,
): Promise<Batch> {
  const summary = `${kind}: pages from ${progress.pages + 1}`;
  const result = await activities.fetch.executeWithOptions(readingLabelled(summary), [
    { run, kind, resource: resource.key, pass: pass as 'read' | 'second-listing', cursor, since: resource.since },
  ]);
  const { attempt, pages, rows, next, failure } = result;
  const label = pages === 1 ? `page ${progress.pages + 1}` : `pages ${progress.pages + 1}–${progress.pages + pages}`;
  return { attempt, pages, rows, label, cursor: next, more: next !== null, failure };
}

async function lookUp({ run, kind, resource }: ReadResourceInput, after: string | null): Promise<Batch> {
  const summary = `${kind}: look up what was not listed`;
  const { attempt, asked, found, next, failure } = await activities.lookUp.executeWithOptions(
    readingLabelled(summary),
    [{ run, kind, resource: resource.key, after }],
  );
  return { attempt, pages: 0, rows: asked, label: `${found} looked up`, cursor: next, more: next !== null, failure };
}

async function takeUpQuarantined({ run, kind, resource }: ReadResourceInput, after: string | null): Promise<Batch> {
  const { attempt, rows, next } = await activities.takeUpQuarantined.executeWithOptions(
    labelled(`${kind}: take up what lies in quarantine`),
    [{ run, kind, resource: resource.key, after }],
  );
  return {
    attempt,
    pages: 0,
    rows,
    label: `${rows} from quarantine`,
    cursor: next,
    more: next !== null,
    failure: null,
  };
}

async function write({ run, kind, resource, progress }: ReadResourceInput, batch: Batch): Promise<void> {
  const summary = `${kind}: ${batch.label}`;
  const fetchAttempt = batch.attempt as string;
  const mapped = await activities.transform.executeWithOptions(labelled(summary), [
    { run, kind, resource: resource.key, attempt: fetchAttempt },
  ]);
  const staged = {
    fetchAttempt,
    mappedAttempt: mapped.attempt,
    kind,
    resource: resource.key,
    position: resource.position,
  };
  const counts = await activities.upsert.executeWithOptions(labelled(summary), [{ run, batch: staged }]);
  progress.written(counts, mapped.quarantined);
  setCurrentDetails(progress.details('running'));
  if (mapped.failure !== null) throw ApplicationFailure.nonRetryable(mapped.failure, 'MappingError');
}

/** Batches under way. The first one that fails is remembered; the others are waited for. */
class Pipeline {
  /** Rejects as soon as a batch fails. */
  readonly failed: Promise<never>;
  private fail: (error: unknown) => void = () => {};
  private failure: { readonly error: unknown } | null = null;
  private readonly underWay = new Set<Promise<void>>();
  private readonly width: number;

  constructor(width: number) {
    this.width = width;
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => {});
  }

  add(work: Promise<void>): void {
    const tracked: Promise<void> = work
      .catch((error) => {
        this.failure ??= { error };
        this.fail(error);
      })
      .finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }

  /** Resolves when no more than `width` are under way. */
  async room(): Promise<void> {
    while (this.underWay.size > this.width) await Promise.race(this.underWay);
    this.check();
  }

  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  /** Resolves when all are written; throws the first failure. */
  async drained(): Promise<void> {
    await this.settled();
    this.check();
  }

  private check(): void {
    if (this.failure) throw this.failure.error;
  }
}
