import type { ParseNode } from '../inspection.ts';
import { type Code, innerFrame } from './frame.ts';
import { boundIn, NotCompiled, type Scope } from './scope.ts';
import type { Marked } from './sequence.ts';
import { isTrue } from './values.ts';

/** `a ? b : c`, `a ?: b` and `a ?? b`, which the parser makes the same. */
export function compileCondition(node: ParseNode, scope: Scope): Code {
  const condition = scope.code(node.condition);
  const then = scope.code(node.then);
  const otherwise = node.else === undefined ? () => undefined : scope.code(node.else);
  return (input, frame) => (isTrue(condition(input, frame)) ? then : otherwise)(input, frame);
}

/** `(a; b; c)`: the last one counts; what is bound inside is not seen outside. */
export function compileBlock(node: ParseNode, scope: Scope): Code {
  const names = boundIn(node.expressions);
  const inner = names.length === 0 ? scope : scope.inner(names);
  const codes = inner.codes(node.expressions);
  const size = inner.names.length;
  const [only] = codes;
  if (inner === scope && codes.length === 1 && only !== undefined) return only;
  return (input, frame) => {
    const own = inner === scope ? frame : innerFrame(frame, size);
    let value: unknown;
    for (const code of codes) value = code(input, own);
    return value;
  };
}

/** `[a, b]`: what is a list is taken apart, unless it is written as one inside this one. */
export function compileList(node: ParseNode, scope: Scope): Code {
  const items = node.expressions as readonly ParseNode[];
  // The library evaluates the items side by side: one does not see what another one binds.
  if (items.length > 1 && boundIn(items).length > 0) throw new NotCompiled('an item of a list binds a variable');
  const parts = items.map((item) => ({ code: scope.code(item), whole: item.value === '[' }));
  return (input, frame) => {
    const { meter } = frame.run;
    let list: Marked = [];
    for (const { code, whole } of parts) {
      const value = code(input, frame);
      if (value === undefined) continue;
      if (whole) list.push(value);
      else if (Array.isArray(value)) list = list.concat(value);
      else list.push(value);
    }
    meter.built(list);
    if (node.consarray) Object.defineProperty(list, 'cons', { value: true });
    return list;
  };
}
