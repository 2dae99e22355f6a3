import { SourceError } from '../../domain/errors.ts';
import type { RawRecord } from '../../domain/json.ts';
import type { RequestOptions } from '../http-client/client.ts';
import type { Page } from '../source.ts';
import { decodeCursor, encodeCursor, type ItemPlace, itemPlaceSchema, type RepositoryId } from './cursor.ts';
import { apiPath } from './identity.ts';
import { type ItemKind, items } from './items.ts';
import type { ListPage, ListQuery, ListReader, Position } from './paging.ts';
import { placeAfter, readRepositories } from './repositories.ts';
import type { ItemState, RepositoryType } from './selectors.ts';
import { changeOf, earliest, inSeconds, latestChange } from './times.ts';

export interface ItemsRequest extends RequestOptions {
  readonly kind: ItemKind;
  readonly organizations: readonly string[];
  readonly type: RepositoryType;
  readonly state: ItemState;
  /** Only what changed at this time or later, in whole seconds; `null`: everything. */
  readonly since: string | null;
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

/** The pull requests or issues of every repository of the organizations. A page has less than twice `pageSize` rows. */
export async function* itemPages(reader: ListReader, request: ItemsRequest): AsyncGenerator<Page> {
  const walk = new ItemWalk(reader, request);
  let place = request.after === null ? startOf(request) : decodeCursor(itemPlaceSchema, request.after);
  let rows: RawRecord[] = [];
  let clocks: (string | null)[] = [];
  while (place !== null) {
    const step: Step = await walk.step(place);
    rows = rows.concat(step.rows);
    clocks.push(step.clock);
    place = step.next;
    if (place === null || rows.length >= request.pageSize || clocks.length >= READS_PER_PAGE) {
      const next = place === null ? null : encodeCursor(place);
      yield { rows, next, clock: earliest(clocks), modified: latestChange(rows) };
      rows = [];
      clocks = [];
    }
  }
}

interface Step {
  readonly rows: readonly RawRecord[];
  /** The API's clock at the earliest answer that the rows depend on. */
  readonly clock: string | null;
  /** `null`: everything is read. */
  readonly next: ItemPlace | null;
}

/** A place whose page of repositories was read. */
type OpenPlace = ItemPlace & { readonly opened: NonNullable<ItemPlace['opened']> };

/**
 * Goes from place to place. A place is all that is needed to go on, so the first pass and one that another process takes
 * up are the same code and read the same records, whatever moved in between. Only the repositories of a page are kept,
 * and read again where they are not known.
 */
class ItemWalk {
  readonly #reader: ListReader;
  readonly #request: ItemsRequest;
  #known: { readonly page: string; readonly byId: ReadonlyMap<RepositoryId, RawRecord> } | null = null;

  constructor(reader: ListReader, request: ItemsRequest) {
    this.#reader = reader;
    this.#request = request;
  }

  async step(place: ItemPlace): Promise<Step> {
    const from = await this.#opened(place);
    if (from.list !== null) return this.#read(from, from.list);
    const { ids, read } = from.opened;
    const id = ids[read];
    const onwards = { ...from, opened: { ...from.opened, read: read + 1 } };
    const repository = id === undefined ? null : await this.#repository(id, from);
    if (id === undefined || repository === null) {
      return { rows: [], clock: from.opened.clock, next: this.#after(onwards) };
    }
    const position = this.#reader.first(this.#pathIn(repository, from), this.#query);
    return this.#read(onwards, { repository: id, position });
  }

  get #query(): ListQuery {
    const { kind, state, since } = this.#request;
    return since === null ? { state } : items[kind].changes.query(since);
  }

  async #read(place: OpenPlace, { repository, position }: NonNullable<ItemPlace['list']>): Promise<Step> {
    const page = await this.#reader.page(position, this.#request);
    if (page === null) {
      await this.#assertGone(repository, place);
      return { rows: [], clock: place.opened.clock, next: this.#after({ ...place, list: null }) };
    }
    const next = this.#onwards(position, page);
    return {
      rows: await this.#complete(this.#wanted(page.rows), repository, place),
      clock: earliest([place.opened.clock, page.clock]),
      next: this.#after({ ...place, list: next && { repository, position: next } }),
    };
  }

  // Gitea, for one, does not know GitHub's `sort`: where its lists could end is not known before their end.
  #onwards(position: Position, page: ListPage): Position | null {
    const { kind, since } = this.#request;
    if (since === null || !page.isGitHub) return page.next;
    return items[kind].changes.onwards(this.#reader, { position, page, since });
  }

  #wanted(rows: readonly RawRecord[]): readonly RawRecord[] {
    const { kind, state, since } = this.#request;
    const found = rows.filter((row) => items[kind].isOne(row));
    if (since === null) return found;
    return found.filter((row) => (state === 'all' || row.state === state) && !isBefore(row, since));
  }

