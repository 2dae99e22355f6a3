import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../catalog/database.ts';
import type { LiveChange } from '../../catalog/live-change.ts';
import type { StagedBatch } from '../../catalog/mapped-batch.ts';
import { startCatalog, type TestCatalog } from '../support/catalog.ts';
import type { StagedRun } from '../support/staged-run.ts';
import { LiveModel, type State } from './live-model.ts';

/** What happens to a record while a run reads: it changes once, and two events tell of it, in any order. */
type Happening = 'change' | 'observe 1' | 'apply 1' | 'observe 2' | 'apply 2';

/** The second listing is the rarer way, and takes as long. */
const ORDERS: Readonly<Record<'lookup' | 'second listing', readonly (readonly Happening[])[]>> = {
  lookup: [
    ['change', 'observe 1', 'apply 1', 'observe 2', 'apply 2'],
    ['change', 'observe 1', 'observe 2', 'apply 1', 'apply 2'],
    ['change', 'observe 1', 'observe 2', 'apply 2', 'apply 1'],
  ],
  'second listing': [['change', 'observe 1', 'apply 1']],
};

type There = Exclude<State, null>;
const [A, B, C] = ['A', 'B', 'C'].map((identity) => ({ identity, value: 1 })) as [There, There, There];

/** Before and after the change. */
const TRANSITIONS: Readonly<Record<string, readonly [State, State]>> = {
  created: [null, A],
  deleted: [A, null],
  updated: [A, { ...A, value: 2 }],
  renamed: [A, B],
  'ruled out': [A, { ...A, hidden: true }],
  'let in': [{ ...A, hidden: true }, A],
};

/** Every way in which `count` steps fall into the gaps before, between and after a run's steps, their order kept. */
function placements(count: number, gaps: number): number[][] {
  if (count === 0) return [[]];
  return placements(count - 1, gaps).flatMap((rest) =>
    Array.from({ length: gaps - (rest.at(-1) ?? 0) }, (_, index) => [...rest, (rest.at(-1) ?? 0) + index]),
  );
}

interface Plot {
  /** Before anything happens, and after each change. */
  readonly states: readonly State[];
  readonly order: readonly Happening[];
  /** The gap that each of them falls into. */
  readonly places: readonly number[];
}

/** One record, and what happens to it beside a run. */
class Story {
  readonly key: string;
  private readonly states: State[];
  private readonly plot: Plot;
  private readonly observed = new Map<string, LiveChange>();
  private done = 0;
  /** An event is applied: from now on the catalog must be right. */
  settled = false;

  constructor(key: string, plot: Plot) {
    this.key = key;
    this.plot = plot;
    this.states = plot.states.map((state) => state && { ...state, identity: `${key}/${state.identity}` });
  }

  begin(model: LiveModel): void {
    model.states.set(this.key, this.states.shift() as State);
  }

  isNextIn(gap: number): boolean {
    return this.plot.places[this.done] === gap;
  }

  /** Does its next step; what is to be applied is handed back. */
  async step(model: LiveModel): Promise<LiveChange | null> {
    const happening = this.plot.order[this.done++] as Happening;
    const [what, event] = happening.split(' ') as [string, string];
    if (what === 'change') this.begin(model);
    else if (what === 'observe') this.observed.set(event, await model.observe(this.key));
    else {
      this.settled = true;
      return this.observed.get(event) as LiveChange;
    }
    return null;
  }
}

