import type fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { chaos } from './chaos.ts';
import { PLANTED } from './patches.ts';
import { type Scenario, scenarios, zombies } from './scenario.ts';
import { Stage } from './stage.ts';

/** A test that finds nothing proves something only if it would find it: each mistake is planted, and must be found. */
describe('the chaos test finds planted mistakes', () => {
  /** Scenarios within which a mistake must be found. */
  const LIMIT = 60;

  async function violationsWith(planted: keyof typeof PLANTED, draw: () => fc.Arbitrary<Scenario>): Promise<string> {
    const stage = await Stage.start({
      temporalAddress: inject('temporalAddress'),
      workers: 1,
      planted: PLANTED[planted],
    });
    try {
      const { broken } = await chaos(stage, { seed: 1, draw, more: (begun) => begun < LIMIT, concurrency: 3 });
      return broken.flatMap(({ played }) => played.violations).join('\n');
    } finally {
      await stage.close();
    }
  }

  it('5.1 no epoch check: a run that was left behind writes', async () => {
    expect(await violationsWith('no epoch check', () => zombies)).toMatch(
      /by epoch \d+ was committed after epoch \d+ had begun/,
    );
  }, 600_000);

  it('2.2 a short read taken as complete: a run says complete that could not read all', async () => {
    expect(await violationsWith('a short read taken as complete', () => scenarios())).toMatch(
      /says complete, but .* could not be read/,
    );
  }, 600_000);

  it('3.1 <= for < in the comparison of epochs: what was seen is deleted', async () => {
    expect(await violationsWith('<= for < in the comparison of epochs', () => scenarios())).toMatch(
      /delete of .*: .* (was listed and never gone|holds)/,
    );
  }, 600_000);
});
