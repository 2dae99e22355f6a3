import { coded } from '../coded.ts';
import type { Code, Frame } from './frame.ts';
import { type CallContext, FunctionValue } from './function-value.ts';
import type { Run } from './run.ts';

/** Calls a function, and the functions that its body ends with. */
export function apply(callee: unknown, args: readonly unknown[], context: CallContext): unknown {
  let result = applyOnce(callee, args, context);
  while (result instanceof TailCall) {
    context.run.tick();
    const { procedure, input, frame, errors } = result;
    const next = procedure(input, frame);
    const values = result.args.map((argument) => argument(input, frame));
    try {
      result = applyOnce(next, values, context);
    } catch (error) {
      throw annotated(error, errors);
    }
  }
  return result;
}

function applyOnce(callee: unknown, args: readonly unknown[], context: CallContext): unknown {
  if (callee instanceof FunctionValue) return callee.call(args, context);
  if (typeof callee === 'function') return callee.apply(context.input, args);
  throw coded('T1006');
}

/**
 * What the body of a function ends with when it ends with a call: that call is made when the body is done, so that a
 * function which calls itself at its end needs no more room however often it does.
 */
export class TailCall {
  readonly procedure: Code;
  readonly args: readonly Code[];
  readonly input: unknown;
  readonly frame: Frame;
  readonly errors: Annotation;

  constructor(call: Pick<TailCall, 'procedure' | 'args' | 'errors'>, input: unknown, frame: Frame) {
    this.procedure = call.procedure;
    this.args = call.args;
    this.errors = call.errors;
    this.input = input;
    this.frame = frame;
  }
}

/** What an error of a call says about its place, as far as it does not say it by itself. */
export interface Annotation {
  readonly token: unknown;
  readonly position: number | undefined;
}

/** Adds to an error where it arose; the outermost call has the last word on the position. */
export function annotated(error: unknown, { token, position }: Annotation): unknown {
  const details = error as { token?: unknown; position?: unknown };
  if (typeof error !== 'object' || error === null) return error;
  details.token ??= token;
  details.position = position || details.position;
  return error;
}

/** What jsonata's functions get in place of a function: they call it like one of JavaScript. */
export interface Callback {
  (...args: unknown[]): unknown;
  arity: number;
}

export function asCallback(callee: unknown, run: Run): Callback {
  const arity = arityOf(callee as FunctionValue | Callback);
  return Object.assign((...args: unknown[]) => apply(callee, args, { input: null, run }), { arity });
}

/** How many arguments a function takes. */
export const arityOf = (callee: FunctionValue | Callback): number =>
  typeof callee.arity === 'number' ? callee.arity : (callee as { readonly length: number }).length;
