import type { Definition, Signature } from '../built-ins.ts';
import { type CallContext, FunctionValue, filled, openIn } from './function-value.ts';
import { type Arguments, validatorOf } from './signature.ts';

type Implementation = Definition['implementation'];

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

  call(args: Arguments, { input, run }: CallContext): unknown {
    run.tick();
    const validated = this.#validated(args, input);
    const result = this.#implementation.apply(run, validated as never[]);
    run.worked(sizeOf(validated[0]) + sizeOf(result));
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
    return openIn(this.#given);
  }

  call(args: readonly unknown[], { run }: CallContext): unknown {
    run.tick();
    const result = this.#implementation.apply(run, filled(this.#given, args) as never[]);
    run.worked(sizeOf(result));
    run.meter.returned(result);
    return result;
  }

  partial(args: readonly unknown[]): PartialNative {
    return new PartialNative(this.#implementation, filled(this.#given, args));
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

const sizeOf = (value: unknown): number => (typeof value === 'string' || Array.isArray(value) ? value.length : 0);
