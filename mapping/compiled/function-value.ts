import type { Run } from './run.ts';

/** What surrounds a call. */
export interface CallContext {
  /** Stands for an argument that the signature lets be left out. */
  readonly input: unknown;
  readonly run: Run;
}

/**
 * A function as a value of an expression. It has no properties of its own, so that no path reads them, no `$keys` and no
 * `$string` shows them; jsonata's functions know it by the marks of the classes below it.
 */
export abstract class FunctionValue {
  /** How many arguments it takes: `$map` and its like hand over no more. */
  abstract get arity(): number;

  /** What it yields, or the call that it ends with: a `TailCall`. */
  abstract call(args: readonly unknown[], context: CallContext): unknown;

  /** The same with some arguments given, `OPEN` in the place of the others. */
  abstract partial(args: readonly unknown[]): FunctionValue;
}

/** Marks the argument that a partial application leaves open. */
export const OPEN = Symbol('open');

/** The given arguments, with those of a call in the places that are open. */
export function filled(given: readonly unknown[], args: readonly unknown[]): unknown[] {
  let next = 0;
  return given.map((argument) => (argument === OPEN ? args[next++] : argument));
}

export const openIn = (given: readonly unknown[]): number => given.filter((argument) => argument === OPEN).length;
