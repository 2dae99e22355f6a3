import type { ListPage, ListQuery, ListReader, Position } from './paging.ts';
import { changeOf, inSeconds } from './times.ts';

/**
 * A list of what changed since a time (sync-semantics 2.8). It holds records of every state: one that was closed while
 * the list is read would otherwise leave it, and the first record of the next page would move to one that was read
 * already.
 */
export interface ChangeList {
  /** `since`: a time in whole seconds, as `inSeconds` writes it. */
  query(since: string): ListQuery;
  /** Where GitHub's list goes on after a page; `null`: nothing further on has changed. */
  onwards(reader: ListReader, read: ReadChanges): Position | null;
}

interface ReadChanges {
  readonly position: Position;
  readonly page: ListPage;
  readonly since: string;
}

/**
 * For a list without the parameter `since`: latest change first, to the first page that ends with an older one. What
 * changes meanwhile moves to the front and pushes the others back: these come twice rather than not at all, and its
 * change is later than the clock of this reading. Nothing leaves the list: GitHub's pull requests cannot be deleted.
 */
export const latestFirst: ChangeList = {
  query: () => ({ state: 'all', sort: 'updated', direction: 'desc' }),
  onwards(_reader, { page, since }) {
    const reached = changeOf(page.rows.at(-1));
    return reached !== null && inSeconds(reached) < since ? null : page.next;
  },
};

/**
 * For a list with the parameter `since` which records may leave (issues are deleted and transferred): earliest change
 * first, and each page is the first one of what changed since the last record of the page before. So it does not matter
 * what moves; that record comes twice. Where all of a page changed in one second, its own link leads on.
 */
export const earliestFirst: ChangeList = {
  query: (since) => ({ state: 'all', sort: 'updated', direction: 'asc', since }),
  onwards(reader, { position, page }) {
    const last = changeOf(page.rows.at(-1));
    if (page.next === null || last === null) return page.next;
    const reached = inSeconds(last);
    const asked = reader.queryOf(position).get('since') ?? reached;
    return asked < reached ? reader.again(position, this.query(reached)) : page.next;
  },
};
