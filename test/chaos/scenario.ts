import fc from 'fast-check';
import type { Configuration, Kind } from './events.ts';

const KINDS: readonly Kind[] = ['organization', 'repository', 'pull-request'];

/** A change of the source. `pick` chooses among what is there, modulo its number. */
export interface Change {
  readonly change: 'create' | 'remove' | 'rename' | 'edit' | 'open pull' | 'drop pull' | 'edit pull' | 'clear';
  readonly pick: number;
}

/** What a request gets in place of its answer; the last three are lies: well-formed, with something left out. */
export type FaultName =
  | ('500' | '502' | '403' | '404' | 'destroy' | 'cut' | 'truncated' | 'hang')
  | ('empty page' | 'empty list' | 'short list');

export interface InjectedFault {
  readonly fault: FaultName;
  /** So many tries in a row get it; five are all that there are. */
  readonly times: number;
}

export interface Trigger {
  /** `null`: all. Those that are not configured at the moment are left out; if none is left, it is for all. */
  readonly trigger: readonly Kind[] | null;
  readonly count: number;
}

export interface Reconfigure {
  readonly configure: Configuration['variant'];
  /** The resource that is taken out, unless it is the only one. */
  readonly without: Kind | null;
}

/**
 * The `fence`-th transaction of a run from now on is held on its way to PostgreSQL, at its first statement, until the
 * next run has begun. `terminate`: somebody terminates the workflow meanwhile.
 */
export interface Stall {
  readonly fence: number;
  readonly terminate: boolean;
}

export type Event = Change | InjectedFault | Trigger | Reconfigure | Stall;

/** What happens when the source gets its `at`-th request of the round, before it answers. */
export interface TimedEvent {
  readonly at: number;
  readonly event: Event;
}

/** Changes, then a trigger; it ends when every trigger is covered by a run that has ended. */
export interface Round {
  readonly changes: readonly Change[];
  readonly start: Trigger;
  readonly events: readonly TimedEvent[];
}

export interface Kill {
  readonly kill: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'postgres';
  readonly round: number;
  readonly at: number;
}

export interface Scenario {
  /** That are configured; each costs a child workflow in every run. */
  readonly kinds: readonly Kind[];
  readonly repositories: number;
  readonly pulls: number;
  readonly pageSize: number;
  readonly emptySource: 'hold' | 'delete';
  readonly removed: 'hold' | 'delete';
  readonly lookupLimit: number;
  readonly onTrigger: 'restart' | 'queue' | 'join';
  readonly starvationGuard: number;
  readonly rounds: readonly Round[];
  /** Of a process; it hits every scenario that runs at that moment. */
  readonly kill: Kill | null;
}

const pick = fc.nat(50);

const change: fc.Arbitrary<Change> = fc.record({
  change: fc.oneof(
    { weight: 24, arbitrary: fc.constantFrom('create', 'remove', 'rename', 'edit') },
    { weight: 12, arbitrary: fc.constantFrom('open pull', 'drop pull', 'edit pull') },
    { weight: 1, arbitrary: fc.constant('clear') },
  ),
  pick,
}) as fc.Arbitrary<Change>;

const fault: fc.Arbitrary<InjectedFault> = fc.record({
  fault: fc.constantFrom<FaultName>(
    ...(['500', '502', '403', '404', 'destroy', 'cut', 'truncated', 'hang'] as const),
    ...(['empty page', 'empty list', 'short list'] as const),
  ),
  times: fc.constantFrom(1, 1, 2, 9),
});

const kinds = fc.constantFrom<readonly Kind[] | null>(
  null,
  null,
  null,
  ['repository'],
  ['organization', 'pull-request'],
);

const trigger: fc.Arbitrary<Trigger> = fc.record({ trigger: kinds, count: fc.constantFrom(1, 1, 1, 2, 5) });

const reconfigure: fc.Arbitrary<Reconfigure> = fc.record({
  configure: fc.constantFrom('plain', 'decorated', 'renamed'),
  without: fc.constantFrom<Kind | null>(null, null, 'repository', 'pull-request'),
});

const stall: fc.Arbitrary<Stall> = fc.record({ fence: fc.integer({ min: 1, max: 12 }), terminate: fc.boolean() });

/** The first batch is staged, mapped, written: the third transaction after its request, later with more kinds. */
const stallOfFirstWrite: fc.Arbitrary<Stall> = fc.record({
  fence: fc.integer({ min: 3, max: 5 }),
  terminate: fc.constant(true),
});

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 10, arbitrary: change },
  { weight: 10, arbitrary: fault },
  { weight: 4, arbitrary: trigger },
  { weight: 2, arbitrary: reconfigure },
  { weight: 1, arbitrary: stall },
);

const timed = (of: fc.Arbitrary<Event>): fc.Arbitrary<TimedEvent> =>
  fc.record({ at: fc.integer({ min: 1, max: 16 }), event: of });

const round: fc.Arbitrary<Round> = fc.record({
  changes: fc.array(change, { maxLength: 4 }),
  start: trigger,
  events: fc.array(timed(event), { maxLength: 4 }),
});

const kill = (of: Kill['kill']): fc.Arbitrary<Kill> =>
  fc.record({ kill: fc.constant(of), round: fc.constant(0), at: fc.integer({ min: 1, max: 3 }) });

const base = {
  kinds: fc.constantFrom<readonly Kind[]>(['repository'], ['repository'], ['repository', 'pull-request'], KINDS),
  repositories: fc.integer({ min: 0, max: 6 }),
  pulls: fc.integer({ min: 0, max: 3 }),
  pageSize: fc.integer({ min: 1, max: 3 }),
  emptySource: fc.constantFrom('hold', 'delete'),
  removed: fc.constantFrom('hold', 'delete'),
  lookupLimit: fc.constantFrom(0, 0, 1, 200),
  onTrigger: fc.constantFrom('restart', 'restart', 'restart', 'queue', 'join'),
  starvationGuard: fc.constantFrom(0, 2, 5),
} as const;

/** Any schedule; with `kill`, that process is killed in its first round. */
export function scenarios(killed: Kill['kill'] | null = null): fc.Arbitrary<Scenario> {
  return fc.record({
    ...base,
    // So many that there is a request at which to kill.
    ...(killed === null ? {} : { repositories: fc.integer({ min: 3, max: 6 }), pageSize: fc.constant(1) }),
    rounds: fc.array(round, { minLength: 1, maxLength: 2 }),
    kill: killed === null ? fc.constant(null) : kill(killed),
  }) as fc.Arbitrary<Scenario>;
}

/** Schedules in which a run that writes for the first time is left behind, its workflow terminated. */
export const zombies: fc.Arbitrary<Scenario> = fc.record({
  ...base,
  repositories: fc.integer({ min: 2, max: 6 }),
  onTrigger: fc.constant('restart'),
  rounds: fc.tuple(
    fc.record({
      changes: fc.constant([]),
      start: fc.constant({ trigger: null, count: 1 }),
      events: fc.tuple(fc.record({ at: fc.constant(1), event: stallOfFirstWrite as fc.Arbitrary<Event> })),
    }),
  ),
  kill: fc.constant(null),
}) as fc.Arbitrary<Scenario>;
