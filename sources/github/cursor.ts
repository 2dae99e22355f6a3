import { z } from 'zod';
import { SourceError } from '../../domain/errors.ts';
import { positionSchema } from './paging.ts';

/** Where any process can go on listing repositories. */
export const repositoryPlaceSchema = z.strictObject({
  organization: z.string(),
  /** `null`: the organization's first page. */
  page: positionSchema.nullable(),
});

const idSchema = z.union([z.number(), z.string()]);

/** Where any process can go on listing what repositories hold: pull requests or issues. */
export const itemPlaceSchema = z.strictObject({
  organization: z.string(),
  /** The page of repositories; `null`: the organization's first. */
  page: positionSchema.nullable(),
  /** The page before, and what it held when it was read; `null`: it does not matter. */
  before: z.strictObject({ page: positionSchema.nullable(), ids: z.array(idSchema) }).nullable(),
  /**
   * What that page held, and how many of it are read; `null`: it was not read yet. The repositories' ids and not their
   * places in the page, which may hold others when it is read again: none is left out then. `clock`: the API's when it
   * answered.
   */
  opened: z
    .strictObject({
      ids: z.array(idSchema),
      read: z.int().nonnegative(),
      next: positionSchema.nullable(),
      clock: z.string().nullable(),
    })
    .nullable(),
  /** The repository that is being read, and where its list goes on. */
  list: z.strictObject({ repository: idSchema, position: positionSchema }).nullable(),
});

export type RepositoryId = z.infer<typeof idSchema>;
export type RepositoryPlace = z.infer<typeof repositoryPlaceSchema>;
export type ItemPlace = z.infer<typeof itemPlaceSchema>;

/** What the `Source` port promises its callers, in bytes. */
const LARGEST_CURSOR = 4096;

/** Throws `SourceError` when the API's own page links, or pages larger than asked for, do not fit into a cursor. */
export function encodeCursor(place: RepositoryPlace | ItemPlace): string {
  const cursor = JSON.stringify(place);
  if (Buffer.byteLength(cursor) > LARGEST_CURSOR) {
    throw new SourceError(
      `A place in ${place.organization} does not fit into ${LARGEST_CURSOR} bytes: ` +
        "the API's page links are too long, or its pages larger than asked for",
    );
  }
  return cursor;
}

/** Throws `SourceError` for what this source did not hand out. */
export function decodeCursor<Schema extends z.ZodType>(schema: Schema, cursor: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(cursor));
  } catch {
    throw new SourceError('The cursor was not made by this version of the github source: start the resync again');
  }
}

/** The organization to read after `current`; `null`: that was the last. Throws when a cursor names a foreign one. */
export function organizationAfter(current: string, organizations: readonly string[]): string | null {
  const index = organizations.indexOf(current);
  if (index < 0) throw new SourceError(`The cursor stands in ${current}, an organization the selector does not name`);
  return organizations[index + 1] ?? null;
}
