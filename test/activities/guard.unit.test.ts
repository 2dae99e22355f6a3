import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { ActivityGuard } from '../../activities/interceptor.ts';
import { MappingError, StaleEpochError, UnavailableError } from '../../domain/errors.ts';

/** Runs a body as an activity under the guard. */
async function run(body: () => Promise<unknown>, environment = new MockActivityEnvironment()): Promise<unknown> {
  const guard = new ActivityGuard(environment.context);
  return environment.run(() => guard.execute({ args: [], headers: {} }, body));
}

const failureOf = (body: () => Promise<unknown>): Promise<ApplicationFailure> =>
  run(body).then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );

describe('the guard around every activity', () => {
  it('hands a result through', async () => {
    expect(await run(async () => ({ attempt: 'a' }))).toEqual({ attempt: 'a' });
    expect(await run(async () => undefined)).toBeUndefined();
  });

  it('5.4 leaves an activity that hangs behind within a second of its cancellation', async () => {
    const environment = new MockActivityEnvironment();
    const hanging = run(() => new Promise(() => {}), environment);
    const cancelled = performance.now();
    environment.cancel();
    await expect(hanging).rejects.toBeInstanceOf(CancelledFailure);
    expect(performance.now() - cancelled).toBeLessThan(1_000);
  });

  it('heartbeats each second, so that a cancellation arrives', async () => {
    const environment = new MockActivityEnvironment();
    const beat = new Promise<void>((resolve) => environment.on('heartbeat', () => resolve()));
    await run(() => beat, environment);
  });

  it('refuses a result over 100 KB, names the activity and does not repeat it', async () => {
    const failure = await failureOf(async () => ({ rows: 'x'.repeat(101 * 1024) }));
    expect(failure).toMatchObject({ type: 'ResultTooLarge', nonRetryable: true });
    expect(failure.message).toMatch(/returned \d+ bytes; at most 102400 belong into a history/);
  });

  it.each<[string, () => unknown, string, boolean]>([
    ['a terminal error of the domain', () => new MappingError('no'), 'MappingError', true],
    ['an overtaken run', () => new StaleEpochError('no'), 'StaleEpochError', true],
    ['a transient error of the domain', () => new UnavailableError('no'), 'UnavailableError', false],
    ['a lost connection', () => Object.assign(new Error('reset'), { code: 'ECONNRESET' }), 'Error', false],
    ['a broken pipe', () => Object.assign(new Error('pipe'), { code: 'EPIPE' }), 'Error', false],
    [
      'a server that became read-only',
      () => Object.assign(new Error('ro'), { code: '25006', severity: 'ERROR' }),
      'Error',
      false,
    ],
    [
      'a server that shuts down',
      () => Object.assign(new Error('bye'), { code: '57P01', severity: 'FATAL' }),
      'Error',
      false,
    ],
    ['a deadlock', () => Object.assign(new Error('deadlock'), { code: '40P01', severity: 'ERROR' }), 'Error', false],
    ['refused SQL', () => Object.assign(new Error('syntax'), { code: '42601', severity: 'ERROR' }), 'Error', true],
    ['a programming mistake', () => new TypeError('undefined is not a function'), 'TypeError', true],
  ])('tells Temporal whether to try again: %s', async (_, error, type, nonRetryable) => {
    const failure = await failureOf(async () => {
      throw error();
    });
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type, nonRetryable });
  });
});
