import type { Database } from '../../catalog/database.ts';
import { type OutboxAnswer, type RecordedAnswers, recordAnswers } from '../../catalog/outbox-answers.ts';

/** What is answered within so many milliseconds is recorded together. */
const TOGETHER_MS = 250;

/** Entities, by what the remote has made of them. */
export interface SentCounts {
  created: number;
  updated: number;
  deleted: number;
  refused: number;
  /** Why the first one was refused. */
  reason: string | null;
}

interface ConfirmationParts extends Omit<RecordedAnswers, 'answers'> {
  readonly db: Database;
  /** What was confirmed is added here. */
  readonly counts: SentCounts;
}

/** Records what calls were answered, several at a time: one transaction after the other. */
export class Confirmations {
  readonly #parts: ConfirmationParts;
  #waiting: OutboxAnswer[] = [];
  #timer: NodeJS.Timeout | null = null;
  #written: Promise<void> = Promise.resolve();

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
  }

  add(answers: readonly OutboxAnswer[]): void {
    this.#waiting.push(...answers);
    this.#timer ??= setTimeout(() => void this.flush().catch(() => {}), TOGETHER_MS);
  }

  /** Resolves when everything that was added is recorded; throws what has kept any of it from being so. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#written = this.#written.then(() => this.#record());
    return this.#written;
  }

  async #record(): Promise<void> {
    const answers = this.#waiting;
    this.#waiting = [];
    if (answers.length === 0) return;
    const { db, counts, ...parts } = this.#parts;
    const { created, updated, deleted } = await recordAnswers(db, { ...parts, answers });
    const refused = answers.filter(({ outcome }) => outcome === 'refused');
    counts.created += created;
    counts.updated += updated;
    counts.deleted += deleted;
    counts.refused += refused.length;
    counts.reason ??= refused[0]?.reason ?? null;
  }
}
