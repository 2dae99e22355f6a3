import { SourceError } from '../../domain/errors.ts';
import { isRawRecord, type RawRecord } from '../../domain/json.ts';
import { type Answer, jsonOf, named } from '../http-client/answer.ts';
import { advance, type Track } from '../http-client/circle.ts';
import type { HttpClient, RequestOptions } from '../http-client/client.ts';
import { shown } from '../http-client/origin.ts';
import { evaluated } from './evaluation.ts';
import type { Kind } from './kinds.ts';
import type { Turn } from './paging.ts';
import type { Position } from './place.ts';

/** One listing of a kind: that of the whole kind, or that of one parent. */
export interface Listing {
  readonly kind: Kind;
  /** Path and parameters, filled in. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

export interface ListingPage {
  readonly rows: readonly RawRecord[];
  /** `null`: that was the last. */
  readonly next: Position | null;
  /** The API's own clock when it answered. */
  readonly clock: string | null;
}

const START: Track = { count: 0, mark: '' };

/** Reads listings page by page. */
export class Reader {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  /** The address of a listing's first page. */
  address({ kind, path, query }: Listing): string {
    return this.#http.url(path, { ...query, ...kind.paging.parameters(null) });
  }

  /** `null`: there is no such listing (404, 410). Throws `SourceError` for a page that cannot be read. */
  async page(listing: Listing, position: Position | null, options: RequestOptions): Promise<ListingPage | null> {
    const answer = await this.#http.get(this.#url(listing, position?.token ?? null), options);
    if (answer === null) return null;
    const { kind } = listing;
    const document = jsonOf(answer);
    const value = kind.items === null ? document : await evaluated(kind.items, document, whereOf(answer));
    const rows = recordsIn(value, answer, kind);
    const turn = { token: position?.token ?? null, answer, document, rows, full: position?.full ?? false };
    return { rows, next: await this.#next(listing, turn, position), clock: answer.clock };
  }

  /** The page after this one. Throws `SourceError` when it was read before. */
  async #next(listing: Listing, turn: Turn, position: Position | null): Promise<Position | null> {
    const { paging, settings } = listing.kind;
    const { answer, rows } = turn;
    const next = await paging.next(turn);
    if (next === null) return null;
    const from = `GET ${shown(answer.url)}`;
    const size = 'size' in settings.paging ? settings.paging.size : undefined;
    const full = turn.full || (size !== undefined && rows.length >= size);
    if (paging.circles === 'rows') {
      const track = position ?? START;
      if (rows.length === 0) return { token: next, full, count: track.count, mark: track.mark };
      const what = `What ${from} answered, record for record,`;
      return { token: next, full, ...advance(track, JSON.stringify(rows), what) };
    }
    const what = `The next page that ${from} names`;
    const token = paging.isAddress ? this.#http.onOwnOrigin(next, { base: answer.url, what }) : next;
    const begin = paging.isAddress ? this.address(listing).slice(this.#http.origin.length) : '';
    return { token, full, ...advance(position ?? advance(START, begin, what), token, what) };
  }

  #url({ kind, path, query }: Listing, token: string | null): string {
    if (kind.paging.isAddress && token !== null) return new URL(token, this.#http.origin).href;
    return this.#http.url(path, { ...query, ...kind.paging.parameters(token) });
  }
}

function recordsIn(value: unknown, answer: Answer, kind: Kind): readonly RawRecord[] {
  const where = kind.items === null ? `GET ${shown(answer.url)} answered` : `${whereOf(answer)} yields`;
  if (!Array.isArray(value)) {
    throw new SourceError(`${where} ${named(value)}, not a list: ${hintFor(value, kind)}`);
  }
  const bad = value.findIndex((item) => !isRawRecord(item));
  if (bad < 0) return value;
  throw new SourceError(`${where} a list whose item ${bad} is ${named(value[bad])}, not an object`);
}

function hintFor(value: unknown, { items }: Kind): string {
  if (items === null) return 'name the list in it by `items`';
  if (value !== undefined) return 'write an expression that yields a list';
  return 'if the API leaves out a list that is empty, put it in brackets, such as [data]';
}

function whereOf(answer: Answer): string {
  return `GET ${shown(answer.url)}: items`;
}
