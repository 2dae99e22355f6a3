import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SourceError } from '../../domain/errors.ts';

/** What is needed to notice that a listing goes round in circles. Small enough for a cursor. */
export const trackSchema = z.strictObject({
  /** Number of the page in its listing. */
  count: z.int().nonnegative(),
  /** Fingerprint of the page whose number is the last power of two. */
  mark: z.string(),
});

export type Track = z.infer<typeof trackSchema>;

/**
 * One page further. `page` is what no two pages of a listing share: an address, a cursor, the records themselves.
 * Throws `SourceError` when the page was read before; `what` names it.
 *
 * Brent's cycle detection: one remembered page, moved up at every power of two, finds any circle of pages. Unlike a set
 * of all pages seen it fits into a cursor, so it also works when every few pages are read by another process.
 */
export function advance({ count, mark }: Track, page: string, what: string): Track {
  const print = fingerprint(page);
  if (print === mark) throw new SourceError(`${what} was read before: the paging never ends, so it is not followed`);
  const next = count + 1;
  return { count: next, mark: Number.isInteger(Math.log2(next)) ? print : mark };
}

export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
