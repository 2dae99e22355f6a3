import { randomUUID } from 'node:crypto';
import type { OutboxAnswer } from '../../catalog/outbox-answers.ts';
import type { OutboxEntity } from '../../catalog/outbox-take.ts';
import type { RemoteLimits } from './remote.ts';

/** Calls whose entities are taken, and noted as about to be sent, in one transaction. */
const CALLS_TAKEN = 24;

/** What was taken leaves within so many milliseconds, or is given back. */
export const LEAVES_WITHIN_MS = 10_000;

/** Entities of one call. */
export interface Call {
  /** The mark that they were taken with. */
  readonly request: string;
  readonly entities: readonly OutboxEntity[];
}

export interface LineParts {
  readonly limits: Pick<RemoteLimits, 'maxBytes' | 'parallel'>;
  /** Of one call. */
  readonly maxEntities: number;
  /** Takes the next entities. */
  readonly take: (request: string, maxEntities: number) => Promise<readonly OutboxEntity[]>;
  /** What was taken and will not be sent now. */
  readonly giveBack: (answers: readonly OutboxAnswer[]) => void;
}

/** What several callers work off together: calls, taken some ahead of being sent. */
export class Line {
  readonly #parts: LineParts;
  readonly #calls: (Call & { readonly leavesBy: number })[] = [];
  #taking: Promise<void> | null = null;
  #ended = false;
  #failure: Error | null = null;

  constructor(parts: LineParts) {
    this.#parts = parts;
  }

  /** Why no more is sent. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** No more is sent: what was taken is given back, and so is what is being taken. */
  stop(failure: Error | null = null): void {
    this.#failure ??= failure;
    this.#ended = true;
    for (const call of this.#calls.splice(0)) this.#giveBack(call);
  }

  /** The next call; `null`: there is none, or the line was stopped. */
  async next(): Promise<Call | null> {
    for (;;) {
      const call = this.#calls.shift();
      if (this.#calls.length < this.#parts.limits.parallel && !this.#ended) this.#taking ??= this.#take();
      if (call && Date.now() < call.leavesBy) return call;
      if (call) this.#giveBack(call);
      else if (this.#taking === null) return null;
      else await this.#taking;
    }
  }

  /** Resolves when nothing is being taken any more. */
  async settled(): Promise<void> {
    await this.#taking;
  }

  async #take(): Promise<void> {
    const { limits, maxEntities } = this.#parts;
    const request = randomUUID();
    // Counted from before: the mark expires no earlier than that says.
    const leavesBy = Date.now() + LEAVES_WITHIN_MS;
    try {
      const taken = await this.#parts.take(request, maxEntities * CALLS_TAKEN);
      const calls = inCalls(taken, { maxEntities, maxBytes: limits.maxBytes });
      this.#calls.push(...calls.map((entities) => ({ request, entities, leavesBy })));
      if (this.#ended) this.stop();
      if (taken.length < maxEntities * CALLS_TAKEN) this.#ended = true;
    } catch (error) {
      this.stop(error as Error);
    } finally {
      this.#taking = null;
    }
  }

  #giveBack({ request, entities }: Call): void {
    this.#parts.giveBack(
      entities.map(({ blueprint, identifier }) => ({ blueprint, identifier, request, outcome: 'later', reason: null })),
    );
  }
}

/** As many entities a call as fit; one that is too large by itself goes alone. */
function inCalls(
  entities: readonly OutboxEntity[],
  { maxEntities, maxBytes }: { maxEntities: number; maxBytes: number },
): OutboxEntity[][] {
  const calls: OutboxEntity[][] = [];
  let bytes = 0;
  for (const entity of entities) {
    const last = calls.at(-1);
    bytes += entity.bytes;
    if (last && last.length < maxEntities && bytes <= maxBytes) last.push(entity);
    else {
      calls.push([entity]);
      bytes = entity.bytes;
    }
  }
  return calls;
}
