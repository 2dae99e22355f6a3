import { ApplicationFailure, CancellationScope, setCurrentDetails } from '@temporalio/workflow';
import type { Session } from '../activities/reading-sessions.ts';
import type { ResourceRef } from '../activities/run.ts';
import { MAX_LOSSES, type Pass, type PinnedRun } from '../domain/run.ts';
import { activities, heldReadingLabelled, labelled, readingLabelled } from './activity-options.ts';
import { isLostReading } from './cause.ts';
import type { KindProgress } from './kind-progress.ts';

/** Batches of one kind that are under way at the same time: one is fetched while others are mapped and written. */
const WINDOW = 3;

export interface ReadResourceInput {
  readonly run: PinnedRun;
  readonly kind: string;
  readonly resource: ResourceRef;
  readonly pass: Pass;
  /** Where to go on in the resource. */
  readonly place: Place;
  readonly progress: KindProgress;
  /** The execution's history is long: stop at the next batch. */
  readonly mustLeave: () => boolean;
}

/** A place in a resource's list. */
export interface Place {
  /** `null`: its start. With a session: where to begin again when that is lost. */
  readonly cursor: string | null;
  /** The reading without cursors that one process holds. */
  readonly session: Session | null;
  /** How often such a reading was lost. */
  readonly losses: number;
}

export const START: Place = { cursor: null, session: null, losses: 0 };

/** A batch of raw records on its way, and whether another follows. */
interface Batch {
  readonly attempt: string | null;
  readonly pages: number;
  readonly rows: number;
  readonly label: string;
  /** Where the next batch goes on; `null`: the list is at its end. */
  readonly next: Place | null;
  readonly failure: string | null;
}

/**
 * Reads one resource to its end, in batches: fetch, transform, upsert, at most `WINDOW` under way. Returns where to
 * go on when the history is long, `null` at the end. Throws what made the view incomplete, once the batches before
 * it are written.
 */
export async function readResource(input: ReadResourceInput): Promise<Place | null> {
  const { progress, mustLeave, pass } = input;
  const next = NEXT[pass];
  // The batch that is being fetched is one of them.
  const pipeline = new Pipeline(WINDOW - 1);
  const reading = new CancellationScope();
  for (let place: Place | null = input.place; place !== null; ) {
    // A batch that cannot be written stops the reading: no further page is asked for.
    const here: Place = place;
    const coming = reading.run(() => next(input, here));
    const batch = await Promise.race([coming, pipeline.failed]).catch(async (error) => {
      reading.cancel();
      await Promise.allSettled([coming, pipeline.settled()]);
      throw error;
    });
    progress.fetched(batch);
    setCurrentDetails(progress.details('running'));
    if (batch.attempt) pipeline.add(write(input, batch));
    if (batch.failure !== null) {
      await pipeline.drained();
      throw ApplicationFailure.nonRetryable(batch.failure, 'SourceError');
    }
    place = batch.next;
    if (place !== null && mustLeave()) {
      await pipeline.drained();
      return place;
    }
    await pipeline.room();
  }
  await pipeline.drained();
  return null;
}

type NextBatch = (input: ReadResourceInput, place: Place) => Promise<Batch>;

const NEXT: Readonly<Record<Pass, NextBatch>> = {
  read: fetch,
  'second-listing': fetch,
  lookup: lookUp,
  retry: takeUpQuarantined,
};

async function fetch(input: ReadResourceInput, place: Place): Promise<Batch> {
  const { run, kind, resource, pass, progress } = input;
  const { cursor, session, losses } = place;
  const summary = `${kind}: pages from ${progress.pages + 1}`;
  const options = session === null ? readingLabelled(summary) : heldReadingLabelled(summary, session.queue);
  try {
    const { since } = resource;
    const result = await activities.fetch.executeWithOptions(options, [
      { run, kind, resource: resource.key, pass: pass as OwnPass, cursor, since, session: session?.id ?? null, losses },
    ]);
    const { attempt, pages, rows, failure } = result;
    const label = pages === 1 ? `page ${progress.pages + 1}` : `pages ${progress.pages + 1}–${progress.pages + pages}`;
    const ended = result.next === null && result.session === null;
    const next = ended ? null : { cursor: result.next, session: result.session, losses };
    return { attempt, pages, rows, label, next, failure };
  } catch (error) {
    if (session === null || !isLostReading(error)) throw error;
    if (losses < MAX_LOSSES) return { ...NOTHING, next: { cursor, session: null, losses: losses + 1 } };
    const message = `the process that read ${resource.key} was lost ${losses + 1} times; pages with a cursor would let another one go on`;
    throw ApplicationFailure.nonRetryable(message, 'SourceError');
  }
}

type OwnPass = Extract<Pass, 'read' | 'second-listing'>;

const NOTHING = { attempt: null, pages: 0, rows: 0, label: '', failure: null } as const;

async function lookUp({ run, kind, resource }: ReadResourceInput, { cursor: after }: Place): Promise<Batch> {
  const summary = `${kind}: look up what was not listed`;
  const { attempt, asked, found, next, failure } = await activities.lookUp.executeWithOptions(
    readingLabelled(summary),
    [{ run, kind, resource: resource.key, after }],
  );
  return { attempt, pages: 0, rows: asked, label: `${found} looked up`, next: placeAt(next), failure };
}

async function takeUpQuarantined({ run, kind, resource }: ReadResourceInput, { cursor: after }: Place): Promise<Batch> {
  const { attempt, rows, next } = await activities.takeUpQuarantined.executeWithOptions(
    labelled(`${kind}: take up what lies in quarantine`),
    [{ run, kind, resource: resource.key, after }],
  );
  return { attempt, pages: 0, rows, label: `${rows} from quarantine`, next: placeAt(next), failure: null };
}

const placeAt = (cursor: string | null): Place | null => (cursor === null ? null : { ...START, cursor });

async function write({ run, kind, resource, progress }: ReadResourceInput, batch: Batch): Promise<void> {
  const { key, position } = resource;
  const { counts, quarantined, failure } = await activities.upsert.executeWithOptions(
    labelled(`${kind}: ${batch.label}`),
    [{ run, kind, resource: key, position, attempt: batch.attempt as string }],
  );
  progress.written(counts, quarantined);
  setCurrentDetails(progress.details('running'));
  if (failure !== null) throw ApplicationFailure.nonRetryable(failure, 'MappingError');
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
