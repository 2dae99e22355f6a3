import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../catalog/database.ts';
import type { OutboxScope } from '../../catalog/outbox.ts';
import type { OutboxAnswer } from '../../catalog/outbox-answers.ts';
import {
  nextExpiry,
  type OutboxEntity,
  type TakeRequest,
  takeEntities,
  waitingBlueprints,
} from '../../catalog/outbox-take.ts';
import type { Fields } from '../../domain/entity.ts';
import { DestinationError } from '../../domain/errors.ts';
import type { RunRef } from '../../domain/run.ts';
import { Confirmations, type SentCounts } from './confirmations.ts';
import { LEAVES_WITHIN_MS, Line } from './line.ts';
import type { Remote, RemoteAnswer, RemoteEntity } from './remote.ts';
import type { Slots } from './slots.ts';

/** How long after a call's deadline its request still counts as under way: an answer may just be coming. */
const EXPIRY_MARGIN_MS = 2_000;

/** Requests of others are looked at again so often. */
const POLL_MS = 100;

/** So often in a row a call may be put off as a whole before it is given up. */
const MAX_PUT_OFF = 10;

export interface SendingParts {
  readonly db: Database;
  /** The destination's name in claims. */
  readonly name: string;
  readonly remote: Remote;
  /** Shared by everything of this process that calls the same remote. */
  readonly slots: Slots;
}

export interface SendRequest {
  /** `null`: a live call. */
  readonly run: RunRef | null;
  readonly scope: OutboxScope;
  /** Stops between calls. */
  readonly signal?: AbortSignal | undefined;
  /** Leave out what others are sending, in place of waiting for it. */
  readonly impatient?: boolean | undefined;
  /** What is sent of an entity for now, where that is not all. */
  readonly content?: TakeRequest['content'];
}

/**
 * Sends what the outbox holds: in rank order, several calls at a time, each proven by the epoch and noted before it leaves
 * (sync-semantics 5.3); some calls are noted in one transaction, and what they were answered is recorded in one. May be called by several at once; an entity is in one request at a time.
 */
export class Sending {
  readonly #parts: SendingParts;

  constructor(parts: SendingParts) {
    this.#parts = parts;
  }

  /**
   * Sends everything of a scope that waits, after what others are sending of it is answered or has expired. Throws
   * `StaleEpochError`, the signal's reason, and `DestinationError` when the remote did not answer: what was not confirmed
   * stays in the outbox.
   */
  async send(request: SendRequest): Promise<SentCounts> {
    const counts: SentCounts = { created: 0, updated: 0, deleted: 0, refused: 0, reason: null };
    for (const removing of [false, true]) await this.#sendAll({ ...request, removing, counts, delays: new Delays() });
    return counts;
  }

