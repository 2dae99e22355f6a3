import { MAX_MADE_IN_ALL, MAX_MADE_VALUE } from './limits.ts';

/** Nodes of the parse tree whose results are new values, not parts of the input or of what was measured before. */
const MAKING = new Set(['unary', 'function', 'apply']);

/** Deeper parts of a value count as one: this deep only a record is, and that is as large as its page at most. */
const MEASURED_DEPTH = 1_000;

/**
 * How many times over the input may be held by what was made before values are measured part by part. Few expressions
 * ever come to it, and measuring costs more than making.
 */
const UNMEASURED_GROWTH = 8;

/** Longer texts count as parts that a value may hold several times. */
const SHORT_TEXT = 32;

/**
 * Measures what one evaluation makes, step by step, and ends it before it has eaten the memory: a few words are enough
 * to double a list or a text until none is left (`$reduce(…, function($a) { $append($a, $a) })`), within the time limit.
 */
export class Meter {
  private made = 0;
  private growth = 1;
  private sizes: WeakMap<object, number> | null = null;

  /**
   * Called with the result of every step where the library evaluates. Throws an Error when a value is too large, or all
   * of them together.
   */
  add(nodeType: string, result: unknown): void {
    if (typeof result === 'string') {
      this.text(result);
      if (nodeType === 'function') this.count(result.length);
    } else if (typeof result === 'object' && result !== null) {
      if (Array.isArray(result)) this.count(result.length);
      if (MAKING.has(nodeType) || (result as { sequence?: boolean }).sequence === true) this.measure(result);
    }
  }

  /** Called with what a function of jsonata returned. Throws as `add` does. */
  returned(result: unknown): void {
    if (typeof result === 'string') {
      this.text(result);
      this.count(result.length);
    } else if (typeof result === 'object' && result !== null) this.built(result);
  }

  /**
   * Called with a list or an object that an expression made. It holds no more than all before it times the number of
   * its parts, so nothing is measured until that comes to much. Throws as `add` does.
   */
  built(value: object): void {
    const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    this.count(parts.length);
    let large = 0;
    for (const part of parts) if (typeof part === 'string' ? part.length > SHORT_TEXT : isObject(part)) large += 1;
    if (large > 1) this.growth *= large;
    if (this.growth > UNMEASURED_GROWTH) this.measure(value);
  }

  /** Called with a value that was changed after it was made, in any of its parts. Throws as `add` does. */
  changed(value: object): void {
    this.sizes = null;
    this.measure(value);
  }

  /** A text may not be larger than a list may. */
  text(text: string): void {
    if (text.length > MAX_MADE_VALUE) throw tooLarge();
  }

  /** Elements of lists, and characters. */
  count(made: number): void {
    this.made += made;
    if (this.made > MAX_MADE_IN_ALL) {
      throw new Error(`it makes more than ${MAX_MADE_IN_ALL} list elements and characters on this record`);
    }
  }

  private measure(value: object): void {
    this.sizes ??= new WeakMap();
    if (this.sizeOf(value, this.sizes, 0) > MAX_MADE_VALUE) throw tooLarge();
  }

  /** Characters and elements; a part that is there several times counts each time, as it would when written out. */
  private sizeOf(value: object, sizes: WeakMap<object, number>, depth: number): number {
    const known = sizes.get(value);
    if (known !== undefined) return known;
    if (depth > MEASURED_DEPTH || isFunction(value)) return 1;
    let size = 1;
    for (const part of Array.isArray(value) ? value : Object.values(value)) {
      if (typeof part === 'string') size += 1 + part.length;
      else if (isObject(part)) size += this.sizeOf(part, sizes, depth + 1);
      else size += 1;
      if (size > MAX_MADE_VALUE) break;
    }
    sizes.set(value, size);
    return size;
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const tooLarge = (): Error =>
  new Error(`it makes a value of more than ${MAX_MADE_VALUE} characters and elements on this record`);

/** jsonata's own functions and those of an expression are objects that hold their surroundings. */
const isFunction = (value: object): boolean => '_jsonata_lambda' in value || '_jsonata_function' in value;
