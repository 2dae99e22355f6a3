import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SourceError } from '../../domain/errors.ts';
import type { Fault } from '../../examples/github-server/faults.ts';
import type { GitHubClientOptions } from '../../sources/github/client.ts';
import { collect, errorOf, quick, recordingLog, serve, storeOf } from './support.ts';

const TOKEN = 'ghp_topsecret0123456789';

/** Reads a repository list from a server that has a fault; what came of it. */
async function readWith(fault: Fault, options: GitHubClientOptions = {}) {
  const server = await serve({ store: storeOf({ acme: [0, 0] }), intercept: () => fault });
  const log = recordingLog();
  const error = await errorOf(collect(quick(server, options).repositories(['acme'], 'all', { log })));
  expect(error).toBeInstanceOf(SourceError);
  expect(error.message).toContain(`GET ${server.url}/orgs/acme/repos`);
  return { message: error.message.replaceAll(server.url, ''), error, log, requests: server.requests };
}

function status(code: number, message = ''): Fault {
  return { fault: 'answer', status: code, body: { message } };
}

describe('answers that cannot be read are errors and are asked for once', () => {
  it.each<[string, Fault, string]>([
    ['a page of HTML', { fault: 'answer', status: 200, body: '<!DOCTYPE html>' }, 'is not JSON (15 bytes)'],
    ['an empty body', { fault: 'answer', status: 200, body: '' }, 'is not JSON (0 bytes)'],
    ['half a document', { fault: 'answer', status: 200, body: '[{"id":1},{"id"' }, 'is not JSON (15 bytes)'],
    [
      'bytes that are not UTF-8',
      { fault: 'answer', status: 200, body: Buffer.from('["\xff"]', 'latin1') },
      'is not JSON (5 bytes)',
    ],
    ['an object', { fault: 'answer', status: 200, body: { message: 'hello' } }, 'answered an object, not an array'],
    ['null', { fault: 'answer', status: 200, body: null as never }, 'answered null, not an array'],
    [
      'a bad item',
      { fault: 'answer', status: 200, body: [{}, {}, {}, 'no'] },
      'item 3 of the array is a string, not an object',
    ],
    [
      'a nested array',
      { fault: 'answer', status: 200, body: [{}, []] },
      'item 1 of the array is an array, not an object',
    ],
  ])('%s', async (_name, fault, text) => {
    const { message, requests } = await readWith(fault);
    expect(message).toContain(text);
    expect(requests).toHaveLength(1);
  });

  it('an array where one record is expected', async () => {
    const server = await serve({ intercept: () => ({ fault: 'answer', status: 200, body: [] }) });
    const error = await errorOf(quick(server).organization('acme'));
    expect(error.message).toBe(`GET ${server.url}/orgs/acme answered an array, not an object`);
  });

  it('a page over the size limit', async () => {
    const { message, requests } = await readWith(
      { fault: 'answer', status: 200, body: [{ text: 'x'.repeat(5000) }] },
      { maxPageBytes: 4096 },
    );
    expect(message).toBe('GET /orgs/acme/repos answered more than 4096 bytes, the largest page that is read');
    expect(requests).toHaveLength(1);
  });
});

describe('2.4 what may pass is tried five times, then it is an error', () => {
  it.each<[string, Fault, string]>([
    ['500', status(500, 'oops'), 'answered 500 "oops" on each of 5 tries'],
    ['502 with a page of HTML', { fault: 'answer', status: 502, body: '<html>' }, 'answered 502 on each of 5 tries'],
    ['503', status(503), 'answered 503 on each of 5 tries'],
    ['408', status(408), 'answered 408 on each of 5 tries'],
    ['429', status(429), 'answered 429 on each of 5 tries: the rate limit does not lift'],
    ['a reset connection', { fault: 'destroy' }, 'failed (ECONNRESET) on each of 5 tries'],
    ['a body that is cut', { fault: 'cut' }, 'broke off in the middle of its answer'],
    ['no answer at all', { fault: 'hang' }, 'did not answer within 0.05 s on each of 5 tries'],
    ['a body that stops', { fault: 'stall' }, 'did not answer within 0.05 s on each of 5 tries'],
  ])('%s', async (_name, fault, text) => {
    const { message, requests, log } = await readWith(fault, { requestTimeout: 50 });
    expect(message).toContain(text);
    expect(requests).toHaveLength(5);
    expect(log.lines).toHaveLength(4);
    expect(log.lines[3]).toMatch(/failed \(\w+\), try 5 of 5 in \d\.\d s$/);
  });

  it('a server that is not there', async () => {
    const server = await serve();
    await server.close();
    const error = await errorOf(quick(server).organization('acme'));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toBe(
      `GET ${server.url}/orgs/acme failed (ECONNREFUSED) on each of 5 tries: check source.baseUrl and the network`,
    );
  });

  it('and what passes is no error', async () => {
    const faults: Fault[] = [status(503), { fault: 'cut' }, { fault: 'destroy' }, status(500)];
    const server = await serve({ store: storeOf({ acme: [0, 0] }), intercept: ({ index }) => faults[index] });
    const pages = await collect(quick(server).repositories(['acme']));
    expect(pages.map(({ rows }) => rows.length)).toEqual([2]);
    expect(server.requests).toHaveLength(5);
  });
});

