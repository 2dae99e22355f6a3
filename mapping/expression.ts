import jsonata from 'jsonata';
import type { Json } from '../domain/json.ts';
import { REPLACEMENTS } from './built-ins.ts';
import { compileTree, type Program } from './compiled/program.ts';
import { Run } from './compiled/run.ts';
import { errorText } from './error-texts.ts';
import { ExpressionError, type ExpressionFault } from './errors.ts';
import { type Inspection, inspect, type ParseNode } from './inspection.ts';
import {
  EVALUATION_TIMEOUT,
  MAX_EXPRESSION_LENGTH,
  MAX_NESTED_DEFAULTS,
  MAX_STACK,
  REST_TIME,
  TIMEOUTS_BEFORE_REST,
} from './limits.ts';
import type { Expression } from './mapping.ts';
import { Meter } from './meter.ts';
import { ownEmptyLists } from './own-empty-lists.ts';
import { RegexEngine } from './regular-expression.ts';
import { shorten } from './shorten.ts';

/** Expressions kept compiled; those of a resource mapping are held by it anyway. */
const CACHED = 1_000;
const cache = new Map<string, Expression>();

/**
 * Compiles a JSONata expression, once per text. Throws `ExpressionError` when it does not parse, or is refused: a
 * regular expression without a bound, `$eval`, `$random`, names that nothing binds.
 */
export function compile(text: string): Expression {
  const known = cache.get(text);
  if (known) return known;
  const expression = new CompiledExpression(text);
  cache.set(text, expression);
  const oldest = cache.keys().next();
  if (cache.size > CACHED && !oldest.done) cache.delete(oldest.value);
  return expression;
}

/** What is wrong with an expression, for the configuration; `null`: it compiles. */
export function checkExpression(text: string): { readonly message: string; readonly position: number | null } | null {
  try {
    compile(text);
    return null;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { message: error.detail, position: error.position };
  }
}

class CompiledExpression implements Expression {
  readonly text: string;
  private readonly engine: jsonata.Expression;
  private readonly program: Program | null;
  private readonly inspection: Inspection;
  private timeouts = 0;
  private restsUntil = 0;

  constructor(text: string) {
    this.text = text;
    this.engine = parse(text);
    const tree = this.engine.ast() as unknown as ParseNode;
    this.inspection = inspect(tree);
    if (this.inspection.fault) throw new ExpressionError(text, this.inspection.fault);
    this.program = compileTree(tree);
    for (const [name, definition] of REPLACEMENTS) this.engine.assign(name, definition);
    this.engine.assign(AFTER_EACH_STEP as unknown as string, measure);
  }

  async evaluate(input: Json): Promise<unknown> {
    return this.yields(input);
  }

  yields(input: Json): unknown {
    this.refuseWhileResting();
    if (this.program === null) return this.evaluateByEngine(input);
    const run = new Run();
    try {
      const value = this.program(input, run);
      this.timeouts = 0;
      return value;
    } catch (error) {
      if (isStackOverflow(error)) return this.evaluateByEngine(input);
      throw this.failure(error, run.elapsed());
    }
  }

  /** The library keeps its stack in promises, which go deeper than JavaScript's own. */
  private async evaluateByEngine(input: Json): Promise<unknown> {
    const started = performance.now();
    try {
      const value = await this.engine.evaluate(this.inspection.makesObjects ? ownEmptyLists(input) : input);
      this.timeouts = 0;
      return value;
    } catch (error) {
      throw this.failure(error, performance.now() - started);
    }
  }

  private failure(error: unknown, milliseconds: number): ExpressionError {
    this.timeouts = milliseconds >= EVALUATION_TIMEOUT ? this.timeouts + 1 : 0;
    if (this.timeouts >= TIMEOUTS_BEFORE_REST) this.restsUntil = performance.now() + REST_TIME;
    return new ExpressionError(this.text, faultOf(error, this.text));
  }

  /** Each time-out holds up everything in this process for a second; a kind has thousands of records. */
  private refuseWhileResting(): void {
    if (this.restsUntil === 0 || performance.now() >= this.restsUntil) return;
    const detail = `not evaluated: it took longer than ${EVALUATION_TIMEOUT} ms on ${this.timeouts} records in a row, and rests for ${REST_TIME / 1000} s`;
    throw new ExpressionError(this.text, { detail, position: null });
  }
}

function parse(text: string): jsonata.Expression {
  const refuse = (detail: string): never => {
    throw new ExpressionError(text, { detail, position: null });
  };
  if (text.length > MAX_EXPRESSION_LENGTH) refuse(`longer than ${MAX_EXPRESSION_LENGTH} characters`);
  if (nestedDefaults(text) > MAX_NESTED_DEFAULTS) {
    refuse(`?? and ?: are nested more than ${MAX_NESTED_DEFAULTS} deep on their left sides; bind parts to variables`);
  }
  try {
    return jsonata(text, {
      timeout: EVALUATION_TIMEOUT,
      stack: MAX_STACK,
      RegexEngine: RegexEngine as unknown as RegExpConstructor,
    });
  } catch (error) {
    throw new ExpressionError(text, faultOf(error, text));
  }
}

/** At least as many as there are: every `??` and `?:` may be nested as deep as the brackets go. */
function nestedDefaults(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const character of text) {
    if ('([{'.includes(character)) deepest = Math.max(deepest, ++depth);
    else if (')]}'.includes(character)) depth -= 1;
  }
  return Math.min(deepest, text.match(/\?[?:]/g)?.length ?? 0);
}

/** jsonata calls what it finds under this name after each step of an evaluation. */
const AFTER_EACH_STEP = Symbol.for('jsonata.__evaluate_exit');

/** The meter of an evaluation lies at the engine's own state of that evaluation. */
const METER = Symbol('meter');

function measure(node: ParseNode, _input: unknown, { base }: { base: { [METER]?: Meter } }, result: unknown): void {
  if (typeof result !== 'string' && typeof result !== 'object') return;
  base[METER] ??= new Meter();
  base[METER].add(node.type, result);
}

interface EngineError {
  readonly token?: unknown;
  readonly position?: unknown;
}

function faultOf(error: unknown, text: string): ExpressionFault {
  const { position, token } = (error ?? {}) as EngineError;
  const message = errorText(error);
  const detail = shorten(plainMessage(message), 300);
  const regex = /^Invalid regular expression: \/(.*)\/[a-z]*: /s.exec(message)?.[1];
  if (regex !== undefined) {
    const start = text.indexOf(`/${regex}/`);
    return { detail, position: start < 0 ? null : start };
  }
  if (typeof position !== 'number' || position > text.length) return { detail, position: null };
  return { detail, position: typeof token === 'string' ? startOf(token, position, text) : position };
}

/** The parser notes where a token ends, or the bracket after a function's name; people look for where it begins. */
function startOf(token: string, position: number, text: string): number {
  const start = text.lastIndexOf(token, position - token.length);
  if (start < 0 || start < position - token.length - 1) return position;
  return text[start - 1] === '$' ? start - 1 : start;
}

const STACK_OVERFLOW = 'Maximum call stack size exceeded';

const isStackOverflow = (error: unknown): boolean => error instanceof RangeError && error.message === STACK_OVERFLOW;

/** Says in this field's words what JavaScript says when it comes to its own limits. */
function plainMessage(message: string): string {
  if (message === STACK_OVERFLOW) return 'the data is nested too deeply, or a list is too long';
  if (/^Invalid (string|array) length$/.test(message)) return 'it makes a value that is too large';
  return message;
}
