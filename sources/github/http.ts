import axios, { type AxiosInstance, type AxiosResponse, isAxiosError } from 'axios';
import axiosRetry, { type IAxiosRetryConfigExtended } from 'axios-retry';
import { SourceError } from '../../domain/errors.ts';
import type { SourceLog } from '../source.ts';
import type { Answer } from './answer.ts';
import { failureOf } from './failure.ts';
import { isLoopback, onOrigin, shown } from './origin.ts';
import { isRateLimited, RateLimit } from './rate-limit.ts';
import { backoff, isTransient, TRIES } from './retry.ts';
import { instant } from './times.ts';

export interface GitHubHttpOptions {
  /** Where the API's paths begin: `https://api.github.com` (the default), `https://host/api/v3`, `https://host/api/v1`. */
  readonly baseUrl?: string | undefined;
  /** Needed for private records (seed S3.6). Without one, or with an empty one, no `Authorization` header is sent. */
  readonly accessToken?: string | undefined;
  /** Milliseconds before the second try; doubles up to 30 s. Default 1,000. */
  readonly retryDelay?: number;
  /** Milliseconds to wait after a secondary rate limit that names no time. Default 60,000, as GitHub asks. */
  readonly secondaryDelay?: number;
  /** Milliseconds until the head of an answer must be there, and between two pieces of its body. Default 60,000. */
  readonly requestTimeout?: number;
  /** Largest body, unpacked. Default 64 MB. */
  readonly maxPageBytes?: number;
}

export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly log: SourceLog;
}

const REDIRECTS = 5;

function answerOf({ url, headers, data }: Pick<AxiosResponse<Buffer>, 'headers' | 'data'> & { url: string }): Answer {
  const isGitHub = 'x-github-media-type' in headers;
  return { url, link: headers.link ?? null, clock: instant(headers.date), isGitHub, body: data };
}

/**
 * The one place where requests to the API are sent, retried and held back (sync-semantics 2.4): five tries with growing
 * pauses, rate limits obeyed ahead, redirects and links on the API's own origin only.
 */
export class GitHubHttp {
  readonly origin: string;
  readonly #base: string;
  readonly #axios: AxiosInstance;
  readonly #limit: RateLimit;
  readonly #retryDelay: number;
  readonly #facts: { accessToken: string | null; requestTimeout: number; maxPageBytes: number };

  constructor(options: GitHubHttpOptions) {
    const { baseUrl = 'https://api.github.com', accessToken = '' } = options;
    const { requestTimeout = 60_000, maxPageBytes = 64 * 1024 * 1024, secondaryDelay = 60_000 } = options;
    this.#base = baseUrl.replace(/\/+$/, '');
    this.origin = new URL(this.#base).origin;
    this.#limit = new RateLimit(secondaryDelay);
    this.#retryDelay = options.retryDelay ?? 1000;
    this.#facts = { accessToken: accessToken === '' ? null : accessToken, requestTimeout, maxPageBytes };
    this.#axios = axios.create({
      headers: {
        'User-Agent': 'tidemark',
        Accept: 'application/vnd.github+json',
        ...(accessToken === '' ? {} : { Authorization: `Bearer ${accessToken}` }),
      },
      timeout: requestTimeout,
      transitional: { clarifyTimeoutError: true },
      maxContentLength: maxPageBytes,
      // Followed by hand, so that the token cannot leave the origin.
      maxRedirects: 0,
      responseType: 'arraybuffer',
      transformResponse: (data: unknown) => data,
      validateStatus: (status) => status < 400 || status === 404 || status === 410,
      ...(isLoopback(this.#base) ? { proxy: false } : {}),
    });
    axiosRetry(this.#axios);
  }

  /** The URL of a path of the API, which is appended to the base's own path. */
  url(path: string): string {
    return this.#base + path;
  }

  /**
   * `null`: there is nothing at this URL (404, 410). Throws `SourceError` when the tries are used up or would not help,
   * and the abort reason when `signal` aborts.
   */
  async get(url: string, options: RequestOptions): Promise<Answer | null> {
    let target = onOrigin(url, { base: this.#base, origin: this.origin, what: 'The address asked for' });
    for (let hops = 0; hops <= REDIRECTS; hops++) {
      const { status, headers, data } = await this.#send(target, options);
      if (status === 404 || status === 410) return null;
      if (status < 300) return answerOf({ url: target, headers, data });
      const what = `GET ${shown(target)} answered ${status}, and its Location header`;
      if (typeof headers.location !== 'string') throw new SourceError(`${what} is missing`);
      target = onOrigin(headers.location, { base: target, origin: this.origin, what });
    }
    throw new SourceError(`GET ${shown(url)} was redirected more than ${REDIRECTS} times: check source.baseUrl`);
  }

  async #send(url: string, options: RequestOptions): Promise<AxiosResponse<Buffer>> {
    const { signal } = options;
    try {
      signal.throwIfAborted();
      await this.#limit.wait(options);
      const response = await this.#axios.get<Buffer>(url, { signal, 'axios-retry': this.#retry(url, options) });
      this.#limit.note(response);
      return response;
    } catch (error) {
      signal.throwIfAborted();
      throw isAxiosError(error) ? failureOf(error, { url, ...this.#facts }) : error;
    }
  }

  #retry(url: string, options: RequestOptions): IAxiosRetryConfigExtended {
    return {
      retries: TRIES - 1,
      shouldResetTimeout: true,
      retryCondition: (error) => {
        if (error.response === undefined) return isTransient(error);
        this.#limit.note(error.response);
        return isTransient(error) || isRateLimited(error.response);
      },
      retryDelay: (n, { response, code }) => {
        // Where the API named a time, `onRetry` waits for it.
        const delay = this.#limit.pending > 0 ? 0 : backoff(n, this.#retryDelay);
        const reason = response !== undefined && response.status >= 400 ? response.status : code;
        options.log.warn(
          `GET ${shown(url)} failed (${reason}), try ${n + 1} of ${TRIES} in ${(delay / 1000).toFixed(1)} s`,
        );
        return delay;
      },
      onRetry: () => this.#limit.wait(options),
    };
  }
}
