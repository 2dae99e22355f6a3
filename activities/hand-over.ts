import type { StagedPage } from '../catalog/staging.ts';

/** What waits for its mapping, packed. */
const MAX_BYTES = 32 * 1024 * 1024;

/** What of it waits as it was before it was packed as well: bytes outside of the heap. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

/**
 * Pages that this process has fetched and that are still to be mapped, by attempt: mapped by the same process, they need
 * not be read from the staging tables, and those that were fetched last need not be unpacked. Only a shortcut, with the
 * very bytes that were staged: what is not here, or had to make room, is read from there.
 */
export class HandOver {
  private readonly waiting = new Map<string, readonly StagedPage[]>();
  private bytes = 0;
  private jsonBytes = 0;

  put(attempt: string, pages: readonly StagedPage[]): void {
    this.waiting.set(attempt, pages);
    this.bytes += sizeOf(pages);
    this.jsonBytes += jsonSizeOf(pages);
    // The oldest first: the run that it belongs to may have been aborted.
    for (const [oldest, known] of this.waiting) {
      if (this.jsonBytes <= MAX_JSON_BYTES) break;
      this.jsonBytes -= jsonSizeOf(known);
      this.waiting.set(
        oldest,
        known.map(({ json: _, ...page }) => page),
      );
    }
    for (const [oldest] of this.waiting) {
      if (this.bytes <= MAX_BYTES) break;
      this.take(oldest);
    }
  }

  /** Hands the pages out, once; `null`: they are not here. */
  take(attempt: string): readonly StagedPage[] | null {
    const known = this.waiting.get(attempt);
    if (!known) return null;
    this.waiting.delete(attempt);
    this.bytes -= sizeOf(known);
    this.jsonBytes -= jsonSizeOf(known);
    return known;
  }
}

const sizeOf = (pages: readonly StagedPage[]): number => pages.reduce((sum, { body }) => sum + body.length, 0);

const jsonSizeOf = (pages: readonly StagedPage[]): number =>
  pages.reduce((sum, { json }) => sum + (json?.length ?? 0), 0);
