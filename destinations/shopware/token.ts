import { DestinationError } from '../../domain/errors.ts';
import { isRawRecord } from '../../domain/json.ts';
import type { ShopReply } from './reply.ts';

/** How long before its end a token is no longer used, at most: a fifth of its life, and a minute. */
const MARGIN_MS = 60_000;

/**
 * The access token of a shop's integration (OAuth, client credentials): fetched when it is needed, once for all who
 * wait for it, and again before it ends.
 */
export class AccessToken {
  readonly #fetch: (signal: AbortSignal) => Promise<ShopReply>;
  #current: { readonly token: string; readonly until: number } | null = null;
  #fetching: Promise<string | Failed> | null = null;

  /** `fetch`: asks for a new one. */
  constructor(fetch: (signal: AbortSignal) => Promise<ShopReply>) {
    this.#fetch = fetch;
  }

  /** The token, or why there is none for now. Throws `DestinationError` when the credentials are refused. */
  async get(signal: AbortSignal): Promise<string | Failed> {
    if (this.#current !== null && this.#current.until > Date.now()) return this.#current.token;
    this.#fetching ??= this.#renew(signal).finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  /** The shop does not take this one any more. */
  drop(token: string): void {
    if (this.#current?.token === token) this.#current = null;
  }

  async #renew(signal: AbortSignal): Promise<string | Failed> {
    const reply = await this.#fetch(signal);
    if (reply.type !== 'answer') return { type: 'failed', undone: true, reason: reply.reason };
    const { access_token: token, expires_in: seconds } = isRawRecord(reply.body) ? reply.body : {};
    if (reply.status >= 400) {
      throw new DestinationError(
        `the shop answered ${reply.status} to destination.clientId and destination.clientSecret: set those of an ` +
          'integration that is there',
      );
    }
    if (typeof token !== 'string' || typeof seconds !== 'number') {
      throw new DestinationError('the shop answered without an access token: check destination.baseUrl');
    }
    const life = seconds * 1000;
    this.#current = { token, until: Date.now() + life - Math.min(life / 5, MARGIN_MS) };
    return token;
  }
}

type Failed = Extract<ShopReply, { type: 'failed' }>;
