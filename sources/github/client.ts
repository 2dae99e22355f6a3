import type { RawRecord } from '../../domain/json.ts';
import { recordOf } from '../http-client/answer.ts';
import type { HttpClient, RequestOptions } from '../http-client/client.ts';
import type { Page, SourceLog } from '../source.ts';
import { createGitHubHttp, type GitHubHttpOptions } from './http.ts';
import { apiPath, repositoryPathOf } from './identity.ts';
import { itemPages } from './item-pages.ts';
import { type ItemKind, items } from './items.ts';
import { ListReader } from './paging.ts';
import { noOrganization, repositoryPages } from './repositories.ts';
import type { ItemState, RepositoryType } from './selectors.ts';
import { inSeconds } from './times.ts';

export interface GitHubClientOptions extends GitHubHttpOptions {
  /** Rows asked for per page. Default 100, the most that GitHub gives. */
  readonly pageSize?: number;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  readonly log?: SourceLog;
}

export interface ListOptions extends ReadOptions {
  /** Go on after the page that carried this as `next`. */
  readonly after?: string | null;
}

/** Which pull requests or issues are listed. */
export interface ItemFilter {
  /** Of their repositories. Default `all`. */
  readonly type?: RepositoryType;
  /** Default `open`. */
  readonly state?: ItemState;
  /** Only those that changed at this time (RFC 3339) or later. Default: all. */
  readonly since?: string | null;
}

/**
 * Reads GitHub, GitHub Enterprise (`baseUrl: https://host/api/v3`) and what has the same routes, such as Gitea
 * (`https://host/api/v1`). Every method throws `SourceError` once its retries are used up, and the abort reason when
 * its `signal` aborts. One client keeps one rate limit, so share it.
 */
export class GitHubClient {
  readonly #http: HttpClient;
  readonly #reader: ListReader;
  readonly #pageSize: number;

  constructor(options: GitHubClientOptions = {}) {
    this.#pageSize = options.pageSize ?? 100;
    this.#http = createGitHubHttp(options);
    this.#reader = new ListReader(this.#http, this.#pageSize);
  }

  /** One organization by its name (`login`). Throws `SourceError` when there is none. */
  async organization(login: string, options: ReadOptions = {}): Promise<RawRecord> {
    const record = await this.lookup(apiPath('orgs', login) ?? '/orgs', options);
    if (record === null) throw noOrganization(login);
    return record;
  }

  /** The organizations, as one list (seed S3.16). */
  async organizations(logins: readonly string[], options: ReadOptions = {}): Promise<RawRecord[]> {
    const records: RawRecord[] = [];
    for (const login of distinct(logins)) records.push(await this.organization(login, options));
    return records;
  }

  /** The repositories of the organizations, lazily: a page is asked for when the one before was taken (seed S3.22). */
  repositories(
    organizations: readonly string[],
    type: RepositoryType = 'all',
    options: ListOptions = {},
  ): AsyncGenerator<Page> {
    const after = options.after ?? null;
    return repositoryPages(this.#reader, { organizations: distinct(organizations), type, after, ...request(options) });
  }

  /**
   * The pull requests or issues of the repositories in the organizations (seed S3.24). An issue has its repository under
   * `repository`. Small repositories share a page, and a page may be empty where many repositories have none.
   */
  items(
    kind: ItemKind,
    { organizations, ...filter }: ItemFilter & { readonly organizations: readonly string[] },
    options: ListOptions = {},
  ): AsyncGenerator<Page> {
    const { type = 'all', state = 'open', since = null } = filter;
    return itemPages(this.#reader, {
      kind,
      organizations: distinct(organizations),
      type,
      state,
      since: since && inSeconds(since),
      after: options.after ?? null,
      pageSize: this.#pageSize,
      lookup: (path) => this.lookup(path, options),
      ...request(options),
    });
  }

  /** A pull request or issue as `items` lists it, from its own record; `null`: its repository is gone. */
  async completed(kind: ItemKind, record: RawRecord, options: ReadOptions = {}): Promise<RawRecord | null> {
    const { within } = items[kind];
    if (within === null) return record;
    const repository = await this.lookup(repositoryPathOf(record), options);
    return repository && within(record, repository);
  }

  /** The record at a path of the API, such as `/repositories/1296269`; `null`: there is none (404, 410). */
  async lookup(path: string, options: ReadOptions = {}): Promise<RawRecord | null> {
    const answer = await this.#http.get(this.#http.url(path), request(options));
    return answer === null ? null : recordOf(answer);
  }
}

const silent: SourceLog = { info: () => {}, warn: () => {} };

function request({ signal = new AbortController().signal, log = silent }: ReadOptions): RequestOptions {
  return { signal, log };
}

// GitHub's names know no case.
function distinct(logins: readonly string[]): string[] {
  return [...new Map(logins.map((login) => [login.toLowerCase(), login])).values()];
}
