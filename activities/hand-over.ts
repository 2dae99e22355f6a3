import type { StagedPage } from '../catalog/staging.ts';

/** What waits for its mapping. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Pages that this process has fetched and that are still to be mapped, by attempt: mapped by the same process, they need
 * not be read from the staging tables. Only a shortcut, with the very bytes that were staged: what is not here, or had to
 * make room, is read from there.
 */
export class HandOver {
  private readonly waiting = new Map<string, { readonly pages: readonly StagedPage[]; readonly bytes: number }>();
  private bytes = 0;

  put(attempt: string, pages: readonly StagedPage[]): void {
    const bytes = pages.reduce((sum, { body }) => sum + body.length, 0);
    this.waiting.set(attempt, { pages, bytes });
    this.bytes += bytes;
    // The oldest first: the run that it belongs to may have been aborted.
    for (const [oldest] of this.waiting) {
      if (this.bytes <= MAX_BYTES) return;
      this.take(oldest);
    }
  }

  /** Hands the pages out, once; `null`: they are not here. */
  take(attempt: string): readonly StagedPage[] | null {
    const known = this.waiting.get(attempt);
    if (!known) return null;
    this.waiting.delete(attempt);
    this.bytes -= known.bytes;
    return known.pages;
  }
}
