import type { ParseNode } from '../inspection.ts';
import type { Frame } from './frame.ts';
import type { Scope } from './scope.ts';
import { asSequence } from './sequence.ts';
import { isNumeric, isTrue } from './values.ts';

/** What a predicate leaves of a value: a sequence, or the list that stands at the place that it names. */
export type Stage = (value: unknown, frame: Frame) => unknown[];

/** `[0]`, `[name = "x"]`, `[[0, 2]]`: by number from either end, or by what it says of each element. */
export function compileFilter(node: ParseNode, scope: Scope): Stage {
  const predicate = node.expr as ParseNode;
  if (predicate.type === 'number') return elementAt(Math.floor(predicate.value as number));
  const decide = scope.code(predicate);
  return (value, frame) => {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const kept: unknown[] = [];
    for (let index = 0; index < list.length; index++) {
      frame.run.tick();
      const element = list[index];
      const decision = decide(element, frame);
      if (decision === true) kept.push(element);
      else if (decision === false || decision === undefined) continue;
      else keep(decision, { element, index, length: list.length, kept });
    }
    return asSequence(kept);
  };
}

function elementAt(place: number): Stage {
  return (value) => {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const element = list[place < 0 ? list.length + place : place];
    if (Array.isArray(element)) return element;
    return asSequence(element === undefined ? [] : [element]);
  };
}

interface Decided {
  readonly element: unknown;
  readonly index: number;
  readonly length: number;
  readonly kept: unknown[];
}

/** Numbers name places, once for each time that they name it; anything else is yes or no. */
function keep(decision: unknown, { element, index, length, kept }: Decided): void {
  const places = isNumeric(decision) ? [decision] : numbersOf(decision);
  if (places === null) {
    if (isTrue(decision)) kept.push(element);
    return;
  }
  for (const place of places) {
    const whole = Math.floor(place);
    if ((whole < 0 ? length + whole : whole) === index) kept.push(element);
  }
}

/** Looks at every element: one that is infinite is an error wherever it stands. */
const numbersOf = (value: unknown): number[] | null =>
  Array.isArray(value) && value.filter((element) => !isNumeric(element)).length === 0 ? value : null;
