import type { Run } from './run.ts';

/** A part of an expression, ready to run: what it yields for a context (`$`), with the variables of a frame. */
export type Code = (input: unknown, frame: Frame) => unknown;

/** In the place of a variable that nothing was bound to yet: the one of that name further out counts. */
export const UNBOUND = Symbol('unbound');

/** The variables of a block or of a call of a function, by their places. */
export class Frame {
  readonly run: Run;
  readonly outer: Frame | null;
  readonly values: unknown[];

  constructor(run: Run, outer: Frame | null, values: unknown[]) {
    this.run = run;
    this.outer = outer;
    this.values = values;
  }
}

/** A frame inside another one, with nothing bound yet. */
export function innerFrame(outer: Frame, size: number): Frame {
  return new Frame(outer.run, outer, unbound(size));
}

export function unbound(size: number): unknown[] {
  const values: unknown[] = [];
  for (let place = 0; place < size; place++) values.push(UNBOUND);
  return values;
}
