import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SourceError } from '../../domain/errors.ts';
import type { RawRecord } from '../../domain/json.ts';
import { type Answer, recordsOf } from './answer.ts';
import type { GitHubHttp, RequestOptions } from './http.ts';
import { nextLink } from './link-header.ts';
import { onOrigin, shown } from './origin.ts';

/** A page of a listing, and what is needed to notice that the listing goes round in circles. */
export const positionSchema = z.strictObject({
  /** Path and query on the API's origin. */
  url: z.string(),
  /** The page's number in its listing, from 1. */
  count: z.int().positive(),
  /** Fingerprint of the page whose number is the last power of two. */
  mark: z.string(),
});

export type Position = z.infer<typeof positionSchema>;

export interface ListPage {
  readonly rows: readonly RawRecord[];
  readonly next: Position | null;
  readonly clock: Answer['clock'];
  readonly isGitHub: boolean;
}

/** What a listing is asked for. */
export type ListQuery = Readonly<Record<string, string>>;

/** Reads listings page by page, from link to link, never by counting rows (seed S3.22). */
export class ListReader {
  readonly #http: GitHubHttp;
  readonly #pageSize: string;

  constructor(http: GitHubHttp, pageSize: number) {
    this.#http = http;
    this.#pageSize = String(pageSize);
  }

  /** The first page of the listing at a path of the API. Gitea reads `limit` where GitHub reads `per_page`. */
  first(path: string, query: ListQuery): Position {
    return this.#firstOf(this.#relative(this.#http.url(path)), query);
  }

  /** The first page of the listing in which a page lies, asked for in another way. */
  again({ url }: Position, query: ListQuery): Position {
    return this.#firstOf(new URL(url, this.#http.origin).pathname, query);
  }

  /** `null`: there is no such listing (404, 410). Throws `SourceError` for a page that cannot be read. */
  async page(position: Position, options: RequestOptions): Promise<ListPage | null> {
    const answer = await this.#http.get(new URL(position.url, this.#http.origin).href, options);
    if (answer === null) return null;
    const { clock, isGitHub } = answer;
    return { rows: recordsOf(answer), next: this.#next(position, answer), clock, isGitHub };
  }

  #firstOf(address: string, query: ListQuery): Position {
    const url = `${address}?${new URLSearchParams({ ...query, per_page: this.#pageSize, limit: this.#pageSize })}`;
    return { url, count: 1, mark: fingerprint(url) };
  }

  queryOf({ url }: Position): URLSearchParams {
    return new URL(url, this.#http.origin).searchParams;
  }

  #next(position: Position, answer: Answer): Position | null {
    const what = `The next page in the Link header of GET ${shown(answer.url)}`;
    const link = nextLink(answer);
    if (link === null) return null;
    const url = this.#relative(onOrigin(link, { base: answer.url, origin: this.#http.origin, what }));
    return advance(position, url, what);
  }

  #relative(url: string): string {
    return url.slice(this.#http.origin.length);
  }
}

// Brent's cycle detection: one remembered page, moved up at every power of two, finds any circle of pages. Unlike a set
// of all pages seen it fits into a cursor, so it also works when every few pages are read by another process.
function advance({ count, mark }: Position, url: string, what: string): Position {
  const print = fingerprint(url);
  if (print === mark) throw new SourceError(`${what} was read before: the paging never ends, so it is not followed`);
  const next = count + 1;
  return { url, count: next, mark: Number.isInteger(Math.log2(next)) ? print : mark };
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
