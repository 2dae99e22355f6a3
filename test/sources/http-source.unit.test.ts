import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SourceError } from '../../domain/errors.ts';
import type { RawRecord } from '../../domain/json.ts';
import type { Fault } from '../../examples/github-server/faults.ts';
import type { LookupRequest } from '../../sources/source.ts';
import { answer, status } from '../support/rest-server.ts';
import { ids, pagesOf, records, restSource } from './http-support.ts';
import { errorOf, recordingLog } from './support.ts';

const thing = { path: '/things', paging: 'none' };

describe('what an answer must hold', () => {
  it.each<[string, string | undefined, Fault, string]>([
    [
      'HTML',
      undefined,
      { fault: 'answer', status: 200, body: '<html>' },
      'is not JSON (6 bytes): check that source.url is the address of the API',
    ],
    [
      'an object where a list is expected',
      undefined,
      answer({ error: 'x' }),
      'answered an object, not a list: name the list in it by `items`',
    ],
    [
      'no list',
      'data',
      answer({ error: 'x' }),
      'items yields nothing, not a list: if the API leaves out a list that is empty, put it in brackets, such as [data]',
    ],
    ['null in its place', 'data', answer({ data: null }), 'items yields null, not a list'],
    ['one record in its place', 'data', answer({ data: {} }), 'items yields an object, not a list'],
    [
      'S0.12 an item that is no record',
      undefined,
      answer([{}, {}, 'no']),
      'answered a list whose item 2 is a string, not an object',
    ],
    [
      'S0.12 such an item in the list named',
      'data',
      answer({ data: [{}, []] }),
      'items yields a list whose item 1 is an array, not an object',
    ],
    [
      'S0.10 what the expression cannot be applied to',
      '$map(data, $number)',
      answer({ data: ['x'] }),
      'items: expression `$map(data, $number)`',
    ],
  ])('%s is an error', async (_name, items, fault, text) => {
    const { source, server } = await restSource({ thing: { ...thing, ...(items ? { items } : {}) } }, () => fault);
    const error = await errorOf(pagesOf(source, 'thing'));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toContain(`GET ${server.url}/api/things`);
    expect(error.message).toContain(text);
    expect(server.requests).toHaveLength(1);
  });

  it('S0.11 a list that an API leaves out when it is empty is named in brackets', async () => {
    const { source } = await restSource({ thing: { ...thing, items: '[data]' } }, () => answer({}));
    expect(await pagesOf(source, 'thing')).toMatchObject([{ rows: [], next: null }]);
  });

  it('2.2 a list that is not there is an error, not an empty one', async () => {
    for (const code of [404, 410]) {
      const { source, server } = await restSource({ thing }, () => status(code));
      expect((await errorOf(pagesOf(source, 'thing'))).message).toBe(
        `GET ${server.url}/api/things answered 404: check source.url and the path of thing`,
      );
    }
  });

  it('a kind that is not there is an error that names those that are', async () => {
    const { source } = await restSource({ thing }, () => answer([]));
    const message = 'The http source has no kind "thin"; it has thing';
    expect((await errorOf((async () => source.list({ kind: 'thin' } as never))())).message).toBe(message);
    expect((await errorOf(Promise.resolve().then(() => source.identify('thin', {})))).message).toBe(message);
  });
});