  async #sendAll(pass: Pass): Promise<void> {
    const { db, name, remote } = this.#parts;
    const scope = { destination: name, ...pass };
    for (;;) {
      pass.signal?.throwIfAborted();
      const waiting = await waitingBlueprints(db, scope);
      if (waiting.length === 0) {
        const expiry = await nextExpiry(db, scope);
        if (expiry === null || pass.impatient) return;
        await sleep(Math.min(Math.max(expiry, 10), POLL_MS));
        continue;
      }
      for (const group of ranked(waiting, remote, pass.removing)) await this.#sendGroup(pass, group);
    }
  }

  async #sendGroup(pass: Pass, group: readonly WaitingBlueprint[]): Promise<void> {
    const { db, name: destination, remote } = this.#parts;
    const { run, removing, counts } = pass;
    const { limits } = remote;
    const maxEntities = removing ? limits.maxDeletes : limits.maxEntities;
    const blueprints = group.map(({ blueprint }) => blueprint);
    const expires = LEAVES_WITHIN_MS + limits.callDeadline + EXPIRY_MARGIN_MS;
    const partial = pass.content !== undefined;
    const answers = new Confirmations({ db, destination, run, removing, partial, counts });
    const line = new Line({
      limits,
      maxEntities,
      take: (request, most) =>
        takeEntities(db, { ...pass, destination, request, blueprints, maxEntities: most, expires }),
      giveBack: (unsent) => answers.add(unsent),
    });
    const stop = (): void => line.stop();
    pass.signal?.addEventListener('abort', stop);
    const calls = Math.ceil(group.reduce((sum, { count }) => sum + count, 0) / maxEntities);
    const callers = Array.from({ length: Math.min(calls, limits.parallel) }, () =>
      this.#calls(pass, { line, answers }),
    );
    await Promise.all(callers);
    await line.settled();
    pass.signal?.removeEventListener('abort', stop);
    await answers.flush();
    if (line.failure !== null) throw line.failure;
  }

  /** One call after another, until nothing waits or one has failed. */
  async #calls(pass: Pass, work: Work): Promise<void> {
    while (!pass.signal?.aborted) {
      try {
        const more = await this.#parts.slots.use(() => this.#call(pass, work));
        if (!more) return;
      } catch (error) {
        work.line.stop(error as Error);
      }
    }
  }

  async #call(pass: Pass, { line, answers }: Work): Promise<boolean> {
    await this.#parts.remote.ready?.(pass.signal ?? NEVER);
    if (pass.signal?.aborted) return false;
    const call = await line.next();
    if (call === null) return false;
    const asked = await this.#ask(call.entities, pass.removing);
    const known = call.entities.flatMap((entity, index) => settled(call.request, entity, asked.answers[index]));
    answers.add(known);
    if (asked.failure) throw asked.failure;
    const lost = asked.answers.find(({ outcome }) => outcome === 'unanswered');
    if (lost && lost.outcome !== 'done') throw new DestinationError(lost.reason);
    pass.delays.note(known);
    return true;
  }

  /** The call itself is not cancelled with the run: its answer is worth more than the time that it takes. */
  async #ask(taken: readonly OutboxEntity[], removing: boolean): Promise<Asked> {
    const { remote } = this.#parts;
    const signal = AbortSignal.timeout(remote.limits.callDeadline);
    try {
      const answers = removing ? await remote.remove(taken, signal) : await remote.write(taken.map(writable), signal);
      return { answers, failure: null };
    } catch (error) {
      // Anything else is a mistake in the program: what it did is not known.
      if (!(error instanceof DestinationError)) throw error;
      return { answers: taken.map(() => ({ outcome: 'later', reason: error.message })), failure: error };
    }
  }
}

interface Pass extends SendRequest {
  readonly removing: boolean;
  readonly counts: SentCounts;
  readonly delays: Delays;
}

/** What the callers of a group share. */
interface Work {
  readonly line: Line;
  readonly answers: Confirmations;
}

interface Asked {
  readonly answers: readonly RemoteAnswer[];
  readonly failure: DestinationError | null;
}

const NEVER = new AbortController().signal;

const writable = (entity: OutboxEntity): RemoteEntity => ({ ...entity, fields: entity.fields ?? ({} as Fields) });

/** Calls in a row that were put off as a whole. */
class Delays {
  #inARow = 0;

  /** Throws `DestinationError` when nothing but delays has come back for long. */
  note(answers: readonly OutboxAnswer[]): void {
    const [first] = answers;
    this.#inARow = answers.every(({ outcome }) => outcome === 'later') ? this.#inARow + 1 : 0;
    if (this.#inARow < MAX_PUT_OFF) return;
    throw new DestinationError(`put off ${MAX_PUT_OFF} times in a row: ${first?.reason ?? 'without a reason'}`);
  }
}

interface WaitingBlueprint {
  readonly blueprint: string;
  readonly count: number;
}

/** Lower ranks are written first and deleted last. */
function ranked(waiting: readonly WaitingBlueprint[], remote: Remote, removing: boolean): WaitingBlueprint[][] {
  const groups = new Map<number, WaitingBlueprint[]>();
  for (const each of waiting) {
    const rank = remote.rank?.(each.blueprint) ?? 0;
    groups.set(rank, [...(groups.get(rank) ?? []), each]);
  }
  const order = [...groups].sort(([a], [b]) => (removing ? b - a : a - b));
  return order.map(([, group]) => group);
}

/** What nobody knows stays marked until it expires. */
function settled(
  request: string,
  { blueprint, identifier }: OutboxEntity,
  answer: RemoteAnswer | undefined,
): OutboxAnswer[] {
  if (answer === undefined || answer.outcome === 'unanswered') return [];
  const reason = answer.outcome === 'done' ? null : answer.reason;
  return [{ blueprint, identifier, request, outcome: answer.outcome, reason }];
}
