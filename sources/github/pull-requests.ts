import { SourceError } from '../../domain/errors.ts';
import type { RawRecord } from '../../domain/json.ts';
import type { RequestOptions } from '../http-client/client.ts';
import type { Page } from '../source.ts';
import {
  decodeCursor,
  encodeCursor,
  type PullRequestPlace,
  pullRequestPlaceSchema,
  type RepositoryId,
} from './cursor.ts';
import { apiPath } from './identity.ts';
import type { ListReader } from './paging.ts';
import { placeAfter, readRepositories } from './repositories.ts';
import type { PullRequestState, RepositoryType } from './selectors.ts';

export interface PullRequestsRequest extends RequestOptions {
  readonly organizations: readonly string[];
  readonly type: RepositoryType;
  readonly state: PullRequestState;
  /** The cursor of the page to go on after; `null`: from the start. */
  readonly after: string | null;
  /** The pages of several small repositories are handed out as one until it has this many rows. */
  readonly pageSize: number;
  /** The record at a path of the API; `null`: there is none any more. */
  readonly lookup: (path: string) => Promise<RawRecord | null>;
}

/**
 * A page is handed out after this many reads, empty or not: thousands of repositories without pull requests would
 * otherwise be read without a cursor from which to go on.
 */
const READS_PER_PAGE = 30;

/** The pull requests of every repository of the organizations. A page has less than twice `pageSize` rows. */
export async function* pullRequestPages(reader: ListReader, request: PullRequestsRequest): AsyncGenerator<Page> {
  const walk = new PullRequestWalk(reader, request);
  let place = request.after === null ? startOf(request) : decodeCursor(pullRequestPlaceSchema, request.after);
  let rows: RawRecord[] = [];
  let reads = 0;
  while (place !== null) {
    const step: Step = await walk.step(place);
    rows = rows.concat(step.rows);
    reads += 1;
    place = step.next;
    if (place === null || rows.length >= request.pageSize || reads >= READS_PER_PAGE) {
      yield { rows, next: place === null ? null : encodeCursor(place) };
      rows = [];
      reads = 0;
    }
  }
}

interface Step {
  readonly rows: readonly RawRecord[];
  /** `null`: everything is read. */
  readonly next: PullRequestPlace | null;
}

/**
 * Goes from place to place. A place is all that is needed to go on, so the first pass and one that another process takes
 * up are the same code and read the same records, whatever moved in between. Only the names of the repositories of a page
 * are kept, and read again where they are not known.
 */
class PullRequestWalk {
  readonly #reader: ListReader;
  readonly #request: PullRequestsRequest;
  #names: { readonly page: string; readonly byId: ReadonlyMap<RepositoryId, string> } | null = null;

  constructor(reader: ListReader, request: PullRequestsRequest) {
    this.#reader = reader;
    this.#request = request;
  }

  async step(place: PullRequestPlace): Promise<Step> {
    if (place.pulls !== null) return this.#readPulls(place, place.pulls);
    const opened = place.opened ?? (await this.#open(place));
    const [repository, ...left] = opened.left;
    const onwards = { ...place, opened: { ...opened, left } };
    const path = repository === undefined ? null : await this.#pathOf(repository, place);
    if (repository === undefined || path === null) return { rows: [], next: this.#after(onwards) };
    const position = this.#reader.first(path, { state: this.#request.state });
    return this.#readPulls(onwards, { repository, position });
  }

  async #readPulls(place: PullRequestPlace, pulls: NonNullable<PullRequestPlace['pulls']>): Promise<Step> {
    const read = await this.#reader.page(pulls.position, this.#request);
    if (read === null) await this.#assertGone(pulls.repository, place);
    const rest = read?.next ? { repository: pulls.repository, position: read.next } : null;
    return { rows: read?.rows ?? [], next: this.#after({ ...place, pulls: rest }) };
  }

  /** The place itself while something is left of its page, else the next page. */
  #after(place: PullRequestPlace): PullRequestPlace | null {
    const { organization, opened, pulls } = place;
    if (pulls !== null || opened === null || opened.left.length > 0) return place;
    const next = placeAfter(organization, opened.next, this.#request.organizations);
    return next === null ? null : { ...next, opened: null, pulls: null };
  }

  /** Reads the page of repositories. */
  async #open(place: PullRequestPlace): Promise<NonNullable<PullRequestPlace['opened']>> {
    const { rows, next } = await readRepositories(this.#reader, place, this.#request);
    // GitHub and Gitea answer 404 for pull requests where a repository has them switched off.
    const withPulls = rows.filter((row) => row.has_pull_requests !== false);
    const byId = new Map(withPulls.map((row) => namedRepository(row, place.organization)));
    this.#names = { page: keyOf(place), byId };
    return { left: [...byId.keys()], next };
  }

  /** Where the pull requests of a repository are listed; `null`: it was deleted since its page was read. */
  async #pathOf(repository: RepositoryId, place: PullRequestPlace): Promise<string | null> {
    if (this.#names?.page !== keyOf(place)) await this.#open(place);
    const name = this.#names?.byId.get(repository) ?? (await this.#lookup(repository))?.full_name;
    if (name === undefined) {
      this.#reportGone(repository, place);
      return null;
    }
    const path = apiPath('repos', name, 'pulls');
    if (path === null)
      throw new SourceError(`Repository ${repository} in ${place.organization} has no usable full_name`);
    return path;
  }

  /** A repository that was deleted while the list was read has no pull requests; one that is still there must. */
  async #assertGone(repository: RepositoryId, place: PullRequestPlace): Promise<void> {
    if ((await this.#lookup(repository)) !== null) {
      throw new SourceError(
        `The pull requests of repository ${repository} in ${place.organization} cannot be read (404) though it exists: ` +
          'source.accessToken needs the right to read pull requests',
      );
    }
    this.#reportGone(repository, place);
  }

  #lookup(repository: RepositoryId): Promise<RawRecord | null> {
    return this.#request.lookup(apiPath('repositories', repository) ?? '');
  }

  #reportGone(repository: RepositoryId, { organization }: PullRequestPlace): void {
    this.#request.log.warn(`Repository ${repository} in ${organization} was deleted while its pull requests were read`);
  }
}

function namedRepository({ id, full_name }: RawRecord, organization: string): [RepositoryId, string] {
  if ((typeof id === 'number' || typeof id === 'string') && typeof full_name === 'string') return [id, full_name];
  throw new SourceError(`The list of repositories of ${organization} has one without id or full_name`);
}

function keyOf({ organization, page }: PullRequestPlace): string {
  return `${organization} ${page?.url ?? ''}`;
}

function startOf({ organizations }: PullRequestsRequest): PullRequestPlace | null {
  const [organization] = organizations;
  return organization === undefined ? null : { organization, page: null, opened: null, pulls: null };
}