describe('2.4 the client', () => {
  it.each<[string, Fault, string]>([
    ['500', status(500, 'oops'), 'answered 500 "oops" on each of 5 tries'],
    [
      '429 that speaks of a rate limit, without a time',
      status(429, 'rate limit'),
      'on each of 5 tries: the rate limit does not lift',
    ],
    [
      'a reset connection',
      { fault: 'destroy' },
      'failed (ECONNRESET) on each of 5 tries: check source.url and the network',
    ],
    ['a body that stops', { fault: 'stall' }, 'did not answer within 0.05 s on each of 5 tries'],
    ['a body that is cut', { fault: 'cut' }, 'broke off in the middle of its answer on each of 5 tries'],
  ])('asks five times: %s', async (_name, fault, text) => {
    const { source, server } = await restSource({ thing }, () => fault, {
      limits: fault.fault === 'stall' ? { requestTimeout: 50 } : {},
    });
    expect((await errorOf(pagesOf(source, 'thing'))).message).toContain(text);
    expect(server.requests).toHaveLength(5);
  });

  it('waits as long as Retry-After says', async () => {
    const wait: Fault = { fault: 'answer', status: 429, headers: { 'retry-after': '1' } };
    const log = recordingLog();
    const { source } = await restSource({ thing }, ({ index }) => (index === 0 ? wait : answer(records(2))));
    expect(ids(await pagesOf(source, 'thing', { log }))).toEqual([1, 2]);
    expect(log.lines.join('\n')).toMatch(/rate limit reached, waiting until/);
  });

  it('takes a reset in milliseconds for what it is', async () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Date.now() + 500) };
    const { source, server } = await restSource({ thing: { ...thing, paging: 'page' } }, ({ query }) =>
      answer(query.page === '1' ? records(1) : [], headers),
    );
    expect(ids(await pagesOf(source, 'thing'))).toEqual([1]);
    expect(server.requests).toHaveLength(2);
  });

  it('11 reads no page over the size limit', async () => {
    const { source } = await restSource({ thing }, () => answer([{ text: 'x'.repeat(5000) }]), {
      limits: { maxPageBytes: 4096 },
    });
    expect((await errorOf(pagesOf(source, 'thing'))).message).toContain('answered more than 4096 bytes');
  });

  it.each<[string, number, object, string]>([
    ['401 without', 401, {}, 'no source.accessToken is set; set one that may read this'],
    ['401 with a token', 401, { accessToken: 'abcdefgh' }, 'source.accessToken is wrong or has expired'],
    [
      '403 with headers',
      403,
      { headers: { 'X-Key': 'abcdefgh' } },
      'the credential in source.headers may not read this; give the token the right, or take what it may not read out of source.kinds',
    ],
    ['400', 400, {}, 'check source.url and source.kinds'],
  ])('says what to do about %s', async (_name, code, settings, text) => {
    const { source, server } = await restSource({ thing }, () => status(code, 'no'), settings);
    expect((await errorOf(pagesOf(source, 'thing'))).message).toContain(`answered ${code} "no": ${text}`);
    expect(server.requests).toHaveLength(1);
  });

  it('ends with the reason of an abort', async () => {
    const controller = new AbortController();
    const reason = new Error('a newer trigger');
    const { source } = await restSource({ thing }, () => {
      controller.abort(reason);
      return { fault: 'hang' };
    });
    expect(await errorOf(pagesOf(source, 'thing', { signal: controller.signal }))).toBe(reason);
  });
});

describe('headers', () => {
  const SECRETS = ['Basic dXNlcjpwYXNz', 'key-0123456789', 'parameter-secret'];
  const headers = { Authorization: SECRETS[0], 'X-Api-Key': SECRETS[1], Accept: 'application/vnd.api+json' };

  it('are sent with every request; Accept only as a default', async () => {
    const { source, server } = await restSource({ thing }, () => answer([]), { headers });
    await pagesOf(source, 'thing');
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: SECRETS[0],
      'x-api-key': SECRETS[1],
      accept: 'application/vnd.api+json',
    });
    const plain = await restSource({ thing }, () => answer([]), { accessToken: 'abc' });
    await pagesOf(plain.source, 'thing');
    expect(plain.server.requests[0]?.headers).toMatchObject({
      accept: 'application/json',
      authorization: 'Bearer abc',
    });
  });

  it('S3.6 are in no error and no log, even where the API echoes them', async () => {
    const echoes: Fault[] = SECRETS.flatMap((secret) => [
      status(401, `bad ${secret}`),
      status(500, secret.split(' ').at(-1)),
      answer({ [secret]: secret }),
      answer([secret]),
      answer([], { link: `<http://x/${secret}>; rel="next"` }),
      { fault: 'answer', status: 302, headers: { location: `http://${secret.split(' ').at(-1)}@127.0.0.1/` } },
    ]);
    for (const fault of echoes) {
      const log = recordingLog();
      const kinds = { thing: { ...thing, paging: 'link', query: { key: SECRETS[2] } } };
      const { source } = await restSource(kinds, () => fault, { headers });
      const error = await errorOf(pagesOf(source, 'thing', { log }));
      const told = inspect(error, { depth: 10, showHidden: true }) + log.lines.join('\n');
      for (const secret of SECRETS) expect(told).not.toContain(secret.split(' ').at(-1));
    }
  });
});

