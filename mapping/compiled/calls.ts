import { FUNCTIONS } from '../built-ins.ts';
import { coded } from '../coded.ts';
import type { ParseNode } from '../inspection.ts';
import { type Annotation, annotated, apply, asCallback, TailCall } from './apply.ts';
import type { Code, Frame } from './frame.ts';
import { Lambda } from './lambda.ts';
import type { Scope } from './scope.ts';
import { settled } from './sequence.ts';
import { isFunction } from './values.ts';
import { nativeOf } from './variables.ts';

/** A call, with the arguments that were evaluated before it. */
type Call = (input: unknown, frame: Frame, args: unknown[]) => unknown;

/** `$f(a, b)` */
export function compileCall(node: ParseNode, scope: Scope): Code {
  const call = callOf(node, scope);
  return (input, frame) => call(input, frame, []);
}

function callOf(node: ParseNode, scope: Scope): Call {
  const procedure = node.procedure as ParseNode;
  const codes = scope.codes(node.arguments);
  const errors = annotationOf(node);
  const argumentsOf: Call = (input, frame, args) => {
    for (const code of codes) {
      const value = code(input, frame);
      args.push(isFunction(value) ? asCallback(value, frame.run) : value);
    }
    return args;
  };
  const native = nativeOf(procedure, scope);
  if (native !== null) {
    return (input, frame, args) => {
      argumentsOf(input, frame, args);
      try {
        return native.call(args, { input, run: frame.run });
      } catch (error) {
        throw annotated(error, errors);
      }
    };
  }
  const calleeOf = scope.code(procedure);
  return (input, frame, args) => {
    const callee = calleeOf(input, frame);
    argumentsOf(input, frame, args);
    try {
      if (callee === undefined && FUNCTIONS.has(errors.token as string)) throw coded('T1005');
      return apply(callee, args, { input, run: frame.run });
    } catch (error) {
      throw annotated(error, errors);
    }
  };
}

/** The name by which the function is called, for errors, and where. */
export function annotationOf({ procedure, position }: ParseNode): Annotation {
  const { type, steps, value } = procedure as ParseNode;
  return { token: type === 'path' ? (steps as ParseNode[])[0]?.value : value, position };
}

/** `a ~> $f(b)` is `$f(a, b)`, `a ~> $f` is `$f(a)`, and of two functions it makes one. */
export function compileChain(node: ParseNode, scope: Scope): Code {
  const left = scope.code(node.lhs);
  const right = node.rhs as ParseNode;
  if (right.type === 'function') {
    const call = callOf(right, scope);
    return (input, frame) => call(input, frame, [left(input, frame)]);
  }
  const calleeOf = scope.code(right);
  return (input, frame) => {
    const value = left(input, frame);
    const callee = calleeOf(input, frame);
    if (!isFunction(callee)) throw coded('T2006', { position: node.position, value: callee });
    if (isFunction(value)) return composed(value, callee, frame);
    return apply(callee, [value], { input: null, run: frame.run });
  };
}

/** `function($x) { $second($first($x)) }` */
function composed(first: unknown, second: unknown, frame: Frame): Lambda {
  const argument: Code = (input, { values, run }) => {
    const value = values[0];
    const args = [isFunction(value) ? asCallback(value, run) : value];
    return settled(apply(first, args, { input, run }));
  };
  const call = { procedure: () => second, args: [argument], errors: { token: 'g', position: undefined } };
  const body: Code = (input, inner) => new TailCall(call, input, inner);
  return new Lambda({ parameters: [0], size: 1, signature: undefined, body }, { input: null, frame });
}
