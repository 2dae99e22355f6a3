import { FUNCTIONS } from '../built-ins.ts';
import { coded } from '../coded.ts';
import type { ParseNode } from '../inspection.ts';
import { annotationOf } from './calls.ts';
import type { Code } from './frame.ts';
import { FunctionValue, OPEN } from './function-value.ts';
import { PartialNative } from './native.ts';
import type { Scope } from './scope.ts';

/** `$f(?, b)`: a function of the arguments that are left open. */
export function compilePartial(node: ParseNode, scope: Scope): Code {
  const codes = (node.arguments as readonly ParseNode[]).map(
    (argument): Code => (argument.type === 'operator' && argument.value === '?' ? () => OPEN : scope.code(argument)),
  );
  const calleeOf = scope.code(node.procedure);
  const { token, position } = annotationOf(node);
  return (input, frame) => {
    const args = codes.map((code) => code(input, frame));
    const callee = calleeOf(input, frame);
    if (callee instanceof FunctionValue) return callee.partial(args);
    if (typeof callee === 'function' && !('arity' in callee)) return new PartialNative(callee as never, args);
    throw coded(FUNCTIONS.has(token as string) ? 'T1007' : 'T1008', { token, position });
  };
}
