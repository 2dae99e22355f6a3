import { randomUUID } from 'node:crypto';
import { GeneratorLostError } from '../domain/errors.ts';
import type { Page } from '../sources/source.ts';

/** A source that is being read; it outlives the activity that reads a batch of it. */
export interface Reading {
  readonly pages: AsyncIterator<Page>;
  /** Aborts what the source does for this reading. */
  readonly controller: AbortController;
  /** When the page before was observed, by PostgreSQL's clock. */
  observedAt: string | null;
  /** Whether a run still waits for what comes of it. */
  readonly isWanted: () => Promise<boolean>;
}

/** Where the next batch of a reading without cursors can be had. */
export interface Session {
  /** The task queue of the process that holds it. */
  readonly queue: string;
  readonly id: string;
}

/** So often it is asked whether what is kept is still wanted. */
const LOOK_MS = 1_000;

/** So long a source may clean up behind itself before it is left behind. */
const END_MS = 5_000;

/**
 * Readings of sources without cursors: only the iterator itself knows where it is, so it stays alive in this process
 * between the activities, and these come to this process by a task queue of its own. One that nobody will ask for any
 * more, because its run was overtaken, failed or was ended by hand, is ended as soon as that is known.
 */
export class ReadingSessions {
  readonly queue: string;
  private readonly kept = new Map<string, Reading>();
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> | null = null;

  constructor(taskQueue: string) {
    this.queue = `${taskQueue}/readings/${randomUUID()}`;
    this.timer = setInterval(() => {
      this.looking ??= this.look().finally(() => {
        this.looking = null;
      });
    }, LOOK_MS);
    this.timer.unref();
  }

  keep(reading: Reading): Session {
    const id = randomUUID();
    this.kept.set(id, reading);
    return { queue: this.queue, id };
  }

  /** Hands a reading out, once. Throws `GeneratorLostError` when this process does not hold it (any more). */
  take(id: string): Reading {
    const reading = this.kept.get(id);
    if (!reading) throw new GeneratorLostError('the process does not hold this reading any more');
    this.kept.delete(id);
    return reading;
  }

  /** Ends what is still open. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await Promise.all([...this.kept.keys()].map((id) => this.drop(id)));
  }

  private async look(): Promise<void> {
    for (const [id, reading] of this.kept) {
      // A database that does not answer says nothing about the run.
      const isWanted = await reading.isWanted().catch(() => true);
      if (!isWanted) await this.drop(id);
    }
  }

  private async drop(id: string): Promise<void> {
    // It may have been handed out meanwhile.
    if (this.kept.has(id)) await endReading(this.take(id));
  }
}

/** Lets the source clean up behind itself; what it throws then, or does later, concerns nobody. */
export async function endReading({ pages, controller }: Reading): Promise<void> {
  controller.abort(new Error('the reading has ended'));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, END_MS);
  });
  const ended = Promise.resolve(pages.return?.()).then(
    () => {},
    () => {},
  );
  await Promise.race([ended, late]);
  clearTimeout(timer);
}
