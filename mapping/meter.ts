import { MAX_MADE_IN_ALL, MAX_MADE_VALUE } from './limits.ts';

/** Nodes of the parse tree whose results are new values, not parts of the input or of what was measured before. */
const MAKING = new Set(['unary', 'function', 'apply']);

/** Deeper parts of a value count as one: this deep only a record is, and that is as large as its page at most. */
const MEASURED_DEPTH = 1_000;

/**
 * Measures what one evaluation makes, step by step, and ends it before it has eaten the memory: a few words are enough
 * to double a list or a text until none is left (`$reduce(…, function($a) { $append($a, $a) })`), within the time limit.
 */
export class Meter {
  private made = 0;
  private readonly sizes = new WeakMap<object, number>();

  /** Called with the result of every step. Throws an Error when a value is too large, or all of them together. */
  add(nodeType: string, result: unknown): void {
    if (typeof result === 'string') {
      if (result.length > MAX_MADE_VALUE) throw tooLarge();
      if (nodeType === 'function') this.count(result.length);
    } else if (typeof result === 'object' && result !== null) {
      if (Array.isArray(result)) this.count(result.length);
      if (MAKING.has(nodeType) || (result as { sequence?: boolean }).sequence === true) {
        if (this.sizeOf(result, 0) > MAX_MADE_VALUE) throw tooLarge();
      }
    }
  }

  private count(made: number): void {
    this.made += made;
    if (this.made > MAX_MADE_IN_ALL) {
      throw new Error(`it makes more than ${MAX_MADE_IN_ALL} list elements and characters on this record`);
    }
  }

  /** Characters and elements; a part that is there several times counts each time, as it would when written out. */
  private sizeOf(value: object, depth: number): number {
    const known = this.sizes.get(value);
    if (known !== undefined) return known;
    if (depth > MEASURED_DEPTH || isFunction(value)) return 1;
    let size = 1;
    for (const part of Array.isArray(value) ? value : Object.values(value)) {
      if (typeof part === 'string') size += 1 + part.length;
      else if (typeof part === 'object' && part !== null) size += this.sizeOf(part, depth + 1);
      else size += 1;
      if (size > MAX_MADE_VALUE) break;
    }
    this.sizes.set(value, size);
    return size;
  }
}

const tooLarge = (): Error =>
  new Error(`it makes a value of more than ${MAX_MADE_VALUE} characters and elements on this record`);

/** jsonata's own functions and those of an expression are objects that hold their surroundings. */
const isFunction = (value: object): boolean => '_jsonata_lambda' in value || '_jsonata_function' in value;
