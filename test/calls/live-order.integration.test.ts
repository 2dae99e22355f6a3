import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../catalog/database.ts';
import type { LiveChange } from '../../catalog/live.ts';
import { migrate } from '../../catalog/migrate.ts';
import type { StagedBatch } from '../../catalog/write-batch.ts';
import { catalogDestination } from '../../destinations/catalog.ts';
import { createTestDatabase, type TestDatabase } from '../support/environment/database.ts';
import type { StagedRun } from '../support/staged-run.ts';
import { LiveModel, type State } from './live-model.ts';

/** What happens to a record while a run reads: it changes once, and two events tell of it, in any order. */
type Happening = 'change' | 'observe 1' | 'apply 1' | 'observe 2' | 'apply 2';

const ORDERS: readonly (readonly Happening[])[] = [
  ['change', 'observe 1', 'apply 1', 'observe 2', 'apply 2'],
  ['change', 'observe 1', 'observe 2', 'apply 1', 'apply 2'],
  ['change', 'observe 1', 'observe 2', 'apply 2', 'apply 1'],
];

const [A, B] = ['A', 'B'].map((identity) => ({ identity, value: 1 })) as [State & object, State & object];

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

/** One record for every order of what happens to it and the steps of the run. */
class Story {
  readonly key: string;
  readonly before: State;
  readonly after: State;
  private readonly order: readonly Happening[];
  private readonly places: readonly number[];
  private done = 0;
  private readonly observed = new Map<string, LiveChange>();
  /** An event that was observed after the change is applied: from now on the catalog must be right. */
  settled = false;

  constructor(
    key: string,
    [before, after]: readonly [State, State],
    told: { order: readonly Happening[]; places: number[] },
  ) {
    const own = (state: State): State => state && { ...state, identity: `${key}/${state.identity}` };
    this.key = key;
    this.before = own(before);
    this.after = own(after);
    this.order = told.order;
    this.places = told.places;
  }

  next(gap: number): Happening | null {
    return this.places[this.done] === gap ? (this.order[this.done] as Happening) : null;
  }

  /** Does its next step; what is to be applied is handed back. */
  async step(model: LiveModel): Promise<LiveChange | null> {
    const happening = this.order[this.done++] as Happening;
    if (happening === 'change') {
      model.states.set(this.key, this.after);
      return null;
    }
    const [what, event] = happening.split(' ') as [string, string];
    if (what === 'observe') {
      this.observed.set(event, await model.observe(this.key));
      return null;
    }
    this.settled = true;
    return this.observed.get(event) as LiveChange;
  }
}

describe('live events beside a resync', () => {
  let database: TestDatabase;
  let db: Database;
  let model: LiveModel;
  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate(database.url);
    db = openDatabase({ url: database.url });
  });
  async function reset(): Promise<void> {
    await db.query('truncate tidemark.integration, tidemark.entity, tidemark.claim, tidemark.tombstone cascade');
    model = new LiveModel({ db, destination: catalogDestination(db).create({}) });
  }
  beforeEach(reset);
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

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
      round = round.filter((story) => story.next(gap) !== null);
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

  it.each(['lookup', 'second listing'] as const)(
    '6.2 6.4 6.5 every order of page, event, application, second look by %s and delete: once applied, an event stays',
    async (secondLook) => {
      const steps = stepsOf(secondLook);
      const places = placements(5, steps.length + 1);
      expect(places).toHaveLength(792);
      const told = Object.values(TRANSITIONS).flatMap((states) =>
        ORDERS.flatMap((order) => places.map((each) => ({ states, order, places: each }))),
      );
      const stories = told.map(({ states, ...rest }, index) => new Story(`r${index}`, states, rest));
      for (const { key, before } of stories) model.states.set(key, before);
      await model.resync();
      expect(await model.catalog()).toEqual(model.expected());
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
      { numRuns: 60 },
    );
  }, 300_000);
});
