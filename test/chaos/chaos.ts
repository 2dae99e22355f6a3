import fc from 'fast-check';
import { type Played, play } from './play.ts';
import { type Kill, type Scenario, scenarios } from './scenario.ts';
import type { Stage } from './stage.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** Scenarios to draw from, by their number. Default: `mixed`. */
  readonly draw?: (index: number) => fc.Arbitrary<Scenario>;
  /** The number of the first scenario. Default 0. */
  readonly first?: number;
  /** Whether another scenario is to be begun, after so many. */
  readonly more: (begun: number) => boolean;
  /** Scenarios at a time. Default 6: more only wait for each other on two cores. */
  readonly concurrency?: number;
}

/** A scenario whose logs show a promise broken. */
export interface Broken {
  readonly index: number;
  /** Draws the scenario again. */
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

const KILLS: readonly Kill['kill'][] = ['SIGKILL', 'postgres', 'SIGTERM', 'SIGSTOP'];
const KILL_EVERY = 16;

/** Every so many scenarios one kills a process, each kind in turn. */
function mixed(index: number): fc.Arbitrary<Scenario> {
  const killed = index % KILL_EVERY === KILL_EVERY - 1;
  return scenarios(killed ? KILLS[Math.floor(index / KILL_EVERY) % KILLS.length] : null);
}

const seedOf = (seed: number, index: number): number => (seed + Math.imul(index, 2_654_435_761)) | 0;

/** Plays scenarios, several at a time, until no more are wanted or one has shown a violation. */
export async function chaos(stage: Stage, options: ChaosOptions): Promise<ChaosResult> {
  const { seed, draw = mixed, first = 0, more, concurrency = 6 } = options;
  const broken: Broken[] = [];
  const done = { scenarios: 0, hit: 0, runs: 0 };
  let begun = 0;
  const inTurn = async (): Promise<void> => {
    while (broken.length === 0 && more(begun)) {
      const index = first + begun++;
      const own = seedOf(seed, index);
      const [scenario] = fc.sample(draw(index), { seed: own, numRuns: 1 }) as [Scenario];
      const played = await play(stage, scenario);
      done.scenarios += 1;
      done.hit += played.hit ? 1 : 0;
      done.runs += played.log.runs.length;
      if (stage.failures.length > 0) throw stage.failures[0];
      if (played.violations.length > 0) broken.push({ index, seed: own, scenario, played });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, inTurn));
  return { ...done, broken };
}

/**
 * Looks for the smallest schedule that still breaks a promise. `null`: it did not happen again, so it takes a moment
 * that did not return, or what other scenarios did to it.
 */
export async function shrunk(stage: Stage, { index, seed }: Broken, limitMs: number): Promise<Broken | null> {
  let smallest: Broken | null = null;
  const property = fc.asyncProperty(mixed(index), async (scenario) => {
    const played = await play(stage, scenario);
    if (played.violations.length === 0) return;
    smallest = { index, seed, scenario, played };
    throw new Error(played.violations[0]);
  });
  await fc.check(property, { seed, numRuns: 1, interruptAfterTimeLimit: limitMs, markInterruptAsFailure: true });
  return smallest;
}
