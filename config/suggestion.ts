import { clipped } from './problem.ts';

/** Names listed in one message. */
const LISTED = 30;

/** `did you mean "baseUrl"? (one of: type, baseUrl)` or, where nothing is near, `one of: type, baseUrl`. */
export function choice(given: string, allowed: readonly string[]): string {
  const names = allowed.slice(0, LISTED).map(clipped).join(', ');
  const list = `one of: ${names === '' ? '(none)' : names}${allowed.length > LISTED ? ', …' : ''}`;
  const near = nearest(given, allowed);
  return near === null ? list : `did you mean ${JSON.stringify(near)}? (${list})`;
}

/** The allowed name that a person who typed `given` most likely meant; `null`: none is near. */
export function nearest(given: string, allowed: readonly string[]): string | null {
  const folded = fold(given);
  // Words this long are no misspelling of a name, and comparing them would take long.
  if (folded.length > 64) return null;
  let best: { name: string; distance: number } | null = null;
  for (const name of allowed) {
    const distance = editDistance(folded, fold(name));
    if (distance <= Math.max(1, Math.floor(name.length / 4)) && distance < (best?.distance ?? Infinity)) {
      best = { name, distance };
    }
  }
  return best?.name ?? null;
}

/** `base_url`, `base-url` and `BaseURL` are one word. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}

/** Edits that turn one word into the other; two letters that changed places are one edit. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? Infinity) + 1 : Infinity;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
