import { HttpClient, type HttpLimits } from '../http-client/client.ts';

export interface GitHubHttpOptions extends HttpLimits {
  /** Where the API's paths begin: `https://api.github.com` (the default), `https://host/api/v3`, `https://host/api/v1`. */
  readonly baseUrl?: string | undefined;
  /** Needed for private records (seed S3.6). Without one, or with an empty one, no `Authorization` header is sent. */
  readonly accessToken?: string | undefined;
  /** Milliseconds to wait after a secondary rate limit that names no time. Default 60,000, as GitHub asks. */
  readonly secondaryDelay?: number;
}

/** The HTTP client with what is GitHub's own. */
export function createGitHubHttp(options: GitHubHttpOptions): HttpClient {
  const { baseUrl = 'https://api.github.com', secondaryDelay = 60_000, ...rest } = options;
  return new HttpClient({
    ...rest,
    baseUrl,
    secondaryDelay,
    names: { address: 'source.baseUrl', request: 'the selector' },
    headers: { Accept: 'application/vnd.github+json' },
  });
}
