import { z } from 'zod';
import { SourceError } from '../../domain/errors.ts';
import { trackSchema } from '../http-client/circle.ts';

/** A page of a listing that is not its first, and what is needed to notice that the listing goes round in circles. */
const positionSchema = trackSchema.extend({
  /** What the page is asked for by: an address, a number, an offset or a cursor. */
  token: z.string(),
  /** An earlier page was as large as the settings say that pages are. */
  full: z.boolean(),
});

export type Position = z.infer<typeof positionSchema>;

/** Where any process can go on reading a kind. */
export interface Place {
  /** `null`: the first page. */
  readonly position: Position | null;
  /** Where the listing of the parents stands; `null`: there are none, or it begins. */
  readonly parent: ParentPlace | null;
}

export interface ParentPlace {
  /** The page that the parent was on. It is read again: what a cursor may hold is little. */
  readonly page: Place;
  /** The parent on it, by a fingerprint of its own listing's address; `null`: the first. */
  readonly print: string | null;
}

const placeSchema: z.ZodType<Place> = z.strictObject({
  position: positionSchema.nullable(),
  get parent() {
    return z.strictObject({ page: placeSchema, print: z.string().nullable() }).nullable();
  },
});

/** What the `Source` port promises its callers, in bytes. */
const LARGEST_CURSOR = 4096;

/** Throws `SourceError` when the API's own cursors or page links do not fit. */
export function encodePlace(place: Place, kind: string): string {
  const cursor = JSON.stringify(place);
  if (Buffer.byteLength(cursor) > LARGEST_CURSOR) {
    throw new SourceError(
      `A place in ${kind} does not fit into ${LARGEST_CURSOR} bytes: the API's cursors are too long`,
    );
  }
  return cursor;
}

/** Throws `SourceError` for what this source did not hand out. */
export function decodePlace(cursor: string): Place {
  try {
    return placeSchema.parse(JSON.parse(cursor));
  } catch {
    throw new SourceError('The cursor was not made by this version of the http source: start the resync again');
  }
}
