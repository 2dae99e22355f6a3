import { RANGE } from '../built-ins.ts';
import type { ParseNode } from '../inspection.ts';
import { type Code, type Frame, UNBOUND } from './frame.ts';
import type { Native } from './native.ts';
import { NATIVES } from './natives.ts';
import { NotCompiled, type Place, type Scope } from './scope.ts';
import type { Marked } from './sequence.ts';

/** The name of `$$`, the input of the whole expression, in the outermost frame. */
export const ROOT = '$';

/** `$` is the context, `$name` what was bound to the name, or jsonata's function. */
export function compileVariable(node: ParseNode, scope: Scope): Code {
  const name = node.value as string;
  if (name === '') return contextOf;
  const native = NATIVES.get(name);
  const [place, ...others] = scope.placesOf(name);
  if (place === undefined) return () => native;
  if (others.length > 0) return boundFirst([place, ...others], native);
  const { hops, index } = place;
  return (_input, frame) => {
    const value = frameAt(frame, hops).values[index];
    return value === UNBOUND ? native : value;
  };
}

/** The function of jsonata that the node names, where nothing else can be bound to the name. */
export function nativeOf(node: ParseNode, scope: Scope): Native | null {
  const name = node.value as string;
  if (node.type !== 'variable' || node.predicate !== undefined || node.group !== undefined) return null;
  return (name === RANGE || scope.placesOf(name).length === 0 ? NATIVES.get(name) : null) ?? null;
}

/** `$name := value`, which also yields the value. */
export function compileBinding(node: ParseNode, scope: Scope): Code {
  const name = (node.lhs as ParseNode).value as string;
  if (name === ROOT || name === '') throw new NotCompiled('the context is bound');
  const index = scope.names.indexOf(name);
  const value = scope.code(node.rhs);
  return (input, frame) => {
    const bound = value(input, frame);
    frame.values[index] = bound;
    return bound;
  };
}

const contextOf: Code = (input) => (Array.isArray(input) && (input as Marked).outerWrapper === true ? input[0] : input);

function boundFirst(places: readonly Place[], native: Native | undefined): Code {
  return (_input, frame) => {
    for (const { hops, index } of places) {
      const value = frameAt(frame, hops).values[index];
      if (value !== UNBOUND) return value;
    }
    return native;
  };
}

function frameAt(frame: Frame, hops: number): Frame {
  let found = frame;
  for (let hop = 0; hop < hops; hop++) found = found.outer as Frame;
  return found;
}
