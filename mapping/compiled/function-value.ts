/**
 * A function as a value of an expression. It has no properties of its own, so that no path reads them, no `$keys` and no
 * `$string` shows them; jsonata's functions know it by the marks of the classes below it.
 */
export abstract class FunctionValue {
  /** How many arguments it takes: `$map` and its like hand over no more. */
  abstract get arity(): number;
}
