import type { RunReport } from '../domain/run.ts';
import { KINDS, type Kind } from './configuration.ts';
import type { EntityWrites } from './entity-writes.ts';
import type { Mutated } from './source.ts';

const COUNTED = ['read', 'created', 'updated', 'unchanged', 'deleted'] as const;

export type Counts = Readonly<Record<(typeof COUNTED)[number], number>>;

/** What a run must report of each kind. */
export type Expectation = Readonly<Record<Kind, Counts>>;

/** Records that the source has, by kind. */
export type Live = Readonly<Record<Kind, number>>;

/** Counts that must be 0: the generated records are all good, and nobody else writes. */
const NONE = ['quarantined', 'unidentified', 'duplicates', 'outdated', 'ruledOut', 'unconfirmed'] as const;

/** Nothing was in the catalog before. */
export const allCreated = (live: Live): Expectation => each((kind) => ({ read: live[kind], created: live[kind] }));

/** The source is as it was. */
export const allUnchanged = (live: Live): Expectation => each((kind) => ({ read: live[kind], unchanged: live[kind] }));

/** The source has just changed; `live` is what it has now. */
export function someChanged(live: Live, { changed, removed }: Mutated): Expectation {
  return each((kind) => {
    const [updated, deleted] = kind === 'organization' ? [0, 0] : [changed[kind], removed[kind]];
    return { read: live[kind], updated, deleted, unchanged: live[kind] - updated };
  });
}

function each(of: (kind: Kind) => Partial<Counts>): Expectation {
  const zero = { read: 0, created: 0, updated: 0, unchanged: 0, deleted: 0 };
  return Object.fromEntries(KINDS.map((kind) => [kind, { ...zero, ...of(kind) }])) as Expectation;
}

/** All kinds together. */
export function totalOf(kinds: readonly Counts[]): Counts {
  const sum = (column: keyof Counts): number => kinds.reduce((total, kind) => total + kind[column], 0);
  return Object.fromEntries(COUNTED.map((column) => [column, sum(column)])) as Counts;
}

/**
 * Why the run's result is not what the generator says it must be; empty: it is. Figures of a wrong result are worth
 * nothing.
 */
export function mistakesOf(
  expectation: Expectation,
  { run, writes }: { run: RunReport; writes: EntityWrites },
): string[] {
  const mistakes: string[] = [];
  const expect = (what: string, is: unknown, shouldBe: unknown): void => {
    if (is !== shouldBe) mistakes.push(`${what} is ${is}, must be ${shouldBe}`);
  };
  expect('the outcome', run.outcome, 'complete');
  expect('the number of kinds', run.kinds.length, KINDS.length);
  for (const kind of run.kinds) {
    const { kind: name, failedFields } = kind;
    for (const column of COUNTED) expect(`${name}: ${column}`, kind[column], expectation[name as Kind]?.[column]);
    for (const column of NONE) expect(`${name}: ${column}`, kind[column], 0);
    expect(`${name}: fields that failed`, failedFields.map(({ field }) => field).join(), '');
  }
  const { created, updated, deleted } = totalOf(Object.values(expectation));
  expect('entities inserted', writes.inserted, created);
  expect('entities updated', writes.updated, updated);
  expect('entities deleted', writes.deleted, deleted);
  return mistakes;
}
