import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TidemarkClient } from '../../client/client.ts';
import { generated } from '../../examples/github-server/generated.ts';
import type { RunningServer } from '../../server/listen.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { Rig, TOKEN, until } from '../support/rig.ts';
import { breakable } from './breakable.ts';
import { type Api, api, countOf } from './support.ts';

const MAX_BODY = 16 * 1024;

interface Line {
  readonly message: string;
  readonly requestId?: unknown;
}

describe('what is wrong with a request', () => {
  let rig: Rig;
  let server: RunningServer;
  let call: Api;
  let at: string;
  const lines: Line[] = [];
  const line = (message: string, fields = {}): void => void lines.push({ message, ...fields });

  beforeAll(async () => {
    const source = generated({ organizations: 1, repositories: 1, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({ store: source.store, organizations: source.organizations, worker: false });
    const limits = { headers: 1_000, request: 1_500 };
    server = await rig.startServer({ maxBody: MAX_BODY, limits, log: { info: line, warn: line } });
    call = api(server);
    at = `/v1/integration/${rig.integration}`;
  });
  afterAll(() => rig?.close());

  /** Says something to the server, byte by byte as given, and returns all that it answers until it hangs up. */
  async function say(...parts: readonly (string | Promise<unknown>)[]): Promise<string> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    const closed = once(socket, 'close');
    for (const part of parts) {
      if (typeof part === 'string') socket.write(part);
      else await part;
    }
    await closed;
    return answer;
  }

  const patch = (more: string): string =>
    `PATCH ${at} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n${more}`;

  it('is told as application/problem+json, with all members', async () => {
    const { status, headers, body } = await call('GET', '/v1/integration/nobody');
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status,
      detail: `there is no integration nobody; configured are: ${rig.integration}`,
      errors: [],
      requestId: headers.get('x-request-id'),
    });
  });

  it.each(['/nowhere', '/v1', '/v1/integration/', '/v1/integration/a/b/c', '/V1/integration', '/assets/../listen.ts'])(
    '404 for %s, which no route has',
    async (path) => {
      const { status, body } = await call('GET', path);
      expect({ status, ...body }).toMatchObject({ status: 404, detail: expect.stringContaining('/docs lists') });
    },
  );

  it.each([
    ['PUT', '/v1/integration/x', 'GET, HEAD, PATCH'],
    ['DELETE', '/v1/integration', 'GET, HEAD'],
    ['GET', '/v1/integration/x/resync', 'POST'],
    ['OPTIONS', '/v1/entities', 'GET, HEAD'],
    ['GET', '/login', 'POST'],
    ['POST', '/health/live', 'GET, HEAD'],
  ])('405 for %s %s', async (method, path, allowed) => {
    const { status, headers, body } = await call(method, path);
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: allowed });
    expect(body.detail).toContain(`does not take ${method}`);
  });

  it('HEAD is GET without a body', async () => {
    expect(await call('HEAD', at)).toMatchObject({ status: 200, body: '' });
  });

  it.each(['{', '', 'null x', '{"config": }', "{'config': {}}", '\u0000'])(
    '400 for %j, which is not JSON',
    async (text) => {
      const answer = await call.raw('PATCH', at, text === '' ? new Blob([]).stream() : text, {
        'content-type': 'application/json',
      });
      expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('not JSON') } });
    },
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/jsonx', 'nonsense'])(
    '415 for a body as %s',
    async (type) => {
      const answer = await call.raw('PATCH', at, '{}', { 'content-type': type });
      expect(answer).toMatchObject({ status: 415, body: { detail: expect.stringContaining('application/json') } });
    },
  );

  it('takes application/json with a charset', async () => {
    const answer = await call.raw('PATCH', at, '{', { 'content-type': 'application/json; charset=utf-8' });
    expect(answer.status).toBe(400);
  });

  it.each(['null', '5', '"x"', '[]', '{"config": null}'])(
    '422 for %s, which is no object of the right form',
    async (text) => {
      expect((await call.raw('PATCH', at, text)).status).toBe(422);
    },
  );

  it('413 for a body over server.maxBody, by its declared length, before it has come', async () => {
    const answer = await say(patch(`Content-Length: ${MAX_BODY + 1}\r\n\r\n`));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/connection: close/i);
    expect(answer).toContain(`a body may have ${MAX_BODY} bytes`);
  });

  it('413 for a body in chunks that has no end, as soon as it is over server.maxBody', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1024;
        controller.enqueue(new Uint8Array(1024).fill(32));
      },
    });
    // Fetch may lose the answer with the connection: an own socket does not.
    const chunk = `400\r\n${' '.repeat(1024)}\r\n`;
    const answer = await say(patch('Transfer-Encoding: chunked\r\n\r\n'), chunk.repeat(MAX_BODY / 1024 + 4));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    await call.raw('PATCH', at, endless).catch(() => {});
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    expect((await call('GET', at)).status).toBe(200);
  });

  it('a body as large as server.maxBody is read', async () => {
    const text = `{}${' '.repeat(MAX_BODY - 2)}`;
    expect((await call.raw('PATCH', at, text)).status).toBe(503);
    expect((await call.raw('PATCH', at, `${text} `)).status).toBe(413);
    expect((await call.raw('PATCH', at, new Blob([text]).stream())).status).toBe(503);
    expect((await call.raw('PATCH', at, new Blob([`${text} `]).stream())).status).toBe(413);
  });

  it('a body from somebody without the token is not waited for', async () => {
    const answer = await say(patch('Content-Length: 1000\r\n\r\n').replace(TOKEN, 'wrong'), '{}');
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('408 for headers or a body that come at a drip', async () => {
    for (const start of [`GET ${at} HTTP/1.1\r\nHost: x\r\n`, patch('Content-Length: 100\r\n\r\n{')]) {
      const answer = await say(start);
      expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
      expect(answer).toContain('application/problem+json');
      expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/);
    }
    expect(lines.map(({ message }) => message).filter((message) => /^\w*Error/.test(message))).toEqual([]);
  });

  it.each([
    ['400 for what is not HTTP', 'hello\r\n\r\n', 400],
    ['400 without a Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['400 for a Host that is none', 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
    ['431 for headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s', async (_, text, status) => {
    const answer = await say(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.toLowerCase()).toContain('application/problem+json');
    expect(answer.toLowerCase()).toContain('x-request-id');
  });

  it('every answer and its line of the log carry the request id: the given one, if it is sane', async () => {
    const given = await call.raw('GET', at, undefined, { 'x-request-id': 'my-request-1' });
    expect(given.headers.get('x-request-id')).toBe('my-request-1');
    expect(lines.find(({ requestId }) => requestId === 'my-request-1')).toMatchObject({ method: 'GET', status: 200 });
    for (const strange of ['two words', 'a'.repeat(129), '<script>', '{"a":1}']) {
      const { headers } = await call.raw('GET', '/nowhere', undefined, { 'x-request-id': strange });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(JSON.stringify(lines)).not.toContain('<script>');
  });

  it('the log holds neither the token nor what people search for', async () => {
    await call('GET', '/v1/entities?search=a-private-matter');
    expect(JSON.stringify(lines)).toContain('/v1/entities');
    expect(JSON.stringify(lines)).not.toMatch(/a-private-matter|a-token-for-tests/);
  });

  it('500 says nothing of the inside but the request id, under which the log has it', async () => {
    await rig.db.query('alter table tidemark.quarantine rename column raw to other');
    try {
      const { status, body } = await call('GET', `${at}/quarantine`);
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toMatch(/raw|column|select|catalog\/|\.ts/);
      const logged = lines.filter(({ requestId }) => requestId === body.requestId);
      expect(logged.map(({ message }) => message).join()).toMatch(/column "raw" does not exist[\s\S]*at /);
    } finally {
      await rig.db.query('alter table tidemark.quarantine rename column other to raw');
    }
  });

  it('pages load nothing from elsewhere and stand in no frame; nothing is kept', async () => {
    const { headers } = await call('GET', '/docs');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect((await call('GET', at)).headers.get('cache-control')).toBe('no-store');
  });
});

describe('503', () => {
  let rig: Rig;
  beforeAll(async () => {
    const source = generated({ organizations: 1, repositories: 1, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({ store: source.store, organizations: source.organizations, worker: false });
  });
  afterAll(() => rig?.close());

  it.each(['the database', 'Temporal'])('when %s does not answer; /health/ready says which', async (which) => {
    const database = new URL(rig.databaseUrl);
    const between = {
      'the database': await breakable({ host: database.hostname, port: Number(database.port) }),
      Temporal: await breakable({ host: '127.0.0.1', port: Number(rig.temporalAddress.split(':')[1]) }),
    };
    database.host = between['the database'].address;
    const client = await TidemarkClient.connect({
      databaseUrl: database.href,
      temporal: { connectionOptions: { address: between.Temporal.address } },
      taskQueue: rig.taskQueue,
      context: configurationContext({}),
    });
    const server = await rig.startServer({ client });
    const call = api(server);
    try {
      expect(await call('GET', '/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } });
      await between[which as keyof typeof between].cut();
      await until(async () => (await call('GET', '/health/ready')).status === 503);
      const { body } = await call('GET', '/health/ready');
      expect(body).toMatchObject({ status: 503, detail: `no answer from ${which}` });
      expect((await call('GET', '/health/live')).status).toBe(200);
      const before = await countOf(rig.db, 'trigger');
      const patched = await call('PATCH', `/v1/integration/${rig.integration}`, {});
      expect(patched).toMatchObject({ status: 503, body: { detail: expect.stringContaining('does not answer') } });
      expect(patched.headers.get('retry-after')).toBe('5');
      expect(await countOf(rig.db, 'trigger')).toBe(before);
    } finally {
      await server.stop();
      await client.close();
      await Promise.all(Object.values(between).map((one) => one.cut()));
    }
  });

  it('when a statement has waited as long as it may, and nothing is changed', async () => {
    const server = await rig.startServer();
    // What PostgreSQL does when the time is up.
    const cancelWaiting = async (): Promise<boolean> => {
      const cancelled = await rig.db.query(
        "select pg_cancel_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      return cancelled.length > 0;
    };
    const write = { write: { entity: 'tax', action: 'upsert', payload: [{ name: 'one' }] } };
    try {
      const answer = await rig.db.transaction(async (tx) => {
        await tx.query('lock table tidemark.entity in exclusive mode');
        const answering = api(server)('POST', '/api/v3/_action/sync', write);
        await until(cancelWaiting);
        return answering;
      });
      expect(answer).toMatchObject({ status: 503, body: { detail: expect.stringContaining('not in time') } });
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(await rig.db.query('select from tidemark.entity')).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