  /** The rows with their repository. One that was deleted meanwhile has taken them along. */
  async #complete(rows: readonly RawRecord[], id: RepositoryId, place: ItemPlace): Promise<readonly RawRecord[]> {
    const { within } = items[this.#request.kind];
    if (within === null || rows.length === 0) return rows;
    const repository = await this.#repository(id, place);
    return repository === null ? [] : rows.map((row) => within(row, repository));
  }

  /** The place itself while something is left of its page, else the next page. */
  #after(place: OpenPlace): ItemPlace | null {
    const { organization, page, opened, list } = place;
    if (list !== null || opened.read < opened.ids.length) return place;
    const next = placeAfter(organization, opened.next, this.#request.organizations);
    if (next === null) return null;
    const before = opened.next === null || this.#request.since === null ? null : { page, ids: opened.ids };
    return { ...next, before, opened: null, list: null };
  }

  /** The place with its page of repositories read. */
  async #opened(place: ItemPlace): Promise<OpenPlace> {
    if (place.opened !== null) return { ...place, opened: place.opened };
    const { byId, next, clock } = await this.#open(place);
    const all = new Map([...(await this.#movedBack(place)), ...byId]);
    this.#known = { page: keyOf(place), byId: all };
    return { ...place, before: null, opened: { ids: [...all.keys()], read: 0, next, clock } };
  }

  /**
   * Repositories that are now on the page before, and were not when it was read. Where one has gone from the pages that
   * were read, the first of the next page has moved there: a run that reads everything finds its records by the second
   * look, one that reads what changed would not. Complete as long as no more of them go meanwhile than a page holds.
   */
  async #movedBack({ before, ...place }: ItemPlace): Promise<[RepositoryId, RawRecord][]> {
    if (before === null) return [];
    const { byId } = await this.#open({ ...place, page: before.page });
    return [...byId].filter(([id]) => !before.ids.includes(id));
  }

  /** Reads the page of repositories. */
  async #open({ organization, page }: Pick<ItemPlace, 'organization' | 'page'>) {
    const { rows, ...read } = await readRepositories(this.#reader, { organization, page }, this.#request);
    const byId = new Map(rows.filter((row) => this.#hasSome(row)).map((row) => identified(row, organization)));
    return { ...read, byId };
  }

  #hasSome(repository: RawRecord): boolean {
    return repository[items[this.#request.kind].switch] !== false;
  }

  /** `null`: it was deleted since its page was read. */
  async #repository(id: RepositoryId, place: ItemPlace): Promise<RawRecord | null> {
    if (this.#known?.page !== keyOf(place)) {
      this.#known = { page: keyOf(place), byId: (await this.#open(place)).byId };
    }
    const repository = this.#known.byId.get(id) ?? (await this.#lookup(id));
    if (repository === null) this.#reportGone(id, place);
    return repository;
  }

  #pathIn({ id, full_name }: RawRecord, { organization }: ItemPlace): string {
    const path = apiPath('repos', full_name, items[this.#request.kind].path);
    if (path === null) throw new SourceError(`Repository ${id} in ${organization} has no usable full_name`);
    return path;
  }

  /** A repository that was deleted, or has them switched off, while the list was read has none; any other must. */
  async #assertGone(id: RepositoryId, place: ItemPlace): Promise<void> {
    const repository = await this.#lookup(id);
    if (repository === null) return this.#reportGone(id, place);
    if (!this.#hasSome(repository)) return;
    const { words } = items[this.#request.kind];
    throw new SourceError(
      `The ${words} of repository ${id} in ${place.organization} cannot be read (404) though it exists: ` +
        `source.accessToken needs the right to read ${words}`,
    );
  }

  #lookup(id: RepositoryId): Promise<RawRecord | null> {
    return this.#request.lookup(apiPath('repositories', id) ?? '');
  }

  #reportGone(id: RepositoryId, { organization }: ItemPlace): void {
    const { words } = items[this.#request.kind];
    this.#request.log.warn(`Repository ${id} in ${organization} was deleted while its ${words} were read`);
  }
}

function isBefore(row: RawRecord, since: string): boolean {
  const changed = changeOf(row);
  return changed !== null && inSeconds(changed) < since;
}

function identified(repository: RawRecord, organization: string): [RepositoryId, RawRecord] {
  const { id, full_name } = repository;
  if ((typeof id === 'number' || typeof id === 'string') && typeof full_name === 'string') return [id, repository];
  throw new SourceError(`The list of repositories of ${organization} has one without id or full_name`);
}

function keyOf({ organization, page }: ItemPlace): string {
  return `${organization} ${page?.url ?? ''}`;
}

function startOf({ organizations }: ItemsRequest): ItemPlace | null {
  const [organization] = organizations;
  return organization === undefined ? null : { organization, page: null, before: null, opened: null, list: null };
}
