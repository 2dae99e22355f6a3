import type { Json } from '../../domain/json.ts';
import type { Row } from './content.ts';
import type { RowChange } from './rows.ts';

/** What one entity of a call needs, and its place in the call. */
export interface Job {
  readonly place: number;
  readonly changes: readonly RowChange[];
}

/** One operation of a request: one action on one of the shop's entities (seed S4.7). Never empty. */
export interface Operation {
  /** Readable and never used twice by this process: `upsert-product-17` (seed S4.10). */
  readonly key: string;
  readonly entity: string;
  readonly action: 'upsert' | 'delete';
  readonly payload: readonly Row[];
  /** Whose each record of the payload is. */
  readonly jobs: readonly Job[];
}

/**
 * The operations that do what the jobs need: rows before the links that point to them, and for deletes the other way
 * round; otherwise in the order of the jobs. `request`: the number of the request, for the keys.
 */
export function operationsOf(jobs: readonly Job[], request: number): Operation[] {
  const groups = new Map<string, { change: RowChange; records: { row: Row; job: Job }[] }>();
  const removing = jobs.some(({ changes }) => changes.every(({ action }) => action === 'delete'));
  for (const part of removing ? [links, own] : [own, links]) {
    for (const job of jobs) {
      for (const change of part(job, removing)) {
        const name = `${change.action}-${change.entity}`;
        const group = groups.get(name) ?? { change, records: [] };
        groups.set(name, group);
        group.records.push({ row: change.row, job });
      }
    }
  }
  return [...groups].map(([name, { change, records }]) => ({
    key: `${name}-${request}`,
    entity: change.entity,
    action: change.action,
    payload: records.map(({ row }) => row),
    jobs: records.map(({ job }) => job),
  }));
}

/** An entity's own row stands first of what is written, and last of what is deleted. */
const own = ({ changes }: Job, removing: boolean) => (removing ? changes.slice(-1) : changes.slice(0, 1));
const links = ({ changes }: Job, removing: boolean) => (removing ? changes.slice(0, -1) : changes.slice(1));

/** The body of a request (seed S4.6). */
export function bodyOf(operations: readonly Operation[]): Json {
  return Object.fromEntries(operations.map(({ key, entity, action, payload }) => [key, { entity, action, payload }]));
}

/** As many jobs each time as have at most `rows` rows together, one job at least. */
export function chunks(jobs: readonly Job[], rows: number): Job[][] {
  const all: Job[][] = [];
  let count = Number.POSITIVE_INFINITY;
  for (const job of jobs) {
    if (count + job.changes.length > rows) {
      all.push([]);
      count = 0;
    }
    all.at(-1)?.push(job);
    count += job.changes.length;
  }
  return all;
}
