import { DestinationError } from '../../domain/errors.ts';
import { isRawRecord } from '../../domain/json.ts';
import { JsonClient } from '../http/json-client.ts';
import { RateLimit } from '../http/rate-limit.ts';
import { Slots } from '../remote/slots.ts';
import { PARALLEL } from './limits.ts';
import type { PortSettings } from './settings.ts';
import { userAgent } from './user-agent.ts';

/** A token is renewed so long before it ends, in milliseconds; a short one when a tenth of its time is left. */
const RENEWAL_MS = 60_000;

/** What everything of this process that writes with the same credentials shares: the rate limit, the token, the slots. */
export class PortAccount {
  readonly limit = new RateLimit();
  readonly slots = new Slots(PARALLEL);
  readonly #settings: PortSettings;
  #token: Promise<Token> | null = null;

  constructor(settings: PortSettings) {
    this.#settings = settings;
  }

  /** A client for one integration: its requests carry that one's name. */
  client(integration: string, renewable = true): JsonClient {
    const { baseUrl, clientSecret } = this.#settings;
    return new JsonClient({
      baseUrl: apiOf(baseUrl),
      userAgent: userAgent(integration),
      limit: this.limit,
      secrets: [clientSecret],
      ...(renewable ? { token: (renew, signal) => this.#tokenFor(integration, { renew, signal }) } : {}),
    });
  }

  /** One request for a token at a time; one that failed is not kept. */
  async #tokenFor(integration: string, { renew, signal }: { renew: boolean; signal: AbortSignal }): Promise<string> {
    const known = await this.#token;
    if (known === null || renew || known.until <= Date.now()) {
      const asked = this.#ask(integration, signal);
      asked.catch(() => {
        if (this.#token === asked) this.#token = null;
      });
      this.#token = asked;
    }
    const token = await (this.#token as Promise<Token>);
    return token.text;
  }

  async #ask(integration: string, signal: AbortSignal): Promise<Token> {
    const { clientId, clientSecret } = this.#settings;
    const { status, body } = await this.client(integration, false).send({
      method: 'POST',
      path: '/auth/access_token',
      body: { clientId, clientSecret },
      signal,
    });
    const { accessToken, expiresIn } = isRawRecord(body) ? body : {};
    if (status !== 200 || typeof accessToken !== 'string') {
      throw new DestinationError(
        `Port gave no access token (it answered ${status}): check destination.clientId and destination.clientSecret`,
      );
    }
    const lasts = typeof expiresIn === 'number' ? expiresIn * 1000 : RENEWAL_MS * 2;
    return { text: accessToken, until: Date.now() + lasts - Math.min(RENEWAL_MS, lasts / 10) };
  }
}

interface Token {
  readonly text: string;
  readonly until: number;
}

/** With `/v1`, whether it was written or not. */
const apiOf = (baseUrl: string): string => `${baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;
