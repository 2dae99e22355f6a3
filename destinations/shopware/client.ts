import axios, { type AxiosError, type AxiosInstance, isAxiosError } from 'axios';
import axiosRetry, { type IAxiosRetryConfigExtended } from 'axios-retry';
import { DestinationError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { ShopReply } from './reply.ts';
import { askedToWait, backoff, isTimeout, isTransient, isUndone, LONGEST_DELAY, TRIES } from './retry.ts';
import { AccessToken } from './token.ts';
import { isAboutData } from './verdict.ts';

export interface ShopClientOptions {
  /** The shop's address, without `/api`. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Milliseconds before the second try; doubles up to 30 s. Default 1,000. */
  readonly retryDelay?: number;
  /** Milliseconds until an answer must be there. Default 120,000: indexing at once takes a shop long. */
  readonly requestTimeout?: number;
}

export interface ShopRequest {
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Whether the request could be made smaller: then one that takes too long is not tried again as it is. */
  readonly splittable: boolean;
}

/**
 * Sends requests to a shop: token, retries with growing pauses on 408, 429, 5xx and broken connections, never on
 * another refusal (sync-semantics 9). Throws `DestinationError` for what no retry and no other data can mend.
 */
export class ShopClient {
  readonly #axios: AxiosInstance;
  readonly #token: AccessToken;
  readonly #retryDelay: number;
  readonly #requestTimeout: number;
  #heldUntil = 0;

  constructor({ baseUrl, clientId, clientSecret, retryDelay = 1000, requestTimeout = 120_000 }: ShopClientOptions) {
    this.#retryDelay = retryDelay;
    this.#requestTimeout = requestTimeout;
    const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(baseUrl).hostname);
    this.#axios = axios.create({
      baseURL: baseUrl.replace(/\/+$/, ''),
      headers: { 'User-Agent': 'tidemark', Accept: 'application/json' },
      timeout: requestTimeout,
      transitional: { clarifyTimeoutError: true },
      // The token stays at this address.
      maxRedirects: 0,
      maxBodyLength: Number.POSITIVE_INFINITY,
      responseType: 'arraybuffer',
      transformResponse: (data: unknown) => data,
      // A proxy from the environment does not reach this machine.
      ...(isLoopback ? { proxy: false } : {}),
    });
    axiosRetry(this.#axios);
    this.#token = new AccessToken(async (signal) => {
      const credentials = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
      const options = { body: credentials, headers: {}, signal, splittable: false };
      return this.#send('/api/oauth/token', options, null);
    });
  }

  /** Milliseconds until the shop, which asked for a pause, may be asked again. */
  get pause(): number {
    return Math.max(0, this.#heldUntil - Date.now());
  }

  async post(path: string, request: ShopRequest): Promise<ShopReply> {
    for (let isSecond = false; ; isSecond = true) {
      const token = await this.#token.get(request.signal);
      if (typeof token !== 'string') return token;
      const reply = await this.#send(path, request, token);
      if (reply.type !== 'answer' || reply.status !== 401) return reply;
      // Revoked, or ended earlier than it was said to.
      this.#token.drop(token);
      if (isSecond) throw new DestinationError(`POST ${path} answered 401, with a new access token as well`);
    }
  }

  async #send(path: string, request: ShopRequest, token: string | null): Promise<ShopReply> {
    const { body, headers, signal, splittable } = request;
    const attempt = { undone: true, splittable };
    try {
      const response = await this.#axios.post<Buffer>(path, body, {
        headers: { ...headers, ...(token === null ? {} : { Authorization: `Bearer ${token}` }) },
        signal,
        'axios-retry': this.#retry(attempt),
      });
      return { type: 'answer', status: response.status, body: jsonOf(path, response.data) };
    } catch (error) {
      if (!isAxiosError(error)) throw error;
      return this.#replyTo(error, { path, undone: attempt.undone && isUndone(error) });
    }
  }

  #retry(attempt: { undone: boolean; readonly splittable: boolean }): IAxiosRetryConfigExtended {
    return {
      retries: TRIES - 1,
      shouldResetTimeout: true,
      retryCondition: (error) => {
        attempt.undone &&= isUndone(error);
        const { response } = error;
        if (response !== undefined && isAboutData(response.status, parsed(response.data))) return false;
        if (isTimeout(error) && attempt.splittable) return false;
        return isTransient(error) && askedToWait(error) <= LONGEST_DELAY;
      },
      retryDelay: (n, error) => Math.max(askedToWait(error), backoff(n, this.#retryDelay)),
    };
  }

  #replyTo(error: AxiosError, { path, undone }: { path: string; undone: boolean }): ShopReply {
    const { response, code, message } = error;
    const status = response?.status ?? 0;
    const wait = askedToWait(error);
    if (wait > 0) this.#heldUntil = Date.now() + wait;
    if (status === 413) return { type: 'too-much', undone: true, reason: `POST ${path} answered 413: too large` };
    if (isTimeout(error)) {
      const within = status === 504 ? 'answered 504' : `did not answer within ${this.#requestTimeout / 1000} s`;
      return { type: 'too-much', undone: false, reason: `POST ${path} ${within}` };
    }
    const body = parsed(response?.data);
    if (isAboutData(status, body)) return { type: 'answer', status, body };
    const failed = `POST ${path} ${status >= 400 ? `answered ${status}` : `failed (${code ?? message})`}`;
    const known = REMEDIES[status] ?? (status >= 300 && status < 400 ? REDIRECTED : undefined);
    if (known !== undefined) throw new DestinationError(`${failed}: ${known}`);
    if (response === undefined && (undone || !isTransient(error)) && code !== 'ERR_CANCELED') {
      throw new DestinationError(`${failed}: check destination.baseUrl and the network`);
    }
    if (isTransient(error) || code === 'ERR_CANCELED') {
      return { type: 'failed', undone, reason: `${failed}, tried ${TRIES} times` };
    }
    return { type: 'answer', status, body };
  }
}

const REDIRECTED = 'destination.baseUrl leads elsewhere; set it to the address that the shop really has';

/** What concerns the shop as a whole. */
const REMEDIES: Readonly<Record<number, string>> = {
  403: 'the integration whose access key destination.clientId is may not write this; give it the right in the shop',
  404: 'there is no Sync API; check destination.baseUrl and destination.dialect',
  405: 'there is no Sync API; check destination.baseUrl and destination.dialect',
};

function jsonOf(path: string, data: Buffer): Json {
  const body = parsed(data);
  if (body !== null || data.length === 0) return body;
  throw new DestinationError(
    `POST ${path} answered something that is not JSON (${data.length} bytes): check that destination.baseUrl is the ` +
      "shop's own address",
  );
}

/** `null`: it is not JSON. */
function parsed(data: unknown): Json {
  if (!Buffer.isBuffer(data)) return null;
  try {
    return JSON.parse(data.toString());
  } catch {
    return null;
  }
}
