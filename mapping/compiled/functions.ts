import type { Focus, Signature } from '../built-ins.ts';
import { coded } from '../coded.ts';
import { type Code, Frame, unbound } from './frame.ts';
import { FunctionValue } from './function-value.ts';
import type { Run } from './run.ts';
import { type Arguments, validatorOf } from './signature.ts';

/** The code of a function of an expression: `function($a, $b) { … }`. */
export interface LambdaCode {
  /** Places of the parameters in the frame of a call. */
  readonly parameters: readonly number[];
  /** Size of that frame. */
  readonly size: number;
  readonly signature: Signature | undefined;
  readonly body: Code;
}

/** Marks the argument that a partial application leaves open. */
export const OPEN = Symbol('open');

/** A function of an expression, with the variables around it. */
export class Lambda extends FunctionValue {
  readonly #code: LambdaCode;
  readonly #input: unknown;
  readonly #frame: Frame;
  /** Arguments of partial applications, `OPEN` where a call fills in. */
  readonly #given: readonly unknown[] | null;

  constructor(code: LambdaCode, context: { input: unknown; frame: Frame }, given: readonly unknown[] | null = null) {
    super();
    this.#code = code;
    this.#input = context.input;
    this.#frame = context.frame;
    this.#given = given;
  }

  get arity(): number {
    if (this.#given === null) return this.#code.parameters.length;
    return this.#given.filter((argument) => argument === OPEN).length;
  }

  /** What the body yields, or a `TailCall`. */
  call(args: readonly unknown[], context: unknown): unknown {
    const { parameters, size, signature, body } = this.#code;
    const values = unbound(size);
    const given = this.filled(signature === undefined || this.#given ? args : signature.validate(args, context));
    for (let index = 0; index < parameters.length; index++) values[parameters[index] as number] = given[index];
    const run = this.#frame.run;
    run.tick();
    return body(this.#input, new Frame(run, this.#frame, values));
  }

  partial(args: readonly unknown[]): Lambda {
    let next = 0;
    const open = this.#given ?? this.#code.parameters.map(() => OPEN);
    const given = open.map((argument) => (argument === OPEN ? args[next++] : argument));
    return new Lambda(this.#code, { input: this.#input, frame: this.#frame }, given);
  }

  /** How jsonata's functions call it. */
  apply(_focus: unknown, args: readonly unknown[]): unknown {
    return apply(this, args, { input: this.#input, run: this.#frame.run });
  }

  private filled(args: readonly unknown[]): readonly unknown[] {
    if (this.#given === null) return args;
    let next = 0;
    return this.#given.map((argument) => (argument === OPEN ? args[next++] : argument));
  }
}
Object.defineProperty(Lambda.prototype, '_jsonata_lambda', { value: true });

type Implementation = (this: Focus, ...args: never[]) => unknown;

/** A function of jsonata. */
export class Native extends FunctionValue {
  readonly #implementation: Implementation;
  readonly #validated: (args: Arguments, context: unknown) => Arguments;

  constructor(implementation: Implementation, signature?: Signature) {
    super();
    this.#implementation = implementation;
    this.#validated = validatorOf(signature);
  }

  get arity(): number {
    return this.#implementation.length;
  }

  call(args: Arguments, context: unknown, run: Run): unknown {
    const validated = this.#validated(args, context);
    const result = this.#implementation.apply(run, validated as never[]);
    run.work(sizeOf(validated[0]) + sizeOf(result));
    run.meter.returned(result);
    return result;
  }

  partial(args: readonly unknown[]): PartialNative {
    return new PartialNative(this.#implementation, args);
  }
}
Object.defineProperty(Native.prototype, '_jsonata_function', { value: true });

/** A function of jsonata with some of its arguments. jsonata looks at no signature then. */
export class PartialNative extends FunctionValue {
  readonly #implementation: Implementation;
  readonly #given: readonly unknown[];

  constructor(implementation: Implementation, args: readonly unknown[]) {
    super();
    this.#implementation = implementation;
    this.#given = parametersOf(implementation).map((_, index) => args[index]);
  }

  get arity(): number {
    return this.#given.filter((argument) => argument === OPEN).length;
  }

  call(args: readonly unknown[], run: Run): unknown {
    const result = this.#implementation.apply(run, this.filled(args) as never[]);
    run.work(sizeOf(result));
    run.meter.returned(result);
    return result;
  }

  partial(args: readonly unknown[]): PartialNative {
    return new PartialNative(this.#implementation, this.filled(args));
  }

  private filled(args: readonly unknown[]): unknown[] {
    let next = 0;
    return this.#given.map((argument) => (argument === OPEN ? args[next++] : argument));
  }
}
Object.defineProperty(PartialNative.prototype, '_jsonata_lambda', { value: true });

/** jsonata reads the names of a function's parameters from its text, and takes no defaults. */
function parametersOf(implementation: Implementation): string[] {
  const parameters = (/\(([^)]*)\)/.exec(implementation.toString())?.[1] ?? '').split(',');
  const odd = parameters.find((parameter) => !/^\s*\w*\s*$/.test(parameter));
  if (odd !== undefined) throw new Error('this function takes no partial application; wrap it in a function');
  return parameters;
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

interface CallContext {
  /** Stands for an argument that the signature lets be left out. */
  readonly input: unknown;
  readonly run: Run;
}

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

function applyOnce(callee: unknown, args: readonly unknown[], { input, run }: CallContext): unknown {
  if (callee instanceof Native) return callee.call(args as Arguments, input, run);
  if (callee instanceof Lambda) return callee.call(args, input);
  if (callee instanceof PartialNative) return callee.call(args, run);
  if (typeof callee === 'function') return callee.apply(input, args);
  throw coded('T1006');
}

/** Adds to an error where it arose; the outermost call has the last word on the position. */
export function annotated(error: unknown, { token, position }: Annotation): unknown {
  const details = error as { token?: unknown; position?: unknown };
  if (typeof error !== 'object' || error === null || error instanceof RangeError) return error;
  details.token ??= token;
  details.position = position || details.position;
  return error;
}

const sizeOf = (value: unknown): number => (typeof value === 'string' || Array.isArray(value) ? value.length : 0);
