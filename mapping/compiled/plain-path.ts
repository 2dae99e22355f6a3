import type { ParseNode } from '../inspection.ts';
import type { Code } from './frame.ts';
import { named, type ReadKey, readerOf } from './names.ts';
import type { Run } from './run.ts';
import type { Scope } from './scope.ts';
import { asSequence, isSequence, type Marked, settled } from './sequence.ts';
import { isConstructed } from './values.ts';

/**
 * A path of names alone, most of what mappings are made of (`owner.login`, `$item.id`, `labels.name`): it is read name
 * by name as long as no list is on the way. `null`: there is more to it.
 */
export function compilePlainPath(node: ParseNode, scope: Scope): Code | null {
  const steps = node.steps as readonly ParseNode[];
  const [first, ...rest] = steps as [ParseNode, ...ParseNode[]];
  if (node.keepSingletonArray || node.group !== undefined || !steps.every(isBare)) return null;
  if (!rest.every(({ type }) => type === 'name')) return null;
  if (first.type === 'variable') {
    const readers = rest.map(({ value }) => readerOf(value as string));
    const start = scope.code(first);
    return (input, frame) => walked(start(input, frame), readers, frame.run);
  }
  if (first.type !== 'name') return null;
  const readers = steps.map(({ value }) => readerOf(value as string));
  return (input, { run }) =>
    Array.isArray(input) ? walkedList(input, { readers, from: 0, run }) : walked(input, readers, run);
}

/** Nothing is done with what the step yields but the next step. */
const isBare = ({ stages, predicate, group, keepArray, tuple }: ParseNode): boolean =>
  stages === undefined && predicate === undefined && group === undefined && !keepArray && !tuple;

function walked(start: unknown, readers: readonly ReadKey[], run: Run): unknown {
  let value = start;
  for (let from = 0; from < readers.length; from++) {
    if (Array.isArray(value)) {
      return walkedList(isConstructed(value) ? [value] : value, { readers, from, run });
    }
    value = (readers[from] as ReadKey)(value);
    if (value === undefined) return undefined;
  }
  return settled(value);
}

interface Walk {
  readonly readers: readonly ReadKey[];
  /** The reader that is next. */
  readonly from: number;
  readonly run: Run;
}

function walkedList(list: readonly unknown[], { readers, from, run }: Walk): unknown {
  let items: readonly unknown[] = list;
  let found: Marked = [];
  let only: unknown;
  for (let step = from; step < readers.length; step++) {
    const read = readers[step] as ReadKey;
    run.tick();
    run.worked(items.length);
    found = [];
    let yields = 0;
    for (const item of items) {
      const value = settled(named(item, read));
      if (value === undefined) continue;
      yields += 1;
      only = value;
      spread(value, found, run);
    }
    if (step === readers.length - 1 && yields === 1 && Array.isArray(only) && !isSequence(only)) return only;
    if (found.length === 0) return undefined;
    items = found;
  }
  return settled(asSequence(found));
}

/** Adds what a step yielded to what the step yields in all. */
export function spread(value: unknown, into: unknown[], run: Run): void {
  if (!Array.isArray(value) || isConstructed(value)) {
    into.push(value);
    return;
  }
  run.meter.count(value.length);
  for (const part of value) into.push(part);
}
