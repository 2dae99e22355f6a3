import type { Focus } from '../built-ins.ts';
import { coded } from '../coded.ts';
import { EVALUATION_TIMEOUT } from '../limits.ts';
import { Meter } from '../meter.ts';
import { asSequence } from './sequence.ts';

/** Steps between two looks at the clock, which costs as much as a few steps. */
const STEPS_PER_LOOK = 256;

/** Characters or elements that weigh as much as a step. */
const SIZE_OF_STEP = 64;

/** One evaluation: how long it takes and what it makes. It is also the `this` of jsonata's functions. */
export class Run implements Focus {
  readonly meter = new Meter();
  private steps = 0;
  private lookAt = STEPS_PER_LOOK;
  private started: number | null = null;
  private time: Date | null = null;

  /** What `$now` and `$millis` say, from beginning to end. */
  get timestamp(): Date {
    this.time ??= new Date();
    return this.time;
  }

  /** Where `$toMillis` looks for the time: of a picture without a day, the day is today. */
  get environment(): Pick<Run, 'timestamp'> {
    return this;
  }

  /** Called for everything that may happen often. Throws when the evaluation has run out of time. */
  tick(): void {
    this.steps += 1;
    if (this.steps >= this.lookAt) this.look();
  }

  /** Called after work whose length follows the size of a value; the next tick looks at the clock if it was much. */
  worked(size: number): void {
    this.steps += size / SIZE_OF_STEP;
  }

  /** Short evaluations, most of them, never look at the clock: it runs from the first look on. */
  look(): void {
    const now = performance.now();
    this.started ??= now;
    this.lookAt = this.steps + STEPS_PER_LOOK;
    if (now - this.started > EVALUATION_TIMEOUT) throw coded('D1012', { value: EVALUATION_TIMEOUT });
  }

  /** Milliseconds since the clock runs. */
  elapsed(): number {
    return this.started === null ? 0 : performance.now() - this.started;
  }

  createSequence(...values: unknown[]): unknown[] {
    return asSequence(values.slice(0, 1));
  }
}
