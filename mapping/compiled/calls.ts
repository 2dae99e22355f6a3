import { FUNCTIONS } from '../built-ins.ts';
import { coded } from '../coded.ts';
import type { ParseNode } from '../inspection.ts';
import type { Code, Frame } from './frame.ts';
import {
  type Annotation,
  annotated,
  apply,
  asCallback,
  Lambda,
  type LambdaCode,
  Native,
  OPEN,
  PartialNative,
  TailCall,
} from './functions.ts';
import { boundIn, type Scope } from './scope.ts';
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
        return native.call(args, input, frame.run);
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

function annotationOf({ procedure, position }: ParseNode): Annotation {
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

/** `function($a, $b) { … }` */
export function compileLambda(node: ParseNode, scope: Scope): Code {
  if (node.thunk === true) return compileTailCall(node.body as ParseNode, scope);
  const names = (node.arguments as readonly ParseNode[]).map(({ value }) => value as string);
  const inner = scope.inner([...names, ...boundIn(node.body)]);
  const code: LambdaCode = {
    parameters: names.map((name) => inner.names.indexOf(name)),
    size: inner.names.length,
    signature: node.signature as LambdaCode['signature'],
    body: inner.code(node.body),
  };
  return (input, frame) => new Lambda(code, { input, frame });
}

function compileTailCall(node: ParseNode, scope: Scope): Code {
  const procedure = node.procedure as ParseNode;
  const call = {
    procedure: scope.code(procedure),
    args: scope.codes(node.arguments),
    errors: { token: procedure.type === 'variable' ? procedure.value : undefined, position: procedure.position },
  };
  return (input, frame) => new TailCall(call, input, frame);
}

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
    if (callee instanceof Lambda || callee instanceof Native || callee instanceof PartialNative) {
      return callee.partial(args);
    }
    if (typeof callee === 'function' && !('arity' in callee)) return new PartialNative(callee as never, args);
    throw coded(FUNCTIONS.has(token as string) ? 'T1007' : 'T1008', { token, position });
  };
}
