import type { ParseNode } from '../inspection.ts';
import { compileFilter, type Stage } from './filter.ts';
import type { Code, Frame } from './frame.ts';
import { compileGroup } from './group.ts';
import { compileOrder, type Order } from './order.ts';
import { compilePlainPath, spread } from './plain-path.ts';
import { NotCompiled, type Scope } from './scope.ts';
import { asSequence, isSequence, type Marked, settled } from './sequence.ts';
import { isConstructed } from './values.ts';

/** One step of a path: it is taken for each item that the step before it yielded, `order` for all of them. */
interface Step {
  readonly code: Code | null;
  readonly order: Order | null;
  readonly stages: readonly Stage[];
  /** It may yield the same large value for every item. */
  readonly repeats: boolean;
}

/** Steps that only lead to parts of their items. */
const LEADING = new Set(['name', 'wildcard', 'sort']);

/** `a.b[c = 1].(d + e)^(f){g: h}`: steps, with predicates, orders, and a grouping at the end. */
export function compilePath(node: ParseNode, scope: Scope): Code {
  const nodes = node.steps as readonly ParseNode[];
  if (node.tuple || nodes.some(({ tuple }) => tuple)) throw new NotCompiled('it binds %, @ or #');
  const plain = compilePlainPath(node, scope);
  if (plain !== null) return plain;
  const steps = nodes.map((step) => compileStep(step, scope));
  const [{ consarray, type: firstType }] = nodes as [ParseNode];
  const take = consarray ? fromList(steps) : fromItems(steps, firstType === 'variable');
  const keep = node.keepSingletonArray ? keptAsList : (found: unknown) => found;
  if (node.group === undefined) return (input, frame) => settled(keep(take(input, frame)));
  const group = compileGroup(node.group as ParseNode, scope);
  return (input, frame) => group(keep(take(input, frame)), frame);
}

function compileStep(node: ParseNode, scope: Scope): Step {
  const stages = ((node.stages ?? []) as readonly ParseNode[]).map((stage) => compileFilter(stage, scope));
  const isOrder = node.type === 'sort';
  return {
    code: isOrder ? null : scope.code(node),
    order: isOrder ? compileOrder(node, scope) : null,
    stages,
    repeats: !LEADING.has(node.type),
  };
}

/** A path into the context; one that begins with a variable is taken once, whatever the context is. */
function fromItems(steps: readonly Step[], absolute: boolean): Code {
  return (input, frame) => walked(Array.isArray(input) && !absolute ? input : [input], steps, frame);
}

/** A path into a list that its first step makes, of the context as a whole. */
function fromList([first, ...rest]: readonly Step[]): Code {
  const makeList = first?.code as Code;
  return (input, frame) => {
    const list = makeList(Array.isArray(input) ? input : asSequence([input]), frame);
    if (list === undefined || (list as { length?: unknown }).length === 0) return list;
    return rest.length === 0 ? list : walked(list, rest, frame);
  };
}

/** A predicate may leave something else than a list behind a list: jsonata takes a text apart, and nothing else. */
const itemsOf = (list: unknown): readonly unknown[] =>
  Array.isArray(list) ? list : typeof list === 'string' ? list.split('') : [];

function walked(start: unknown, steps: readonly Step[], frame: Frame): unknown {
  let found = start;
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index] as Step;
    found = step.order
      ? ordered(step, found, frame)
      : taken(step, itemsOf(found), { frame, last: index === steps.length - 1 });
    if (found === undefined || (found as readonly unknown[]).length === 0) break;
  }
  return found;
}

function ordered({ order, stages }: Step, items: unknown, frame: Frame): unknown {
  let found: unknown = Array.isArray(items) ? (order as Order)(items, frame) : items;
  for (const stage of stages) found = stage(found, frame);
  return found;
}

function taken(step: Step, items: readonly unknown[], { frame, last }: { frame: Frame; last: boolean }): unknown {
  const { run } = frame;
  const found: unknown[] = [];
  let yields = 0;
  let only: unknown;
  for (let index = 0; index < items.length; index++) {
    run.tick();
    let value = (step.code as Code)(items[index], frame);
    for (const stage of step.stages) value = stage(value, frame);
    if (value === undefined) continue;
    yields += 1;
    only = value;
    spread(value, found, run);
  }
  if (last && yields === 1 && Array.isArray(only) && !isSequence(only)) return only;
  if (step.repeats && yields > 1) run.meter.built(found);
  return asSequence(found);
}

/** `a[]`: a sequence stays a list however many elements it has. */
function keptAsList(found: unknown): unknown {
  if (found === undefined) throw new TypeError('there is nothing that [] could keep as a list');
  if (!Array.isArray(found)) return found;
  const sequence: Marked = isConstructed(found) && !isSequence(found) ? asSequence([found]) : found;
  if (isSequence(sequence)) sequence.keepSingleton = true;
  return sequence;
}
