import { randomUUID } from 'node:crypto';
import { GeneratorLostError } from '../domain/errors.ts';
import type { Page } from '../sources/source.ts';

/** A source that is being read; it outlives the activity that reads a batch of it. */
export interface Reading {
  readonly pages: AsyncIterator<Page>;
  /** Aborts what the source does for this reading. */
  readonly controller: AbortController;
}

/** Where the next batch of a reading without cursors can be had. */
export interface Session {
  /** The task queue of the process that holds it. */
  readonly queue: string;
  readonly id: string;
}

/** So long a reading is kept without being asked for its next batch. */
const IDLE_MS = 10 * 60_000;

interface Kept extends Reading {
  readonly timer: NodeJS.Timeout;
}

/**
 * Readings of sources without cursors: only the iterator itself knows where it is, so it stays alive in this process
 * between the activities, and these come to this process by a task queue of its own.
 */
export class ReadingSessions {
  readonly queue: string;
  private readonly kept = new Map<string, Kept>();

  constructor(taskQueue: string) {
    this.queue = `${taskQueue}/readings/${randomUUID()}`;
  }

  keep(reading: Reading): Session {
    const id = randomUUID();
    const timer = setTimeout(() => void this.drop(id), IDLE_MS);
    timer.unref();
    this.kept.set(id, { ...reading, timer });
    return { queue: this.queue, id };
  }

  /** Hands a reading out, once. Throws `GeneratorLostError` when this process does not hold it (any more). */
  take(id: string): Reading {
    const kept = this.kept.get(id);
    if (!kept) throw new GeneratorLostError('the process does not hold this reading any more');
    clearTimeout(kept.timer);
    this.kept.delete(id);
    return kept;
  }

  /** Ends what is still open. */
  async close(): Promise<void> {
    await Promise.all([...this.kept.keys()].map((id) => this.drop(id)));
  }

  private async drop(id: string): Promise<void> {
    const kept = this.kept.get(id);
    if (kept) await endReading(this.take(id));
  }
}

/** Lets the source clean up behind itself; what it throws then concerns nobody. */
export async function endReading({ pages, controller }: Reading): Promise<void> {
  controller.abort(new Error('the reading has ended'));
  await pages.return?.().catch(() => {});
}
