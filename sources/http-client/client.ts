import axios, { type AxiosInstance, type AxiosResponse, isAxiosError } from 'axios';
import axiosRetry, { type IAxiosRetryConfigExtended } from 'axios-retry';
import { SourceError } from '../../domain/errors.ts';
import { instant } from '../instant.ts';
import type { SourceLog } from '../source.ts';
import type { Answer } from './answer.ts';
import { type FailureContext, failureOf } from './failure.ts';
import { isLoopback, onOrigin, shown } from './origin.ts';
import { isRateLimited, RateLimit } from './rate-limit.ts';
import { backoff, isTransient, TRIES } from './retry.ts';
import type { SettingNames } from './setting-names.ts';

/** How long the client waits, and how much it takes. */
export interface HttpLimits {
  /** Milliseconds before the second try; doubles up to 30 s. Default 1,000. */
  readonly retryDelay?: number;
  /** Milliseconds until the head of an answer must be there, and between two pieces of its body. Default 60,000. */
  readonly requestTimeout?: number;
  /** Largest body, unpacked. Default 64 MB. */
  readonly maxPageBytes?: number;
}

export interface HttpClientOptions extends HttpLimits {
  /** Where the API's paths begin: `https://api.example.com/v1`. */
  readonly baseUrl: string;
  readonly names: SettingNames;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer …`. Without one, or with an empty one, that header is not sent. */
  readonly accessToken?: string | undefined;
  /** Parts of `headers` that prove a right or are nobody's business; they are kept out of error texts. */
  readonly secrets?: readonly string[];
  /** What to call the credential among `headers`; `null`, the default: there is none. */
  readonly headerCredential?: string | null;
  /**
   * Milliseconds to wait after a refusal that speaks of a rate limit and names no time. Default 0: the pause between two
   * tries.
   */
  readonly secondaryDelay?: number;
}

export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly log: SourceLog;
}

const REDIRECTS = 5;

/**
 * The one place where requests to an API are sent, retried and held back (sync-semantics 2.4): five tries with growing
 * pauses, rate limits obeyed ahead, redirects and links on the API's own origin only.
 */
export class HttpClient {
  readonly origin: string;
  readonly names: SettingNames;
  readonly #base: string;
  readonly #axios: AxiosInstance;
  readonly #limit: RateLimit;
  readonly #retryDelay: number;
  readonly #facts: Omit<FailureContext, 'url'>;

  constructor(options: HttpClientOptions) {
    const { baseUrl, names, headers, accessToken = '', headerCredential = null, secrets = [] } = options;
    const { requestTimeout = 60_000, maxPageBytes = 64 * 1024 * 1024, secondaryDelay = 0 } = options;
    const hasToken = accessToken !== '';
    this.names = names;
    this.#base = baseUrl.replace(/\/+$/, '');
    this.origin = new URL(this.#base).origin;
    this.#limit = new RateLimit(secondaryDelay);
    this.#retryDelay = options.retryDelay ?? 1000;
    this.#facts = {
      names,
      credential: hasToken ? 'source.accessToken' : headerCredential,
      secrets: hasToken ? [accessToken, ...secrets] : secrets,
      requestTimeout,
      maxPageBytes,
    };
    this.#axios = axios.create({
      headers: {
        'User-Agent': 'tidemark',
        ...headers,
        ...(hasToken ? { Authorization: `Bearer ${accessToken}` } : {}),
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
  url(path: string, query: Readonly<Record<string, string>> = {}): string {
    const search = new URLSearchParams(query).toString();
    return this.#base + path + (search === '' ? '' : `?${search}`);
  }

  /** Path and query of a URL that the API handed out at `base`. Throws `SourceError` when it leads elsewhere. */
  onOwnOrigin(target: string, { base, what }: { base: string; what: string }): string {
    return onOrigin(target, { base, what, origin: this.origin, names: this.names }).slice(this.origin.length);
  }

  /**
   * `null`: there is nothing at this URL (404, 410). Throws `SourceError` when the tries are used up or would not help,
   * and the abort reason when `signal` aborts.
   */
  async get(url: string, options: RequestOptions): Promise<Answer | null> {
    const { origin, names } = this;
    let target = onOrigin(url, { base: this.#base, origin, what: 'The address asked for', names });
    for (let hops = 0; hops <= REDIRECTS; hops++) {
      const { status, headers, data } = await this.#send(target, options);
      if (status === 404 || status === 410) return null;
      if (status < 300) {
        const clock = instant(headers.date);
        return { url: target, link: headers.link ?? null, clock, headers, body: data, names };
      }
      const what = `GET ${shown(target)} answered ${status}, and its Location header`;
      if (typeof headers.location !== 'string') throw new SourceError(`${what} is missing`);
      target = onOrigin(headers.location, { base: target, origin, what, names });
    }
    throw new SourceError(`GET ${shown(url)} was redirected more than ${REDIRECTS} times: check ${names.address}`);
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
