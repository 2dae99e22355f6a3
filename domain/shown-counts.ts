import type { KindCounts } from './run.ts';

export interface ShownCount {
  readonly count: keyof KindCounts;
  readonly heading: string;
}

const ALWAYS: readonly ShownCount[] = [
  { count: 'read', heading: 'read' },
  { count: 'created', heading: 'created' },
  { count: 'updated', heading: 'updated' },
  { count: 'unchanged', heading: 'unchanged' },
  { count: 'deleted', heading: 'deleted' },
];

const RARE: readonly ShownCount[] = [
  { count: 'ruledOut', heading: 'ruled out' },
  { count: 'skipped', heading: 'skipped' },
  { count: 'quarantined', heading: 'quarantined' },
  { count: 'duplicates', heading: 'duplicates' },
  { count: 'outdated', heading: 'outdated' },
  { count: 'unconfirmed', heading: 'unconfirmed' },
];

/** The counts that people are shown of a run's kinds: some always, the others where any kind has something in them. */
export function shownCounts(kinds: readonly KindCounts[]): ShownCount[] {
  return [...ALWAYS, ...RARE.filter(({ count }) => kinds.some((kind) => kind[count] > 0))];
}
