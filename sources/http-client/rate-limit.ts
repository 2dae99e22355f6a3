import { setTimeout as sleep } from 'node:timers/promises';
import type { AxiosResponse } from 'axios';
import { SourceError } from '../../domain/errors.ts';
import type { SourceLog } from '../source.ts';
import { messageOf } from './answer.ts';
import { retryAfter } from './retry.ts';

/**
 * The longest wait that is obeyed, in milliseconds. GitHub's budgets are hourly, so an API that asks for more than
 * 65 minutes asks for something that a run should not sit through silently.
 */
const LONGEST_WAIT = 65 * 60_000;

/** The API refused a request because of its budget, not for want of a right (GitHub: 429, or 403 with a hint). */
export function isRateLimited(response: AxiosResponse): boolean {
  const { status, headers } = response;
  if (status === 429) return true;
  if (status !== 403) return false;
  return 'retry-after' in headers || headers['x-ratelimit-remaining'] === '0' || saysRateLimit(response);
}

function saysRateLimit({ data }: AxiosResponse): boolean {
  return /rate limit/i.test(messageOf(data));
}

/**
 * Keeps to the API's own budget: reads `X-RateLimit-*` and `Retry-After` from every answer and holds the following
 * requests of this client until the time they name (sync-semantics 2.4), before the limit is violated as well as after.
 */
export class RateLimit {
  readonly #secondaryDelay: number;
  #until = 0;
  #reason = '';

  /** `secondaryDelay`: milliseconds to wait after a refusal that names no time. */
  constructor(secondaryDelay: number) {
    this.#secondaryDelay = secondaryDelay;
  }

  /** Milliseconds until the next request may be sent; 0: now. */
  get pending(): number {
    return Math.max(0, this.#until - Date.now());
  }

  note(response: AxiosResponse): void {
    const { status, headers } = response;
    const limited = isRateLimited(response);
    const reset = headers['x-ratelimit-remaining'] === '0' ? untilReset(headers) : 0;
    const asked = status >= 400 ? retryAfter(headers) : 0;
    if (reset > 0) this.#hold(reset, 'rate limit reached');
    if (asked > 0) this.#hold(asked, limited ? 'rate limit reached' : `asked to wait (${status})`);
    // GitHub's documentation: a secondary limit without a time means at least a minute.
    const named = 'retry-after' in headers || headers['x-ratelimit-remaining'] === '0';
    if (limited && !named && saysRateLimit(response)) this.#hold(this.#secondaryDelay, 'secondary rate limit reached');
  }

  /** Waits until the next request may be sent. Throws the abort reason, or `SourceError` above the longest wait. */
  async wait({ signal, log }: { signal: AbortSignal; log: SourceLog }): Promise<void> {
    while (this.pending > 0) {
      const until = new Date(this.#until).toISOString();
      if (this.pending > LONGEST_WAIT) {
        throw new SourceError(
          `${this.#reason}, and the API asks to wait until ${until}, longer than ${LONGEST_WAIT / 60_000} minutes: ` +
            'start the resync again after that time',
        );
      }
      log.warn(`${this.#reason}, waiting until ${until.slice(11, 19)}Z`);
      await sleep(this.pending, undefined, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
    }
  }

  #hold(milliseconds: number, reason: string): void {
    const until = Date.now() + milliseconds;
    if (until <= this.#until) return;
    this.#until = until;
    this.#reason = reason;
  }
}

/** A time in seconds that no budget runs to: larger numbers are milliseconds, as some APIs count. */
const SOON_IN_SECONDS = 100_000_000_000;

/** Milliseconds to the reset, by the API's own clock (`Date`) where it says it: this machine's may be off. */
function untilReset(headers: AxiosResponse['headers']): number {
  const named = Number(headers['x-ratelimit-reset']);
  const reset = named > SOON_IN_SECONDS ? named : named * 1000;
  const clock = Date.parse(String(headers.date));
  const wait = reset - (Number.isNaN(clock) ? Date.now() : clock);
  return Number.isNaN(wait) ? 0 : Math.max(0, wait);
}
