import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { account } from './account.ts';
import { chaos } from './chaos.ts';
import { Stage } from './stage.ts';

const SCENARIOS = 208;

/** Random schedules of faults, changes, triggers and kills; what they did is judged from logs alone. */
describe('chaos', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ temporalAddress: inject('temporalAddress'), workers: 2 });
  });
  afterAll(() => stage?.close());

  it(`1.1 2.2 2.5 3.1 3.2 4.1 5.1 S1.18 S1.19 S1.29 ${SCENARIOS} random schedules, kills among them, break no promise`, async () => {
    const result = await chaos(stage, { seed: 1, more: (begun) => begun < SCENARIOS });
    expect(result.broken.map(account).join('\n\n')).toBe('');
    expect(result.scenarios).toBe(SCENARIOS);
    expect(result.hit).toBeGreaterThanOrEqual(30);
  }, 1_200_000);
});
