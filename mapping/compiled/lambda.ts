import type { Signature } from '../built-ins.ts';
import { apply } from './apply.ts';
import { type Code, Frame, unbound } from './frame.ts';
import { type CallContext, FunctionValue, filled, OPEN, openIn } from './function-value.ts';

/** The code of a function of an expression: `function($a, $b) { … }`. */
export interface LambdaCode {
  /** Places of the parameters in the frame of a call. */
  readonly parameters: readonly number[];
  /** Size of that frame. */
  readonly size: number;
  readonly signature: Signature | undefined;
  readonly body: Code;
}

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
    return openIn(this.#given);
  }

  call(args: readonly unknown[], { input }: CallContext): unknown {
    const { parameters, size, signature, body } = this.#code;
    const values = unbound(size);
    // A partial application has no signature.
    const given = this.#given ? filled(this.#given, args) : (signature?.validate(args, input) ?? args);
    for (let index = 0; index < parameters.length; index++) values[parameters[index] as number] = given[index];
    const run = this.#frame.run;
    run.tick();
    return body(this.#input, new Frame(run, this.#frame, values));
  }

  partial(args: readonly unknown[]): Lambda {
    const given = filled(this.#given ?? this.#code.parameters.map(() => OPEN), args);
    return new Lambda(this.#code, { input: this.#input, frame: this.#frame }, given);
  }

  /** How jsonata's functions call it. */
  apply(_focus: unknown, args: readonly unknown[]): unknown {
    return apply(this, args, { input: this.#input, run: this.#frame.run });
  }
}
Object.defineProperty(Lambda.prototype, '_jsonata_lambda', { value: true });
