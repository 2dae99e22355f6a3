import type { Path } from './problem.ts';

/**
 * Keys that interface.md promises and this version does not have yet, by the map they stand in (`*`: any name or
 * index). They are refused by name, so that nobody looks for a misspelling, and nothing they ask for is dropped
 * silently.
 */
const LATER_KEYS: Readonly<Record<string, readonly string[]>> = {
  'integrations.*': ['keepRawPages'],
};

/** Whether a key of the map at `path` belongs to a later version. */
export function isLaterKey(path: Path, key: string): boolean {
  const keys = Object.entries(LATER_KEYS).find(([pattern]) => matches(path, pattern))?.[1];
  return keys?.includes(key) ?? false;
}

export function notYet(what: string): string {
  return `\`${what}\` is not supported yet in this version`;
}

function matches(path: Path, pattern: string): boolean {
  const steps = pattern === '' ? [] : pattern.split('.');
  return steps.length === path.length && steps.every((step, index) => step === '*' || step === path[index]);
}