describe('identity', () => {
  async function identify(settings: object, record: RawRecord) {
    const { source } = await restSource({ thing: { ...thing, ...settings } }, () => answer([]));
    return source.identify('thing', record);
  }

  it.each<[string, string, RawRecord, string | null]>([
    ['a text', 'id', { id: 'a' }, 'a'],
    ['a number', 'id', { id: 7 }, '7'],
    ['an expression', 'a & "/" & b.c', { a: 'x', b: { c: 1 } }, 'x/1'],
    ['a field that is not there', 'id', {}, null],
    ['null', 'id', { id: null }, null],
    ['an empty text', 'id', { id: '' }, null],
  ])('1.1 the record key may be %s', async (_name, recordKey, record, key) => {
    expect((await identify({ recordKey }, record)).key).toBe(key);
  });

  it('1.4 what is neither text nor number is an error', async () => {
    expect((await errorOf(identify({ recordKey: 'id' }, { id: [1] }))).message).toBe(
      'recordKey of thing yields an array, not a text or a number',
    );
  });

  it('without recordKey or lookup there is nothing to look up by', async () => {
    expect(await identify({}, { id: 1 })).toEqual({ key: null, locator: null });
    expect(await identify({ recordKey: 'id' }, { id: 1 })).toEqual({ key: '1', locator: null });
    const byName = { recordKey: 'id', lookup: '/things/{owner.name}' };
    expect((await identify(byName, { id: 1, owner: { name: 'x' } })).locator).not.toBeNull();
    expect((await identify(byName, { id: 1, owner: {} })).locator).toBeNull();
  });
});

describe('lookup', () => {
  const kind = { ...thing, recordKey: 'id', lookup: '/things/{key}' };
  async function lookUp(settings: object, record: RawRecord, fault: Fault, changed: object = settings) {
    const listed = await restSource({ thing: { ...kind, ...settings } }, () => fault);
    const { key, locator } = await listed.source.identify('thing', record);
    const { source, server } = await restSource({ thing: { ...kind, ...changed } }, () => fault);
    const request = { kind: 'thing', key, locator, signal: new AbortController().signal, log: recordingLog() };
    return { found: () => source.lookup(request as LookupRequest), server };
  }

  it('asks for the record by its key, as one step of the path', async () => {
    const { found, server } = await lookUp({}, { id: 'a/b' }, answer({ id: 'a/b', more: true }));
    expect(await found()).toEqual({ id: 'a/b', more: true });
    expect(server.asked()).toEqual(['/api/things/a%2Fb']);
  });

  it.each([404, 410])('%i: it is gone', async (code) => {
    expect(await (await lookUp({}, { id: 1 }, status(code))).found()).toBeNull();
  });

  it('finds the record within the answer', async () => {
    const { found } = await lookUp({ item: 'data.thing' }, { id: 1 }, answer({ data: { thing: { id: 1 } } }));
    expect(await found()).toEqual({ id: 1 });
  });

  it.each<[string, object, Fault, string]>([
    [
      'without the key',
      {},
      answer({ name: 'x' }),
      "without the record's key, so whether thing 1 is there is unknown: check item and recordKey",
    ],
    ['with another record', {}, answer({ id: 2 }), 'with another record, so whether thing 1 is there is unknown'],
    ['without the record', { item: 'data' }, answer({ error: 'x' }), 'item yields nothing, not an object'],
    ['with a list', {}, answer([{ id: 1 }]), 'answered an array, not an object'],
    ['500', {}, status(500), 'answered 500 on each of 5 tries'],
    ['403', {}, status(403), 'answered 403'],
  ])('3.2 an answer %s proves nothing', async (_name, settings, fault, text) => {
    const { found } = await lookUp(settings, { id: 1 }, fault);
    expect((await errorOf(found())).message).toContain(text);
  });

  it('3.2 by a name: another record in its place means that it is gone', async () => {
    const settings = { lookup: '/things/{owner.name}/{name}' };
    const record = { id: 1, name: 'x', owner: { name: 'acme' } };
    const { found, server } = await lookUp(settings, record, answer({ ...record, id: 2 }));
    expect(await found()).toBeNull();
    expect(server.asked()).toEqual(['/api/things/acme/x']);
    expect(await (await lookUp(settings, record, answer(record))).found()).toEqual(record);
  });

  it('has the fields of the parent that the listing added', async () => {
    const kinds = {
      team: { path: '/teams', paging: 'none' },
      thing: {
        ...kind,
        path: '/teams/{org.name}/things',
        parent: { kind: 'team', as: 'team' },
        lookup: '/t/{team.org.name}/{key}',
      },
    };
    const { source, server } = await restSource(kinds, () => answer({ id: 1 }));
    const record = { id: 1, team: { org: { name: 'a b' } } };
    const { key, locator } = await source.identify('thing', record);
    const request = { kind: 'thing', key, locator, signal: new AbortController().signal, log: recordingLog() };
    expect(await source.lookup(request as LookupRequest)).toEqual(record);
    expect(server.asked()).toEqual(['/api/t/a%20b/1']);
  });

  it('a path that was mended counts for records listed before', async () => {
    const { found, server } = await lookUp({ lookup: '/thing/{key}' }, { id: 1 }, answer({ id: 1 }), kind);
    expect(await found()).toEqual({ id: 1 });
    expect(server.asked()).toEqual(['/api/things/1']);
  });

  it('3.2 what cannot be asked for any more is an error, not gone', async () => {
    const without = await lookUp({}, { id: 1 }, answer({}), { lookup: undefined });
    expect((await errorOf(without.found())).message).toBe('thing 1 cannot be looked up any more: its lookup changed');
    const { source } = await restSource({ thing: kind }, () => answer({}));
    const foreign = {
      kind: 'thing',
      key: 'x',
      locator: '/repositories/1',
      signal: new AbortController().signal,
      log: recordingLog(),
    };
    expect((await errorOf(source.lookup(foreign))).message).toContain('another source has listed it');
  });
});

