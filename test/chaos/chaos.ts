import fc from 'fast-check';
import { type Played, play } from './play.ts';
import type { Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** The scenarios to draw from, by their number. */
  readonly draw: (index: number) => fc.Arbitrary<Scenario>;
  /** Whether another scenario is to be begun. */
  readonly more: (begun: number) => boolean;
  readonly concurrency: number;
}

/** A scenario whose logs show a promise broken. Its own seed draws it again. */
export interface Broken {
  readonly index: number;
  readonly seed: number;
  readonly scenario: Scenario;
  readonly played: Played;
}

export interface ChaosResult {
  readonly scenarios: number;
  /** Scenarios during which a process was killed. */
  readonly hit: number;
  readonly runs: number;
  readonly broken: readonly Broken[];
}

export const seedOf = (seed: number, index: number): number => (seed + Math.imul(index, 2_654_435_761)) | 0;

export function drawn(arbitrary: fc.Arbitrary<Scenario>, seed: number): Scenario {
  return fc.sample(arbitrary, { seed, numRuns: 1 })[0] as Scenario;
}

/** Plays scenarios, several at a time, until no more are wanted or one has shown a violation. */
export async function chaos(stage: Stage, { seed, draw, more, concurrency }: ChaosOptions): Promise<ChaosResult> {
  const broken: Broken[] = [];
  const done = { scenarios: 0, hit: 0, runs: 0 };
  let begun = 0;
  const inTurn = async (): Promise<void> => {
    while (broken.length === 0 && more(begun)) {
      const index = begun++;
      const own = seedOf(seed, index);
      const scenario = drawn(draw(index), own);
      const played = await play(stage, scenario);
      done.scenarios += 1;
      done.hit += played.hit ? 1 : 0;
      done.runs += played.log.runs.length;
      if (played.violations.length > 0) broken.push({ index, seed: own, scenario, played });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, inTurn));
  return { ...done, broken };
}
