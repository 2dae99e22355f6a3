import { setTimeout as sleep } from 'node:timers/promises';

/** By their lower-case names, as axios has them. */
export type AnswerHeaders = Readonly<Record<string, unknown>>;

/** A time in seconds that no remaining time comes near: larger numbers are points in time. */
const YEAR_SECONDS = 366 * 24 * 3600;

/**
 * Keeps to a remote's budget before it is violated: counts requests against `X-RateLimit-Remaining` until
 * `X-RateLimit-Reset`, and obeys `Retry-After`. Shared by everything of this process that uses the same account.
 */
export class RateLimit {
  #until = 0;
  #left = Number.POSITIVE_INFINITY;
  #resetAt = 0;
  /** Requests under way: no answer has counted them yet. */
  #underWay = 0;

  /** Milliseconds until the next request may be sent; 0: now. */
  get pending(): number {
    const now = Date.now();
    const reset = this.#left <= 0 ? this.#resetAt - now : 0;
    return Math.max(0, this.#until - now, reset);
  }

  /** Waits until a request may be sent. Throws the abort reason. */
  async wait(signal: AbortSignal): Promise<void> {
    while (this.pending > 0) {
      await sleep(Math.min(this.pending, 60_000), undefined, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
    }
  }

  /** Waits as well, and counts a request that leaves then. What came of it is told by `note` or `lost`. */
  async spend(signal: AbortSignal): Promise<void> {
    // Others may have waited for the same, and left first: asked again until this one is the next.
    while (this.pending > 0) await this.wait(signal);
    if (Date.now() >= this.#resetAt) this.#left = Number.POSITIVE_INFINITY;
    this.#left -= 1;
    this.#underWay += 1;
  }

  /** No answer came. */
  lost(): void {
    this.#underWay -= 1;
  }

  note(status: number, headers: AnswerHeaders): void {
    this.#underWay -= 1;
    const remaining = numberIn(headers, 'x-ratelimit-remaining');
    const reset = numberIn(headers, 'x-ratelimit-reset');
    if (remaining !== null && reset !== null) {
      const resetAt = reset > YEAR_SECONDS ? reset * 1000 : Date.now() + reset * 1000;
      // Answers come in another order than requests leave: within one window the lower number is the newer one.
      const isCounted = Math.abs(resetAt - this.#resetAt) < 2_000 && Number.isFinite(this.#left);
      this.#left = isCounted ? Math.min(this.#left, remaining) : remaining - this.#underWay;
      this.#resetAt = Math.max(this.#resetAt, resetAt);
    }
    if (status < 400) return;
    const asked = retryAfter(headers);
    if (asked > 0) this.#until = Math.max(this.#until, Date.now() + asked);
  }
}

function numberIn(headers: AnswerHeaders, name: string): number | null {
  const text = headers[name];
  const value = Number(text);
  return text === undefined || text === '' || Number.isNaN(value) ? null : value;
}

/** Milliseconds that `Retry-After` (seconds or a date) asks for; 0 without one. */
function retryAfter(headers: AnswerHeaders): number {
  const text = String(headers['retry-after'] ?? '');
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now());
}
