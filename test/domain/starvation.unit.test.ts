import { describe, expect, it } from 'vitest';
import { mayFinish, starvationWarning } from '../../domain/starvation.ts';

describe('4.4 when triggers abort run after run', () => {
  it.each([
    [0, 5, false],
    [4, 5, false],
    [5, 5, true],
    [6, 5, true],
    [1, 1, true],
    [1000, 0, false],
  ])('4.4 after %i aborts in a row, with starvationGuard %i, a run may finish: %s', (abortsBefore, guard, finishes) => {
    expect(mayFinish({ abortsBefore, guard })).toBe(finishes);
  });

  const variable = 'TIDEMARK__ACME__SCHEDULED_RESYNC_INTERVAL';
  const given = { guard: 5, lastComplete: 12.345, variable };

  it('4.4 S1.9 S1.32 three aborts in a row are worth a warning, two are not', () => {
    expect(starvationWarning({ ...given, abortsBefore: 2 })).toBeNull();
    expect(starvationWarning({ ...given, abortsBefore: 3 })).toBe(
      '3 resyncs in a row were aborted by newer triggers, and the last complete run took 12.345 s. Trigger less often: ' +
        `lengthen scheduledResyncInterval (${variable}); 2h is nearly always enough`,
    );
  });

  it('4.4 it says when there was no complete run yet, and that this one may finish', () => {
    const warning = starvationWarning({ ...given, abortsBefore: 5, lastComplete: null });
    expect(warning).toContain('no run has been complete yet; this run is allowed to finish, triggers wait behind it.');
  });
});
