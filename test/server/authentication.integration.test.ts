import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTrigger } from '../../catalog/triggers.ts';
import { generated } from '../../examples/github-server/generated.ts';
import type { RunningServer } from '../../server/listen.ts';
import { Rig, TOKEN } from '../support/rig.ts';
import { type Answer, type Api, api, countOf } from './support.ts';

describe('who may call', () => {
  let rig: Rig;
  let server: RunningServer;
  let call: Api;
  let at: string;

  beforeAll(async () => {
    const source = generated({ organizations: 1, repositories: 1, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({ store: source.store, organizations: source.organizations });
    server = await rig.startServer();
    call = api(server);
    at = `/v1/integration/${rig.integration}`;
  });
  afterAll(() => rig?.close());

  /** A session's cookie, as a browser would send it back. */
  async function logIn(): Promise<string> {
    const { status, headers } = await call.raw('POST', '/login', JSON.stringify({ token: TOKEN }), {
      authorization: '',
    });
    expect(status).toBe(204);
    return String(headers.get('set-cookie')).split(';')[0] as string;
  }

  const withCookie = (method: string, path: string, cookie: string, headers = {}): Promise<Answer> =>
    call.raw(method, path, method === 'GET' ? undefined : '{}', { authorization: '', cookie, ...headers });

  it.each([
    ['no token', ''],
    ['another token', 'Bearer another'],
    ['the token with more behind it', `Bearer ${TOKEN}x`],
    ['a part of the token', `Bearer ${TOKEN.slice(0, -1)}`],
    ['nothing behind Bearer', 'Bearer '],
    ['another scheme', `Basic ${TOKEN}`],
    ['the token alone', TOKEN],
  ])('S1.16 401 with %s, wherever it is sent, and nothing is triggered', async (_, authorization) => {
    const before = await countOf(rig.db, 'trigger');
    for (const [method, path] of [
      ['PATCH', at],
      ['GET', '/v1/integration'],
      ['POST', `${at}/resync`],
      ['GET', '/metrics'],
      ['GET', '/nowhere'],
    ] as const) {
      const answer = await call.raw(method, path, method === 'GET' ? undefined : '{}', { authorization });
      expect(answer, path).toMatchObject({ status: 401, body: { status: 401, title: 'Unauthorized' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="tidemark"');
      expect(JSON.stringify(answer.body)).not.toContain(TOKEN);
    }
    expect(await countOf(rig.db, 'trigger')).toBe(before);
  });

  it('the scheme in any case is the same scheme', async () => {
    expect((await call.raw('GET', at, undefined, { authorization: `bearer ${TOKEN}` })).status).toBe(200);
  });

  it.each(['/health/live', '/health/ready', '/openapi.json', '/docs', '/assets/docs.js'])(
    '%s is for everybody',
    async (path) => {
      expect((await call.raw('GET', path, undefined, { authorization: '' })).status).toBe(200);
    },
  );

  it('a login with the token begins a session in a cookie that scripts and other sites cannot use', async () => {
    const { status, headers, body } = await call.raw('POST', '/login', JSON.stringify({ token: TOKEN }), {
      authorization: '',
    });
    expect({ status, body }).toEqual({ status: 204, body: '' });
    const cookie = String(headers.get('set-cookie'));
    expect(cookie).toMatch(/^tidemark_session=[\w-]{43}; /);
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=43200']) expect(cookie).toContain(part);
    expect(cookie).not.toContain(TOKEN);
    expect(cookie).not.toContain('Secure');
    const secured = await call.raw('POST', '/login', JSON.stringify({ token: TOKEN }), {
      'x-forwarded-proto': 'https',
    });
    expect(secured.headers.get('set-cookie')).toContain('Secure');
  });

  it('a form logs in as well, and leads on to the page', async () => {
    const { status, headers } = await call.raw('POST', '/login', `token=${TOKEN}`, {
      authorization: '',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect({ status, location: headers.get('location') }).toEqual({ status: 303, location: '/' });
    const cookie = String(headers.get('set-cookie')).split(';')[0] as string;
    expect((await withCookie('GET', at, cookie)).status).toBe(200);
  });

  it.each([
    ['the wrong token', '{"token": "wrong"}', 'application/json', 401],
    ['no token', '{}', 'application/json', 422],
    ['a token that is no text', '{"token": 5}', 'application/json', 422],
    ['nothing', undefined, '', 422],
    ['what is not JSON', '{', 'application/json', 400],
    ['another type', 'token', 'text/plain', 415],
    ['a whole book', JSON.stringify({ token: 'x'.repeat(20_000) }), 'application/json', 413],
  ])('no login with %s', async (_, body, type, status) => {
    const answer = await call.raw('POST', '/login', body, { authorization: '', 'content-type': type });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('a session reads; what changes something needs the Origin of this server, and counts as from the page', async () => {
    const cookie = await logIn();
    expect((await withCookie('GET', at, cookie)).status).toBe(200);
    const before = await countOf(rig.db, 'trigger');
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:1' },
      { origin: server.url.replace('127.0.0.1', 'localhost') },
    ]) {
      for (const path of ['/resync', '/plans/x/approve', '/plans/x/reject', '/quarantine/retry']) {
        expect((await withCookie('POST', `${at}${path}`, cookie, headers)).status).toBe(403);
      }
      expect((await withCookie('PATCH', at, cookie, headers)).status).toBe(403);
    }
    expect(await countOf(rig.db, 'trigger')).toBe(before);
    const own = await withCookie('POST', `${at}/resync`, cookie, { origin: server.url });
    expect(own.status).toBe(202);
    const [row] = await rig.db.query('select origin from tidemark.trigger where id = $1', [own.body.trigger]);
    expect(row).toEqual({ origin: 'ui' });
    expect(await readTrigger(rig.db, own.body.trigger)).not.toBeNull();
  });

  it('a wrong token is not made good by a session', async () => {
    const cookie = await logIn();
    expect((await withCookie('GET', at, cookie, { authorization: 'Bearer wrong' })).status).toBe(401);
  });

  it('another page cannot log in', async () => {
    const body = JSON.stringify({ token: TOKEN });
    expect((await call.raw('POST', '/login', body, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await call.raw('POST', '/login', body, { origin: server.url })).status).toBe(204);
  });

  it('a logout ends the session on the server; other sessions go on', async () => {
    const [cookie, other] = [await logIn(), await logIn()];
    expect((await withCookie('POST', '/logout', cookie)).status).toBe(403);
    const { status, headers } = await withCookie('POST', '/logout', cookie, { origin: server.url });
    expect(status).toBe(204);
    expect(headers.get('set-cookie')).toMatch(/^tidemark_session=;.*Max-Age=0/);
    expect((await withCookie('GET', at, cookie)).status).toBe(401);
    expect((await withCookie('GET', at, other)).status).toBe(200);
    expect((await withCookie('GET', at, 'tidemark_session=made-up')).status).toBe(401);
  });
});