describe('refusals are asked for once and say what to do', () => {
  it.each<[string, number, string | undefined, string]>([
    [
      '401 with a token',
      401,
      TOKEN,
      'answered 401 "no": source.accessToken is wrong or has expired; set one that is valid there',
    ],
    ['401 without', 401, undefined, 'answered 401 "no": no source.accessToken is set; set one that may read this'],
    [
      '403 with a token',
      403,
      TOKEN,
      'answered 403 "no": source.accessToken may not read this; give the token the right',
    ],
    ['403 without', 403, undefined, 'answered 403 "no": no source.accessToken is set; set one that may read this'],
    ['422', 422, TOKEN, 'answered 422 "no": check source.baseUrl and the selector'],
    ['451', 451, TOKEN, 'answered 451 "no": check source.baseUrl and the selector'],
  ])('S3.6 %s', async (_name, code, accessToken, text) => {
    const { message, requests } = await readWith(status(code, 'no'), { accessToken });
    expect(message).toContain(text);
    expect(requests).toHaveLength(1);
  });

  it('404 for an organization', async () => {
    const server = await serve();
    const list = await errorOf(collect(quick(server).repositories(['ghost'])));
    const single = await errorOf(quick(server).organizations(['ghost']));
    expect(list).toBeInstanceOf(SourceError);
    expect(list.message).toBe(single.message);
    expect(list.message).toContain('The organization ghost was not found: check its name');
    expect(list.message).toContain('source.accessToken');
  });
});

it('S3.6 the token is in no error and no log, even where the API echoes it', async () => {
  const faults: Fault[] = [
    status(401, `Bad credentials ${TOKEN}`),
    status(403, `token ${TOKEN} lacks the scope`),
    status(500, TOKEN),
    status(422, `Bearer ${TOKEN}`),
    { fault: 'destroy' },
    { fault: 'cut' },
    { fault: 'hang' },
    { fault: 'answer', status: 200, body: TOKEN },
    { fault: 'answer', status: 200, body: [TOKEN] },
    { fault: 'answer', status: 302, headers: { location: `http://${TOKEN}@127.0.0.1/` } },
    { fault: 'answer', status: 200, headers: { link: `<http://x/${TOKEN}>; rel="next"` }, body: [] },
    { fault: 'answer', status: 200, headers: { link: TOKEN }, body: [] },
  ];
  for (const fault of faults) {
    const { error, log } = await readWith(fault, { accessToken: TOKEN, requestTimeout: 30 });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(TOKEN);
    expect(JSON.stringify([error, error.stack, error.cause])).not.toContain(TOKEN);
    expect(log.lines.join('\n')).not.toContain(TOKEN);
  }
});

describe('an abort', () => {
  it.each<[string, Fault]>([
    ['while a request hangs', { fault: 'hang' }],
    ['while a body is read', { fault: 'stall' }],
    ['between two tries', status(503)],
  ])('%s ends with its reason', async (_name, fault) => {
    const controller = new AbortController();
    const reason = new Error('a newer trigger');
    const server = await serve({
      store: storeOf({ acme: [0] }),
      intercept: () => {
        setTimeout(() => controller.abort(reason), 20);
        return fault;
      },
    });
    const pages = quick(server, { retryDelay: 60_000 }).repositories(['acme'], 'all', { signal: controller.signal });
    expect(await errorOf(collect(pages))).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('before the first request asks for nothing', async () => {
    const server = await serve();
    const reason = new Error('stop');
    const error = await errorOf(quick(server).organization('acme', { signal: AbortSignal.abort(reason) }));
    expect(error).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });
});
