import type { ReadPage } from '../catalog/staging.ts';

/** Characters of JSON that wait for their mapping; as objects they take about three times as many bytes. */
const MAX_LENGTH = 24 * 1024 * 1024;

/**
 * Pages that this process has fetched and that are still to be mapped, by attempt: mapped by the same process, they need
 * not be unpacked and parsed again. Only a shortcut: what is not here, or had to make room, is read from the staging
 * tables.
 */
export class HandOver {
  private readonly waiting = new Map<string, { readonly pages: readonly ReadPage[]; readonly length: number }>();
  private length = 0;

  /** `length`: characters of the pages' JSON. */
  put(attempt: string, pages: readonly ReadPage[], length: number): void {
    this.waiting.set(attempt, { pages, length });
    this.length += length;
    // The oldest first: the run that it belongs to may have been aborted.
    for (const [oldest] of this.waiting) {
      if (this.length <= MAX_LENGTH) return;
      this.take(oldest);
    }
  }

  /** Hands the pages out, once; `null`: they are not here. */
  take(attempt: string): readonly ReadPage[] | null {
    const known = this.waiting.get(attempt);
    if (!known) return null;
    this.waiting.delete(attempt);
    this.length -= known.length;
    return known.pages;
  }
}
