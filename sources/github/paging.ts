import { z } from 'zod';
import type { RawRecord } from '../../domain/json.ts';
import { type Answer, recordsOf } from '../http-client/answer.ts';
import { advance, fingerprint, trackSchema } from '../http-client/circle.ts';
import type { HttpClient, RequestOptions } from '../http-client/client.ts';
import { nextLink } from '../http-client/link-header.ts';
import { shown } from '../http-client/origin.ts';

/** A page of a listing, and what is needed to notice that the listing goes round in circles. */
export const positionSchema = trackSchema.extend({
  /** Path and query on the API's origin. */
  url: z.string(),
});

export type Position = z.infer<typeof positionSchema>;

export interface ListPage {
  readonly rows: readonly RawRecord[];
  readonly next: Position | null;
  readonly clock: Answer['clock'];
  /** GitHub itself answered, or GitHub Enterprise, and not another API with its routes. */
  readonly isGitHub: boolean;
}

/** What a listing is asked for. */
export type ListQuery = Readonly<Record<string, string>>;

/** Reads listings page by page, from link to link, never by counting rows (seed S3.22). */
export class ListReader {
  readonly #http: HttpClient;
  readonly #pageSize: string;

  constructor(http: HttpClient, pageSize: number) {
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
    const { clock, headers } = answer;
    const isGitHub = 'x-github-media-type' in headers;
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
    const url = this.#http.onOwnOrigin(link, { base: answer.url, what });
    return { url, ...advance(position, url, what) };
  }

  #relative(url: string): string {
    return url.slice(this.#http.origin.length);
  }
}
