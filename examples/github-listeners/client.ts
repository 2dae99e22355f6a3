import { setTimeout as delay } from 'node:timers/promises';

/** A record as GitHub returns it. */
export type GitHubRecord = Readonly<Record<string, unknown>>;

export interface GitHubClientOptions {
  /** Where the API's paths begin: `https://api.github.com`, or `https://host/api/v3` for GitHub Enterprise. */
  readonly baseUrl: string;
  /** Needed for what is private. */
  readonly accessToken?: string | undefined;
}

const PAGE_SIZE = 100;
const TRIES = 4;
const TIMEOUT_MS = 30_000;

/** Asks GitHub's REST API. Every method takes the signal that ends its requests. */
export class GitHubClient {
  readonly #baseUrl: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ baseUrl, accessToken }: GitHubClientOptions) {
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
    this.#headers = {
      accept: 'application/vnd.github+json',
      'user-agent': 'tidemark-example',
      ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}),
    };
  }

  /** The organizations of these names, in one list. */
  async organizations(names: readonly string[], signal: AbortSignal): Promise<GitHubRecord[]> {
    const records: GitHubRecord[] = [];
    for (const name of names) {
      const response = await this.#get(`${this.#baseUrl}/orgs/${encodeURIComponent(name)}`, signal);
      records.push((await response.json()) as GitHubRecord);
    }
    return records;
  }

  /** The repositories of organizations, page by page: a page is asked for when the one before was taken. */
  async *repositories(names: readonly string[], type: string, signal: AbortSignal): AsyncGenerator<GitHubRecord[]> {
    for (const name of names) yield* this.#pages(`/orgs/${encodeURIComponent(name)}/repos`, { type }, signal);
  }

  /** The pull requests of all repositories of organizations, page by page. */
  async *pullRequests(
    names: readonly string[],
    { type, state }: { readonly type: string; readonly state: string },
    signal: AbortSignal,
  ): AsyncGenerator<GitHubRecord[]> {
    for await (const repositories of this.repositories(names, type, signal)) {
      for (const { full_name } of repositories) yield* this.#pages(`/repos/${full_name}/pulls`, { state }, signal);
    }
  }

  /** Follows the header `Link`, as GitHub asks its callers to. */
  async *#pages(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncGenerator<GitHubRecord[]> {
    const parameters = new URLSearchParams({ ...query, per_page: String(PAGE_SIZE) });
    let next: string | undefined = `${this.#baseUrl}${path}?${parameters}`;
    while (next !== undefined) {
      const response: Response = await this.#get(next, signal);
      yield (await response.json()) as GitHubRecord[];
      next = /<([^>]+)>; *rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
    }
  }

  async #get(url: string, signal: AbortSignal): Promise<Response> {
    // The token must not go elsewhere, wherever a link leads.
    if (new URL(url).origin !== new URL(this.#baseUrl).origin) throw new Error(`a link leads to another host: ${url}`);
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#ask(url, signal).catch((error: Error) => error);
      if (answer instanceof Response && answer.ok) return answer;
      signal.throwIfAborted();
      const isPassing = answer instanceof Error || answer.status >= 500 || answer.status === 429;
      if (!isPassing || attempt === TRIES) throw new Error(`GET ${url}: ${reasonOf(answer)}`);
      await delay(200 * 2 ** attempt, undefined, { signal });
    }
  }

  #ask(url: string, signal: AbortSignal): Promise<Response> {
    const either = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    return fetch(url, { headers: this.#headers, redirect: 'error', signal: either });
  }
}

function reasonOf(answer: Response | Error): string {
  if (answer instanceof Error) return answer.message;
  const hint = answer.status === 401 || answer.status === 403 ? '; look at source.accessToken' : '';
  return `answered ${answer.status}${hint}`;
}
