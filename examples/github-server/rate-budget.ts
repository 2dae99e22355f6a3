export interface RateBudgetOptions {
  /** Requests per window. */
  readonly limit: number;
  /** Milliseconds; a window ends on a full second, because the header names seconds. */
  readonly window: number;
}

/** GitHub's hourly budget of requests, with its headers. Answers 304 cost nothing, as at GitHub. */
export class RateBudget {
  readonly #options: RateBudgetOptions;
  #used = 0;
  #resetAt = 0;

  constructor(options: RateBudgetOptions) {
    this.#options = options;
  }

  /** Takes one request from the budget; `false`: it is used up. */
  take(): boolean {
    if (Date.now() >= this.#resetAt) {
      this.#used = 0;
      this.#resetAt = Math.ceil((Date.now() + this.#options.window) / 1000) * 1000;
    }
    if (this.#used >= this.#options.limit) return false;
    this.#used += 1;
    return true;
  }

  giveBack(): void {
    this.#used -= 1;
  }

  headers(): Record<string, string> {
    const { limit } = this.#options;
    return {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(limit - this.#used),
      'x-ratelimit-used': String(this.#used),
      'x-ratelimit-reset': String(this.#resetAt / 1000),
      'x-ratelimit-resource': 'core',
    };
  }
}