describe('live events beside a resync', () => {
  let under: TestCatalog;
  let db: Database;
  let model: LiveModel;
  beforeAll(async () => {
    under = await startCatalog();
    db = under.db;
  });
  async function reset(): Promise<void> {
    await db.query('truncate tidemark.integration, tidemark.entity, tidemark.claim, tidemark.tombstone cascade');
    model = new LiveModel({ db, destination: under.destination });
  }
  beforeEach(reset);
  afterAll(() => under?.close());

  /** The steps of a run; what stands between them happens in the gaps. */
  function stepsOf(secondLook: 'lookup' | 'second listing'): (() => Promise<unknown>)[] {
    const byLookup = secondLook === 'lookup';
    const now: { run?: StagedRun; batch?: StagedBatch } = {};
    const run = () => now.run as StagedRun;
    const write = () => model.write(run(), now.batch as StagedBatch);
    const take = async (batch: Promise<StagedBatch>) => Object.assign(now, { batch: await batch });
    return [
      async () => Object.assign(now, { run: await model.begin() }),
      () => take(model.fetch(run())),
      write,
      () => model.findStale(run()),
      () => take(byLookup ? model.lookAgain(run()) : model.fetch(run(), 'second-listing')),
      () => (byLookup ? write() : write().then(() => model.recordAbsent(run()))),
      () => model.delete(run()),
    ];
  }

  /** Every story does what falls into this gap, side by side: no two are about one record. */
  async function live(stories: readonly Story[], gap: number): Promise<void> {
    for (let round = stories; round.length > 0; ) {
      round = round.filter((story) => story.isNextIn(gap));
      const changes = await Promise.all(round.map((story) => story.step(model)));
      const applied = changes.filter((change) => change !== null);
      if (applied.length > 0) await model.apply(applied);
    }
  }

  async function assertSettled(stories: readonly Story[]): Promise<void> {
    const settled = stories.filter((story) => story.settled);
    const keys = new Set(settled.map(({ key }) => key));
    const content = Object.entries(await model.catalog()).filter(([name]) => keys.has(name.split('/')[0] as string));
    expect(Object.fromEntries(content)).toEqual(model.expected(keys));
  }

  /** The catalog holds what the records of the stories were at first. */
  async function begin(plots: readonly Plot[]): Promise<Story[]> {
    const stories = plots.map((plot, index) => new Story(`r${index}`, plot));
    for (const story of stories) story.begin(model);
    await model.resync();
    expect(await model.catalog()).toEqual(model.expected());
    return stories;
  }

  it.each(['lookup', 'second listing'] as const)(
    '5.5 6.2 6.4 6.5 every order of page, event, application, second look by %s and delete: once applied, an event stays',
    async (secondLook) => {
      const steps = stepsOf(secondLook);
      const plots = Object.values(TRANSITIONS).flatMap((states) =>
        ORDERS[secondLook].flatMap((order) =>
          placements(order.length, steps.length + 1).map((places) => ({ states, order, places })),
        ),
      );
      expect(plots).toHaveLength(secondLook === 'lookup' ? 6 * 3 * 792 : 6 * 120);
      const stories = await begin(plots);
      for (const [gap, step] of [...steps, async () => {}].entries()) {
        await live(stories, gap);
        await assertSettled(stories);
        await step();
        await assertSettled(stories);
      }
      expect(stories.every(({ settled }) => settled)).toBe(true);
      expect(await model.catalog()).toEqual(model.expected());
    },
    300_000,
  );

  /** The last event is lost, and an earlier one is applied late: what the run has read meanwhile is newer. */
  const LATE: Readonly<Record<string, readonly State[]>> = {
    'renamed twice': [A, B, C],
    'renamed and back': [A, B, A],
    'created and renamed': [null, A, B],
    'updated twice': [A, { ...A, value: 2 }, { ...A, value: 3 }],
    'updated and renamed': [A, { ...A, value: 2 }, B],
    'deleted and back': [A, null, A],
    'deleted and back with another identity': [A, null, B],
    'ruled out and let in': [A, { ...A, hidden: true }, B],
  };

  it.each(['lookup', 'second listing'] as const)(
    '6.2 an event that is older than what a run with a second look by %s reads changes nothing',
    async (secondLook) => {
      const steps = stepsOf(secondLook);
      const order = ['change', 'observe 1', 'change', 'apply 1'] as const;
      const gaps = [...steps.keys(), steps.length];
      const stories = await begin(
        Object.values(LATE).flatMap((states) => gaps.map((gap) => ({ states, order, places: [0, 0, 0, gap] }))),
      );
      for (const [gap, step] of [...steps, async () => {}].entries()) {
        await live(stories, gap);
        await step();
      }
      expect(stories.every(({ settled }) => settled)).toBe(true);
      expect(await model.catalog()).toEqual(model.expected());
    },
  );

  /** Few identities for more records: they meet in one entity, and take each other's place. */
  const state = fc.option(
    fc.record({
      identity: fc.constantFrom('A', 'B', 'C'),
      value: fc.integer({ min: 1, max: 3 }),
      hidden: fc.boolean(),
    }),
  );
  const key = fc.constantFrom('r1', 'r2', 'r3', 'r4');
  const pick = fc.nat(20);
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant('change' as const), key, state, twice: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('observe' as const), pick }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('apply' as const), pick }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('run' as const) }) },
  );

  it('6.2 6.4 after every event was applied, in whatever order, the catalog is what the source is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 40 }),
        fc.constantFrom('lookup' as const, 'second listing' as const),
        async (actions, secondLook) => {
          await reset();
          const told: string[] = [];
          const observed: LiveChange[] = [];
          let steps: (() => Promise<unknown>)[] = [];
          const observe = async (index: number) => {
            for (const each of told.splice(index % told.length, 1)) observed.push(await model.observe(each));
          };
          const apply = (index: number) => model.apply(observed.splice(index % observed.length, 1));
          await model.resync();
          for (const each of actions) {
            if (each.type === 'change') {
              model.states.set(each.key, each.state);
              told.push(each.key, ...(each.twice ? [each.key] : []));
            } else if (each.type === 'run') {
              if (steps.length === 0) steps = stepsOf(secondLook);
              await steps.shift()?.();
            } else if (each.type === 'observe' && told.length > 0) await observe(each.pick);
            else if (each.type === 'apply' && observed.length > 0) await apply(each.pick);
          }
          while (told.length > 0) await observe(7);
          while (observed.length > 0) await apply(7);
          for (const step of steps) await step();
          expect(await model.catalog()).toEqual(model.expected());
        },
      ),
      { numRuns: 40 },
    );
  }, 300_000);
});
