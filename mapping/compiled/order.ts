import { coded } from '../coded.ts';
import type { ParseNode } from '../inspection.ts';
import { EVALUATION_TIMEOUT, MAX_ORDERED } from '../limits.ts';
import type { Code, Frame } from './frame.ts';
import { mergeSorted } from './higher-order.ts';
import type { Scope } from './scope.ts';

/** Puts items in order. */
export type Order = (items: readonly unknown[], frame: Frame) => readonly unknown[];

interface Term {
  readonly code: Code;
  readonly descending: boolean;
}

/** An item with what the terms yield of it, as far as they were asked. */
interface Ordered {
  readonly item: unknown;
  readonly keys: unknown[];
}

/** `^(a, >b)`: by one term after another; what a term yields nothing of comes last. */
export function compileOrder(node: ParseNode, scope: Scope): Order {
  const terms = (node.terms as { expression: ParseNode; descending: boolean }[]).map(
    ({ expression, descending }): Term => ({ code: scope.code(expression), descending }),
  );
  return (items, frame) => {
    if (items.length <= 1) return items;
    if (items.length > MAX_ORDERED) throw coded('D1012', { value: EVALUATION_TIMEOUT });
    const keyOf = ({ item, keys }: Ordered, index: number): unknown => {
      if (!(index in keys)) keys[index] = (terms[index] as Term).code(item, frame);
      return keys[index];
    };
    const after = (left: Ordered, right: Ordered): boolean => {
      frame.run.tick();
      for (let index = 0; index < terms.length; index++) {
        const order = compared(keyOf(left, index), keyOf(right, index), node);
        if (order === 0) continue;
        const [leftKey, rightKey] = [left.keys[index], right.keys[index]];
        const anyMissing = leftKey === undefined || rightKey === undefined;
        return (terms[index]?.descending && !anyMissing ? -order : order) > 0;
      }
      return false;
    };
    return mergeSorted(
      items.map((item): Ordered => ({ item, keys: [] })),
      after,
    ).map(({ item }) => item);
  };
}

/** Above 0: the left one comes after the right one. */
function compared(left: unknown, right: unknown, { position }: ParseNode): number {
  if (left === undefined) return right === undefined ? 0 : 1;
  if (right === undefined) return -1;
  const bad = [left, right].find((key) => typeof key !== 'string' && typeof key !== 'number');
  if (bad !== undefined) throw coded('T2008', { position, value: bad });
  if (typeof left !== typeof right) throw coded('T2007', { position, value: left, value2: right });
  return left === right ? 0 : (left as string) < (right as string) ? -1 : 1;
}
