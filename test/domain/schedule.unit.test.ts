import { describe, expect, it } from 'vitest';
import { intervalText, paceWarning } from '../../domain/schedule.ts';

describe('S1.10 the warning about resyncs that are scheduled faster than one takes', () => {
  const variable = 'TIDEMARK__ACME__SCHEDULED_RESYNC_INTERVAL';

  it('names the interval, what the last complete run took, and what to lengthen', () => {
    expect(paceWarning({ intervalSeconds: 60, lastComplete: 84.25, variable })).toBe(
      'a resync is scheduled every 1m, and the last complete run took 84.3 s: the next is due before one has ended. ' +
        'Lengthen scheduledResyncInterval (TIDEMARK__ACME__SCHEDULED_RESYNC_INTERVAL); 2h is nearly always enough',
    );
  });

  it.each([
    ['a run that ends in time', 7200, 84],
    ['a run that takes just as long', 60, 60],
    ['no schedule', null, 84],
    ['no complete run yet', 60, null],
  ])('is not given for %s', (_, intervalSeconds, lastComplete) => {
    expect(paceWarning({ intervalSeconds, lastComplete, variable })).toBeNull();
  });
});

it.each([
  [45, '45s'],
  [90, '90s'],
  [120, '2m'],
  [5400, '90m'],
  [7200, '2h'],
  [172_800, '2d'],
])('an interval of %i s is written %s', (seconds, text) => expect(intervalText(seconds)).toBe(text));