describe('2.8 what changed since a time', () => {
  const settings = { ...thing, since: 'updated_after', modified: 'updated' };

  it('is asked for by the parameter, and tells the clock and the latest change', async () => {
    const rows = ['2026-01-03T00:00:00Z', '2026-01-05T01:00:00+01:00', null].map((updated) => ({ updated }));
    const date = 'Tue, 06 Jan 2026 00:00:00 GMT';
    const { source, server } = await restSource({ thing: settings, other: thing }, () => answer(rows, { date }));
    expect(source.incremental).toEqual(['thing']);
    const pages = await pagesOf(source, 'thing', { since: '2026-01-02T00:00:00.000Z' });
    expect(pages).toEqual([
      { rows, next: null, clock: '2026-01-06T00:00:00.000Z', modified: '2026-01-05T00:00:00.000Z' },
    ]);
    expect(server.requests[0]?.query).toEqual({ updated_after: '2026-01-02T00:00:00.000Z' });
    await pagesOf(source, 'thing');
    expect(server.requests[1]?.query).toEqual({});
  });

  it('is asked for on every page, and never of parents', async () => {
    const kinds = {
      team: { path: '/teams', paging: 'none', since: 'changed' },
      thing: { ...settings, path: '/teams/{id}/things', paging: 'page', parent: { kind: 'team' } },
    };
    const { source, server } = await restSource(kinds, ({ path, query }) =>
      answer(path === '/api/teams' || query.page === '1' ? records(1) : []),
    );
    await pagesOf(source, 'thing', { since: '2026-01-02T00:00:00Z' });
    expect(server.requests.map(({ query }) => query)).toEqual([
      {},
      { updated_after: '2026-01-02T00:00:00Z', page: '1' },
      { updated_after: '2026-01-02T00:00:00Z', page: '2' },
    ]);
  });

  it('a time of change that cannot be read is an error: the next run would begin too late', async () => {
    const { source } = await restSource({ thing: settings }, () => answer([{ updated: 'yesterday' }]));
    expect((await errorOf(pagesOf(source, 'thing'))).message).toContain(
      'modified of thing, item 0 of the page, yields a text that is not a time',
    );
  });
});

it('S3.14 the log says what is retrieved, and the size of each page', async () => {
  const log = recordingLog();
  const { source } = await restSource({ thing }, () => answer(records(3)));
  await pagesOf(source, 'thing', { log });
  expect(log.lines).toEqual(['Retrieving thing from /things', 'Retrieved thing batch of size: 3']);
});
