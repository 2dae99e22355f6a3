import { identityOf, parentOf } from '../domain/entity.ts';
import type { LiveCall, LiveChange, LiveEnd, LiveWrite } from './live-change.ts';

/**
 * Splits calls, in their order, into groups in which none touches a record or an entity that another one touches: the
 * calls of a group come to the same end together as one after another.
 */
export function independentGroups(calls: readonly LiveCall[]): LiveCall[][] {
  const groups: LiveCall[][] = [];
  let touched = new Set<string>();
  for (const call of calls) {
    const names = namesIn(call.change);
    const last = groups.at(-1);
    if (last && !names.some((name) => touched.has(name))) last.push(call);
    else {
      groups.push([call]);
      touched = new Set();
    }
    for (const name of names) touched.add(name);
  }
  return groups;
}

function namesIn({ writes, ends }: LiveChange): string[] {
  return [...writes.flatMap(namesOfWrite), ...ends.flatMap(namesOfEnd)];
}

const namesOfWrite = ({ resource, entities, quarantined }: LiveWrite): string[] => [
  ...entities.flatMap(({ recordKey, fields, ...entity }) => {
    const parent = parentOf(fields);
    return [record(resource, recordKey), identityOf(entity), ...(parent ? [identityOf(parent)] : [])].flat();
  }),
  ...quarantined.flatMap(({ recordKey }) => record(resource, recordKey)),
];

const namesOfEnd = ({ resource, recordKey, identity: named, kept }: LiveEnd): string[] => [
  ...record(resource, recordKey),
  ...(named ? [identityOf(named)] : []),
  ...kept.map(identityOf),
];

/** A record without a key is known by its identity alone. */
const record = (resource: string, key: string): string[] => (key === '' ? [] : [JSON.stringify(['r', resource, key])]);
