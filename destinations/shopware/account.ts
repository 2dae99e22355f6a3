import { DestinationError } from '../../domain/errors.ts';
import { isRawRecord } from '../../domain/json.ts';
import { JsonClient } from '../http/json-client.ts';
import { RateLimit } from '../http/rate-limit.ts';
import { Slots } from '../remote/slots.ts';
import type { ShopwareSettings } from './settings.ts';

/** Requests at a time. Transactions of a shop that write the same rows end in deadlocks. */
export const PARALLEL = 2;

/** A token is renewed so long before it ends, in milliseconds; a short one when a fifth of its time is left. */
const RENEWAL_MS = 60_000;

/** How long requests take and wait; the defaults are for shops, tests are quicker. */
export interface ShopTiming {
  /** Milliseconds before the second try; doubles. */
  readonly retryDelay: number;
  /** Milliseconds until an answer must be there. */
  readonly requestTimeout: number;
}

/** Indexing at once takes a shop long. */
export const TIMING: ShopTiming = { retryDelay: 1_000, requestTimeout: 120_000 };

/** What everything of this process that writes with the same credentials shares: the token, the slots, pauses. */
export class ShopAccount {
  readonly limit = new RateLimit();
  readonly slots = new Slots(PARALLEL);
  readonly client: JsonClient;
  readonly #settings: ShopwareSettings;
  readonly #open: JsonClient;
  #token: Promise<Token> | null = null;

  constructor(settings: ShopwareSettings, timing: ShopTiming) {
    this.#settings = settings;
    const { baseUrl, clientSecret } = settings;
    const options = { baseUrl, userAgent: 'tidemark', limit: this.limit, secrets: [clientSecret], ...timing };
    this.client = new JsonClient({ ...options, token: (renew, signal) => this.#tokenFor(renew, signal) });
    this.#open = new JsonClient(options);
  }

  /** One request for a token at a time; one that failed is not kept. */
  async #tokenFor(renew: boolean, signal: AbortSignal): Promise<string> {
    const current = this.#token;
    const known = await current;
    // Another request may have renewed it meanwhile.
    if (this.#token === current && (known === null || renew || known.until <= Date.now())) {
      const asked = this.#ask(signal);
      asked.catch(() => {
        if (this.#token === asked) this.#token = null;
      });
      this.#token = asked;
    }
    const { text } = await (this.#token as Promise<Token>);
    return text;
  }

  /** OAuth, client credentials. */
  async #ask(signal: AbortSignal): Promise<Token> {
    const { clientId, clientSecret } = this.#settings;
    const credentials = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    const { status, body } = await this.#open
      .send({ method: 'POST', path: '/api/oauth/token', body: credentials, signal })
      .catch((error: unknown) => {
        throw error instanceof DestinationError ? refusal(401) : error;
      });
    const { access_token: token, expires_in: seconds } = isRawRecord(body) ? body : {};
    if (status < 300 && typeof token === 'string' && typeof seconds === 'number') {
      const life = seconds * 1000;
      return { text: token, until: Date.now() + life - Math.min(life / 5, RENEWAL_MS) };
    }
    throw status === 400 ? refusal(400) : new DestinationError(NO_SHOP(status));
  }
}

interface Token {
  readonly text: string;
  readonly until: number;
}

const refusal = (status: number): DestinationError =>
  new DestinationError(
    `the shop answered ${status} to destination.clientId and destination.clientSecret: set those of an integration ` +
      'that is there',
  );

const NO_SHOP = (status: number): string =>
  `the shop answered ${status} and gave no access token: check that destination.baseUrl is the shop's own address`;
