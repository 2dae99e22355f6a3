import { setTimeout as sleep } from 'node:timers/promises';
import axios, { type AxiosInstance, type AxiosResponse, isAxiosError } from 'axios';
import { DestinationError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { CallFailure } from './call-failure.ts';
import type { RateLimit } from './rate-limit.ts';

/** Tries per call, the first one included (sync-semantics 2.4). */
const TRIES = 5;

/** The longest pause between two tries that the remote did not ask for, in milliseconds. */
const LONGEST_DELAY = 10_000;

/** A wait for the rate limit that is longer than this is not spent inside a call, which has a deadline. */
const LONGEST_WAIT_IN_CALL = 2_000;

/** Errors of connections that were never made: the request did not leave. */
const NEVER_LEFT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface JsonClientOptions {
  /** Where the API's paths begin. */
  readonly baseUrl: string;
  readonly userAgent: string;
  readonly limit: RateLimit;
  /** The bearer token; `renew`: the one that it gave last was refused. Absent: none is sent. */
  readonly token?: (renew: boolean, signal: AbortSignal) => Promise<string>;
  /** Parts of requests that nobody may see in an error text. */
  readonly secrets: readonly string[];
  /** Milliseconds before the second try; doubles. Default 500. */
  readonly retryDelay?: number;
  /** Milliseconds until an answer must be there. Default 30,000. */
  readonly requestTimeout?: number;
}

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the base URL, its parts encoded, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Answers that would be tried again and need not be: they will not change. `null`: no answer in time. */
  readonly isFinal?: (answer: JsonAnswer | null) => boolean;
}

export interface JsonAnswer {
  readonly status: number;
  /** `null`: there was none, or no JSON. */
  readonly body: Json;
}

/** Sends JSON to the API of a destination: retries, the rate limit, and a token that is renewed once when refused. */
export class JsonClient {
  readonly #axios: AxiosInstance;
  readonly #options: JsonClientOptions;

  constructor(options: JsonClientOptions) {
    this.#options = options;
    const { baseUrl, userAgent, requestTimeout = 30_000 } = options;
    this.#axios = axios.create({
      baseURL: baseUrl.replace(/\/+$/, ''),
      headers: { 'User-Agent': userAgent, Accept: 'application/json' },
      timeout: requestTimeout,
      transitional: { clarifyTimeoutError: true },
      maxContentLength: MAX_ANSWER_BYTES,
      maxBodyLength: Number.POSITIVE_INFINITY,
      // A redirect would carry the token and the entities elsewhere.
      maxRedirects: 0,
      responseType: 'text',
      transformResponse: (data: unknown) => data,
      validateStatus: () => true,
      ...(isLoopback(baseUrl) ? { proxy: false } : {}),
    });
  }

  /**
   * Any answer that says what became of the request, refusals included. Throws `CallFailure` when there was none on each
   * of five tries, or when the rate limit puts it off; `DestinationError` when the credentials are refused.
   */
  async send(request: JsonRequest): Promise<JsonAnswer> {
    const { limit } = this.#options;
    let [renew, effect]: [boolean, CallFailure['effect']] = [false, 'none'];
    for (let attempt = 1; ; attempt++) {
      if (limit.pending > LONGEST_WAIT_IN_CALL) throw this.#failure(request, 'has to wait for the rate limit', effect);
      const { answer, problem } = await this.#try(request, renew);
      if (answer?.status === 401 && !renew && this.#options.token) {
        renew = true;
        continue;
      }
      if (answer?.status === 401 || answer?.status === 403) throw this.#refused(request, answer.status);
      if (answer !== null && (!isTransient(answer.status) || request.isFinal?.(answer))) return answer;
      if (answer?.status !== 429 && !problem?.neverLeft) effect = 'unknown';
      if (problem?.timedOut && request.isFinal?.(null)) {
        throw new CallFailure(`${this.#shown(request)} did not answer in time`, effect, true);
      }
      const what = problem?.text ?? `answered ${answer?.status}`;
      if (attempt === TRIES || request.signal.aborted) {
        throw this.#failure(request, `${what} on each of ${attempt} tries`, effect);
      }
      await sleep(this.#delay(attempt), undefined, { signal: request.signal }).catch(() => {
        throw this.#failure(request, `${what}, and its time is over`, effect);
      });
    }
  }

  async #try({ method, path, body, headers, signal }: JsonRequest, renew: boolean): Promise<Tried> {
    const { token, limit } = this.#options;
    const bearer = token && (await token(renew, signal));
    await limit.spend(signal);
    try {
      const response = await this.#axios.request<string>({
        method,
        url: path,
        signal,
        ...(body === undefined ? {} : { data: JSON.stringify(body) }),
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
        },
      });
      limit.note(response.status, response.headers);
      return { answer: { status: response.status, body: jsonOf(response) }, problem: null };
    } catch (error) {
      limit.lost();
      if (!isAxiosError(error)) throw error;
      const code = error.code ?? 'no answer';
      const problem = {
        text: `failed (${code})`,
        neverLeft: NEVER_LEFT.includes(code),
        timedOut: code === 'ETIMEDOUT',
      };
      return { answer: null, problem };
    }
  }

  #delay(attempt: number): number {
    const { retryDelay = 500, limit } = this.#options;
    if (limit.pending > 0) return Math.min(limit.pending, LONGEST_WAIT_IN_CALL);
    return Math.min(retryDelay * 2 ** (attempt - 1) * (1 + Math.random() / 5), LONGEST_DELAY);
  }

  /** A text of the remote's without what it may echo, in one short line. */
  safe(text: string): string {
    const without = this.#options.secrets.reduce((safe, secret) => safe.replaceAll(secret, '***'), text);
    return without.replaceAll(/\s+/g, ' ').slice(0, 200);
  }

  #shown({ method, path }: JsonRequest): string {
    return `${method} ${this.#options.baseUrl.replace(/\/+$/, '')}${path.split('?')[0]}`;
  }

  #failure(request: JsonRequest, what: string, effect: CallFailure['effect']): CallFailure {
    return new CallFailure(`${this.#shown(request)} ${what}`, effect);
  }

  #refused(request: JsonRequest, status: number): DestinationError {
    const remedy = status === 401 ? 'are wrong or have expired' : 'may not do this';
    return new DestinationError(
      `${this.#shown(request)} answered ${status}: the credentials of the destination ${remedy}`,
    );
  }
}

interface Tried {
  readonly answer: JsonAnswer | null;
  readonly problem: { readonly text: string; readonly neverLeft: boolean; readonly timedOut: boolean } | null;
}

const isTransient = (status: number): boolean => status === 408 || status === 429 || status >= 500;

function jsonOf({ data }: AxiosResponse<string>): Json {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

/** The host is this machine: a proxy from the environment cannot reach it. */
function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
