import { describe, expect, it } from 'vitest';
import { SourceError } from '../../domain/errors.ts';
import { backoff } from '../../sources/http-client/retry.ts';
import { collect, errorOf, keys, quick, recordingLog, serve, storeOf } from './support.ts';

const WAITING = /rate limit reached, waiting until \d\d:\d\d:\d\dZ$/;

describe('rate limit', () => {
  it('a budget that is used up is waited for before the next request, in words', async () => {
    const store = storeOf({ acme: Array(3).fill(0) });
    const server = await serve({ store, pageSizeLimit: 1, rateLimit: { limit: 2, window: 200 } });
    const log = recordingLog();
    const pages = await collect(quick(server).repositories(['acme'], 'all', { log }));
    expect(keys(pages)).toHaveLength(3);
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(log.lines).toEqual([expect.stringMatching(WAITING)]);
  });

  it('a 403 over the budget is waited for and asked again', async () => {
    const store = storeOf({ acme: [0] });
    const server = await serve({ store, rateLimit: { limit: 1, window: 200 } });
    await quick(server).organization('acme');
    const log = recordingLog();
    // Another client, which does not know yet that the budget is gone.
    await quick(server).organization('acme', { log });
    expect(server.requests.map(({ status }) => status)).toEqual([200, 403, 200]);
    expect(log.lines.at(-1)).toMatch(WAITING);
  });

  it.each([
    ['a number of seconds', 429, () => '1'],
    ['a date', 403, () => new Date(Date.now() + 1500).toUTCString()],
    ['a number of seconds', 503, () => '1'],
  ])('Retry-After with %s is obeyed on %i, and other requests wait as well', async (_name, status, value) => {
    let until = 0;
    const server = await serve({
      store: storeOf({ acme: [0], other: [] }),
      intercept: ({ index }) => {
        if (index > 0) return undefined;
        const header = value();
        until = header === '1' ? Date.now() + 1000 : Date.parse(header);
        return { fault: 'answer', status, headers: { 'retry-after': header } };
      },
    });
    const client = quick(server);
    const log = recordingLog();
    const first = client.organization('acme', { log });
    await expect.poll(() => log.lines.length).toBeGreaterThan(0);
    await Promise.all([first, client.organization('other')]);
    expect(server.requests).toHaveLength(3);
    for (const { time } of server.requests.slice(1)) expect(time).toBeGreaterThanOrEqual(until - 5);
    expect(log.lines.at(-1)).toMatch(/(rate limit reached|asked to wait \(503\)), waiting until \d\d:\d\d:\d\dZ$/);
  });

  it('a secondary limit that names no time is waited for', async () => {
    const server = await serve({
      store: storeOf({ acme: [] }),
      intercept: ({ index }) =>
        index === 0
          ? { fault: 'answer', status: 403, body: { message: 'You have exceeded a secondary rate limit.' } }
          : undefined,
    });
    const log = recordingLog();
    await quick(server, { secondaryDelay: 60 }).organization('acme', { log });
    const [refused, answered] = server.requests;
    expect((answered?.time ?? 0) - (refused?.time ?? 0)).toBeGreaterThanOrEqual(55);
    expect(log.lines.at(-1)).toMatch(/^secondary rate limit reached, waiting until /);
  });

  it('a wait ends at once with the abort', async () => {
    const server = await serve({
      intercept: () => ({ fault: 'answer', status: 429, headers: { 'retry-after': '600' } }),
    });
    const controller = new AbortController();
    const reason = new Error('a newer trigger');
    const log = recordingLog();
    const client = quick(server);
    const waiting = errorOf(client.organization('acme', { log, signal: controller.signal }));
    await expect.poll(() => log.lines.at(-1)).toMatch(WAITING);
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    // A request that comes later waits ahead, and can be aborted as well.
    expect(await errorOf(client.organization('acme', { signal: AbortSignal.timeout(10) }))).toHaveProperty(
      'name',
      'TimeoutError',
    );
    expect(server.requests).toHaveLength(1);
  });

  it('a wait beyond all budgets is an error', async () => {
    const server = await serve({
      intercept: () => ({ fault: 'answer', status: 429, headers: { 'retry-after': '86400' } }),
    });
    const error = await errorOf(quick(server).organization('acme'));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toContain('longer than 65 minutes');
    expect(server.requests).toHaveLength(1);
  });

  it('a limit whose reset lies in the past ends after five tries', async () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' };
    const server = await serve({ intercept: () => ({ fault: 'answer', status: 403, headers }) });
    const error = await errorOf(quick(server).organization('acme'));
    expect(error.message).toContain('answered 403 on each of 5 tries: the rate limit does not lift');
    expect(server.requests).toHaveLength(5);
  });

  it('the wait goes by the clock of the API', async () => {
    const date = new Date(Date.now() - 86_400_000);
    const reset = Math.floor(date.getTime() / 1000) + 1;
    const server = await serve({
      store: storeOf({ acme: [] }),
      intercept: ({ index }) =>
        index === 0
          ? {
              fault: 'answer',
              status: 403,
              headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset), date: date.toUTCString() },
            }
          : undefined,
    });
    await quick(server).organization('acme');
    const [refused, answered] = server.requests;
    expect((answered?.time ?? 0) - (refused?.time ?? 0)).toBeGreaterThanOrEqual(990);
  });
});

it('2.4 pauses double from the first and end at 30 s', () => {
  const pauses = [1, 2, 3, 4].map((n) => backoff(n, 1000));
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(1000 * 2 ** index);
    expect(pause).toBeLessThanOrEqual(1200 * 2 ** index);
  }
  expect(backoff(4, 10_000)).toBe(30_000);
});
