import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FULL, isNarrower, type Scope } from '../../domain/scope.ts';
import { type Action, type Reaction, type RunningTask, reactionTo, type Task } from '../../domain/trigger.ts';

const ONE: Scope = { kinds: ['repository'], since: null };
const OTHER: Scope = { kinds: ['organization'], since: null };
const CHANGED: Scope = { kinds: null, since: { last: true, time: null } };

const resync = (scope: Scope): Task => ({ action: 'resync', scope });
const running = (scope: Scope, more: Partial<RunningTask> = {}): RunningTask => ({
  ...resync(scope),
  onTrigger: 'restart',
  mayFinish: false,
  ...more,
});

describe('what a run does about triggers that it does not cover', () => {
  it.each<[string, Task[], RunningTask, Reaction]>([
    ['4.1 nothing waits: a late signal', [], running(FULL), 'none'],
    ['4.2 a trigger of the same scope aborts', [resync(FULL)], running(FULL), 'abort'],
    ['4.2 a full trigger aborts a run of some kinds', [resync(FULL)], running(ONE), 'abort'],
    ['4.2 a full trigger aborts an incremental run', [resync(FULL)], running(CHANGED), 'abort'],
    ['4.2 a trigger of some kinds waits behind a full run', [resync(ONE)], running(FULL), 'wait'],
    ['4.2 an incremental trigger waits behind a full run', [resync(CHANGED)], running(FULL), 'wait'],
    ['4.2 a trigger of another kind is not narrower: it aborts', [resync(OTHER)], running(ONE), 'abort'],
    [
      '4.2 an incremental trigger of everything aborts a full run of one kind',
      [resync(CHANGED)],
      running(ONE),
      'abort',
    ],
    ['4.2 one pressing trigger among narrower ones is enough', [resync(ONE), resync(FULL)], running(FULL), 'abort'],
    ['4.3 queue: it waits', [resync(FULL)], running(FULL, { onTrigger: 'queue' }), 'wait'],
    ['4.3 join: what could not join waits', [resync(FULL)], running(FULL, { onTrigger: 'join' }), 'wait'],
    ['4.4 a run that may finish lets triggers wait', [resync(FULL)], running(FULL, { mayFinish: true }), 'wait'],
    ['3.5 an approval never aborts a resync', [{ action: 'apply', scope: FULL }], running(FULL), 'wait'],
    ['6.8 neither does a retry', [{ action: 'retry', scope: FULL }], running(ONE), 'wait'],
    ['3.5 deletes that were approved are not aborted', [resync(FULL)], running(FULL, { action: 'apply' }), 'wait'],
    ['6.8 neither is a retry', [resync(FULL)], running(FULL, { action: 'retry' }), 'wait'],
  ])('%s', (_, waiting, task, reaction) => {
    expect(reactionTo(waiting, task)).toBe(reaction);
  });

  const scope: fc.Arbitrary<Scope> = fc.constantFrom(FULL, ONE, OTHER, CHANGED, { ...ONE, since: CHANGED.since });
  const action = fc.constantFrom<Action>('resync', 'apply', 'retry');
  const task = fc.record({ action, scope });
  const runningTask: fc.Arbitrary<RunningTask> = fc.record({
    action,
    scope,
    onTrigger: fc.constantFrom('restart', 'queue', 'join'),
    mayFinish: fc.boolean(),
  });

  it('4.2 narrower triggers never abort a wider run, and what waits is never overlooked', () => {
    fc.assert(
      fc.property(fc.array(task), runningTask, (waiting, run) => {
        const reaction = reactionTo(waiting, run);
        expect(reaction === 'none').toBe(waiting.length === 0);
        const narrower = waiting.every((each) => each.action !== 'resync' || isNarrower(each.scope, run.scope));
        if (narrower || run.action !== 'resync' || run.mayFinish) expect(reaction).not.toBe('abort');
      }),
      { numRuns: 1000 },
    );
  });

  it('4.2 one more waiting trigger never takes an abort back', () => {
    fc.assert(
      fc.property(fc.array(task), task, runningTask, (waiting, more, run) => {
        if (reactionTo(waiting, run) === 'abort') expect(reactionTo([...waiting, more], run)).toBe('abort');
      }),
    );
  });
});
