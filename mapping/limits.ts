/**
 * What one evaluation of an expression may cost. An expression that goes over a limit fails with an `ExpressionError`;
 * nothing hangs and nothing takes the process down (sync-semantics 11).
 */

/** Milliseconds. Looked at between the steps of an evaluation; no honest expression takes a hundredth of it. */
export const EVALUATION_TIMEOUT = 1_000;

/** Steps of an evaluation that wait for each other. Keys of one object count side by side, hence the size. */
export const MAX_STACK = 100_000;

/** Characters of an expression's text. */
export const MAX_EXPRESSION_LENGTH = 20_000;

/**
 * `??` and `?:` inside the left side of another, nested by brackets. The parser doubles the left side at every level:
 * 18 levels take it seconds, 30 all memory.
 */
export const MAX_NESTED_DEFAULTS = 12;

/** Numbers that `[a..b]` may make. */
export const MAX_RANGE = 100_000;

/**
 * Elements that order-by (`list^(a)`) orders. The library's own time grows with the square of the list and runs out at
 * some thousands, so an expression that only the library evaluates orders less.
 */
export const MAX_ORDERED = 50_000;

/** Characters that `$pad` may add. */
export const MAX_PADDING = 100_000;

/** Characters of a date or number picture, and of a time that is read by one. */
export const MAX_PICTURE_LENGTH = 200;

/** Characters and elements of one value that an expression makes, parts that it holds several times counted each time. */
export const MAX_MADE_VALUE = 10_000_000;

/** Elements, and characters that functions return, of all values that one evaluation makes. */
export const MAX_MADE_IN_ALL = 10_000_000;

/**
 * Characters of the text × instructions of the regular expression: about a second at worst. Most regular expressions
 * have 5 to 50 instructions; a counted repetition (`{1,500}`) has as many as it counts.
 */
export const MAX_REGEX_WORK = 100_000_000;

/** Evaluations that run out of time in a row before an expression rests for `REST_TIME` milliseconds. */
export const TIMEOUTS_BEFORE_REST = 3;
export const REST_TIME = 60_000;
