import { SourceError } from '../../domain/errors.ts';
import type { RawRecord } from '../../domain/json.ts';
import { fingerprint } from '../http-client/circle.ts';
import type { RequestOptions } from '../http-client/client.ts';
import { shown } from '../http-client/origin.ts';
import type { Kind, ParentKind } from './kinds.ts';
import type { Place } from './place.ts';
import type { Listing, ListingPage, Reader } from './reader.ts';
import { fieldsIn, fillPath, isTemplate, only } from './template.ts';

/** A page of a kind, with the way to it and on from it. */
export interface KindPage {
  readonly rows: readonly RawRecord[];
  readonly clock: string | null;
  /** Where the page itself stands. */
  readonly place: Place;
  /** `null`: it is the last of the kind. */
  readonly next: Place | null;
}

export interface WalkOptions extends RequestOptions {
  /** Only what changed since then; `null`: everything. */
  readonly since: string | null;
}

/** Whether a record is still there, as far as can be told; `null`: it cannot. */
export type StillThere = (kind: Kind, record: RawRecord, options: RequestOptions) => Promise<boolean | null>;

interface Begin {
  readonly from: Place | null;
  readonly options: WalkOptions;
}

const START: Place = { position: null, parent: null };

/**
 * Goes through a kind page by page, and through the pages of its parents where it has some: one listing for each parent,
 * in the order of the parents' own listing. Parents are always read in full: what changed may lie below one that did
 * not.
 */
export class Walk {
  readonly #reader: Reader;
  readonly #stillThere: StillThere;

  constructor(reader: Reader, stillThere: StillThere) {
    this.#reader = reader;
    this.#stillThere = stillThere;
  }

  /** Throws `SourceError` for whatever leaves it in doubt that every record was returned. */
  async *pages(kind: Kind, { from, options }: Begin): AsyncGenerator<KindPage> {
    if (kind.parent !== null) {
      yield* this.#pagesOfParents(kind, kind.parent, { from, options });
      return;
    }
    const listing = listingOf(kind, {}, options.since);
    for (let place: Place | null = from ?? START; place !== null; ) {
      const page = await this.#reader.page(listing, place.position, options);
      if (page === null) throw this.#notThere(listing);
      const next: Place | null = page.next === null ? null : { position: page.next, parent: null };
      yield { rows: page.rows, clock: page.clock, place, next };
      place = next;
    }
  }

  async *#pagesOfParents(kind: Kind, parent: ParentKind, { from, options }: Begin): AsyncGenerator<KindPage> {
    const begin = { from: from?.parent?.page ?? null, options: { ...options, since: null } };
    let resumed = from;
    for await (const above of this.pages(parent.kind, begin)) {
      const listings = listingsOf(kind, above.rows, options.since);
      const index = listings.findIndex(({ print }) => print === resumed?.parent?.print);
      // A parent that is not on its page any more leaves open which of the others were read: none is left out then.
      let position = index < 0 ? null : (resumed?.position ?? null);
      resumed = null;
      const left = listings.slice(Math.max(index, 0));
      for (const [at, { listing, record, print }] of left.entries()) {
        const after = left[at + 1];
        const onwards = after ? { page: above.place, print: after.print } : nextPage(above);
        do {
          const here: Place = { position, parent: { page: above.place, print } };
          const page = await this.#childPage(listing, { parent, record, here, options });
          const next: Place | null =
            page.next === null ? onwards && { position: null, parent: onwards } : { ...here, position: page.next };
          yield { rows: withParent(page.rows, parent, record), clock: page.clock, place: here, next };
          position = page.next;
        } while (position !== null);
      }
    }
  }

  /** A page of one parent's listing. A parent that was deleted while the kind was read has none. */
  async #childPage(listing: Listing, { parent, record, here, options }: ChildPage): Promise<ListingPage> {
    const page = await this.#reader.page(listing, here.position, options);
    if (page !== null) return page;
    const there = await this.#stillThere(parent.kind, record, options);
    if (there === false) {
      const { name } = parent.kind;
      options.log.warn(
        `GET ${this.#shown(listing)} answered 404: its ${name} was deleted while ${listing.kind.name} was read`,
      );
      return { rows: [], next: null, clock: null };
    }
    throw this.#notThere(listing, there === null ? parent.kind.name : null);
  }

  #notThere(listing: Listing, untold: string | null = null): SourceError {
    const { name } = listing.kind;
    const hint =
      untold === null
        ? `check source.url and the path of ${name}`
        : `if its ${untold} was deleted meanwhile, that cannot be told: give ${untold} a lookup`;
    return new SourceError(`GET ${this.#shown(listing)} answered 404: ${hint}`);
  }

  #shown(listing: Listing): string {
    return shown(this.#reader.address(listing));
  }
}

interface ChildPage {
  readonly parent: ParentKind;
  readonly record: RawRecord;
  readonly here: Place;
  readonly options: RequestOptions;
}

function nextPage({ next }: KindPage): Place['parent'] {
  return next === null ? null : { page: next, print: null };
}

interface ChildListing {
  readonly listing: Listing;
  readonly record: RawRecord;
  readonly print: string;
}

/** The listings below a page of parents, each once. Throws `SourceError` for a parent that lacks a field. */
function listingsOf(kind: Kind, rows: readonly RawRecord[], since: string | null): ChildListing[] {
  const listings = rows.map((record): [string, ChildListing] => {
    const listing = listingOf(kind, record, since);
    const print = fingerprint(JSON.stringify([listing.path, listing.query]));
    return [print, { listing, record, print }];
  });
  return [...new Map(listings).values()];
}

function listingOf(kind: Kind, parent: RawRecord, since: string | null): Listing {
  const { settings } = kind;
  const fieldOf = fieldsIn(parent);
  const path = fillPath(settings.path, fieldOf);
  if ('missing' in path) throw lacksField(kind, path.missing);
  const query = Object.entries(settings.query).map(([name, text]): [string, string] => {
    if (!isTemplate(text)) return [name, text];
    const field = text.slice(1, -1);
    const value = fieldOf(field);
    if (value === null) throw lacksField(kind, field);
    return [name, value];
  });
  const changed = since === null || settings.since === undefined ? {} : { [settings.since]: since };
  return { kind, path: path.text, query: { ...Object.fromEntries(query), ...changed } };
}

function lacksField({ name, parent }: Kind, field: string): SourceError {
  return new SourceError(
    `A record of ${parent?.kind.name} has no ${field} that an address can hold, which ${name} is asked for by`,
  );
}

/** Each record with the fields of its parent beside its own, where the settings give them a key. */
function withParent(rows: readonly RawRecord[], { as, fields }: ParentKind, record: RawRecord): readonly RawRecord[] {
  if (as === null) return rows;
  const known = only(fields, record);
  return rows.map((row) => joined(row, as, known));
}

/** Throws `SourceError` when the record has a field of that name itself. */
export function joined(row: RawRecord, as: string, parent: RawRecord): RawRecord {
  if (!Object.hasOwn(row, as)) return { ...row, [as]: parent };
  throw new SourceError(`A record has a field ${as} of its own: give parent.as another name`);
}
