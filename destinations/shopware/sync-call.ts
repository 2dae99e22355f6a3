import { DestinationError } from '../../domain/errors.ts';
import type { RemoteAnswer } from '../remote/remote.ts';
import type { ShopAccount } from './account.ts';
import { post, type ShopReply } from './client.ts';
import { bodyOf, chunks, type Job, operationsOf } from './requests.ts';
import { verdictOf } from './verdict.ts';

/** How requests are sent: the dialect's path and headers. */
export interface SyncManner {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Rows of a request at most. */
  readonly batchSize: number;
}

let requests = 0;

/** One call of the port: sends its jobs in requests, and finds out what became of each. */
export class SyncCall {
  readonly #account: ShopAccount;
  readonly #manner: SyncManner;
  readonly #signal: AbortSignal;
  readonly #answers = new Map<Job, RemoteAnswer>();
  /** Jobs of which a request may have had its effect although no answer came. */
  readonly #doubtful = new Set<Job>();
  /** What the shop has shown to be too many at a time, in this call. */
  #rows: number;
  /** Why nothing more is sent. */
  #stopped: string | null = null;

  constructor(account: ShopAccount, manner: SyncManner, signal: AbortSignal) {
    this.#account = account;
    this.#manner = manner;
    this.#signal = signal;
    this.#rows = manner.batchSize;
  }

  /**
   * Throws `DestinationError` for what concerns the shop as a whole, unless something was written before: that is told,
   * and the rest is for later.
   */
  async send(jobs: readonly Job[]): Promise<ReadonlyMap<Job, RemoteAnswer>> {
    try {
      for (let left = jobs; left.length > 0; ) {
        const [next = [], ...others] = chunks(left, this.#rows);
        await this.#sendTogether(next);
        left = others.flat();
      }
    } catch (error) {
      const isPartly = this.#doubtful.size > 0 || [...this.#answers.values()].some(({ outcome }) => outcome === 'done');
      if (!(error instanceof DestinationError) || !isPartly) throw error;
      for (const job of jobs) if (!this.#answers.has(job)) this.#put(job, { outcome: 'later', reason: error.message });
    }
    return this.#answers;
  }

  /** Sends jobs in one request, and in smaller ones as far as that does not do. */
  async #sendTogether(jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return;
    if (this.#stopped !== null) return this.#putAll(jobs, { outcome: 'later', reason: this.#stopped });
    requests += 1;
    const operations = operationsOf(jobs, requests);
    const { path, headers } = this.#manner;
    const request = { body: bodyOf(operations), headers, signal: this.#signal, splittable: jobs.length > 1 };
    const reply = await post(this.#account, path, request);
    if (reply.type !== 'answer' && !reply.undone) for (const job of jobs) this.#doubtful.add(job);
    if (reply.type === 'failed') return this.#fail(jobs, reply);
    if (reply.type === 'too-much') return this.#halve(jobs, reply);
    const { answers, unplaced } = verdictOf(operations, reply);
    for (const [job, answer] of answers) this.#put(job, answer);
    const again = jobs.filter((job) => !answers.has(job));
    if (unplaced === null) return this.#sendTogether(again);
    if (again.length === 1) return this.#putAll(again, unplaced);
    return this.#sendHalves(again);
  }

  /** In their order, so that what others refer to is still written first. */
  async #sendHalves(jobs: readonly Job[]): Promise<void> {
    const middle = Math.ceil(jobs.length / 2);
    await this.#sendTogether(jobs.slice(0, middle));
    await this.#sendTogether(jobs.slice(middle));
  }

  async #halve(jobs: readonly Job[], reply: Unsent): Promise<void> {
    const [only, second] = jobs;
    if (only !== undefined && second === undefined) {
      if (reply.undone) return this.#put(only, { outcome: 'refused', reason: reply.reason });
      return this.#fail(jobs, reply);
    }
    const rows = jobs.reduce((sum, { changes }) => sum + changes.length, 0);
    this.#rows = Math.max(1, Math.min(this.#rows, Math.ceil(rows / 2)));
    return this.#sendHalves(jobs);
  }

  #fail(jobs: readonly Job[], { reason, undone }: Unsent): void {
    this.#stopped = reason;
    this.#putAll(jobs, { outcome: undone ? 'later' : 'unanswered', reason });
  }

  #putAll(jobs: readonly Job[], answer: RemoteAnswer): void {
    for (const job of jobs) this.#put(job, answer);
  }

  #put(job: Job, answer: RemoteAnswer): void {
    const isUnknown = answer.outcome === 'later' && this.#doubtful.has(job);
    this.#answers.set(job, isUnknown ? { ...answer, outcome: 'unanswered' } : answer);
  }
}

type Unsent = Extract<ShopReply, { type: 'too-much' | 'failed' }>;
