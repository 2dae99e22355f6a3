import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Generated, generated } from '../../examples/github-server/generated.ts';
import { Rig, until } from '../support/rig.ts';
import { type Api, api } from './support.ts';

const SECRET = 'the-secret-of-the-webhook';

describe('calls and webhooks over HTTP', () => {
  let rig: Rig;
  let call: Api;
  let source: Generated;
  let url: string;
  beforeAll(async () => {
    source = generated({ organizations: 1, repositories: 5, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({
      store: source.store,
      organizations: source.organizations,
      resources: { 'pull-request': null },
      source: { webhookSecret: SECRET },
    });
    const server = await rig.startServer();
    url = server.url;
    call = api(server);
  });
  afterAll(() => rig?.close());

  const path = (rest: string): string => `/v1/integration/${rig.integration}/${rest}`;
  const rows = (count: number) => source.store.repositoriesOf('org-0').slice(0, count);

  it('S0.38 S0.41 raw records are registered, compared and unregistered', async () => {
    const registered = await call('POST', path('kinds/repository/register?wait=true'), { rows: rows(2) });
    expect(registered).toMatchObject({ status: 200, body: { state: 'applied', result: { created: 2 } } });
    const states = { before: rows(2), after: rows(1) };
    const compared = await call('POST', path('kinds/repository/diff?wait=true'), states);
    expect(compared).toMatchObject({ status: 200, body: { result: { deleted: 1, unchanged: 1 } } });
    const gone = await call('POST', path('kinds/repository/unregister?wait=true'), { rows: rows(1) });
    expect(gone).toMatchObject({ status: 200, body: { result: { deleted: 1 } } });
  });

  it('6.1 without `wait` the call is accepted, and can be followed', async () => {
    const accepted = await call('POST', path('kinds/repository/register'), { rows: rows(1) });
    expect(accepted.status).toBe(202);
    await until(async () => (await call('GET', `/v1/calls/${accepted.body.call}`)).body.state === 'applied');
  });

  it('207 where a record has no identity', async () => {
    const answer = await call('POST', path('kinds/repository/register?wait=true'), { rows: [{ node_id: 'x' }] });
    expect(answer).toMatchObject({ status: 207, body: { result: { quarantined: 1 } } });
  });

  it('S0.49 S0.51 ready entities are registered, and a list is synced with what it lacks deleted', async () => {
    const entity = (identifier: string) => ({ blueprint: 'note', identifier, title: identifier });
    const registered = await call('POST', path('entities/register?wait=true'), {
      entities: [entity('a'), entity('b')],
    });
    expect(registered).toMatchObject({ status: 200, body: { result: { created: 2 } } });
    const synced = await call('POST', path('entities/sync?wait=true'), { entities: [entity('b'), entity('c')] });
    expect(synced).toMatchObject({ status: 200, body: { outcome: 'complete', kinds: [{ created: 1, deleted: 1 }] } });
  });

  it.each([
    ['an unknown kind', 'kinds/nothing/register', { rows: [] }, 422, /has no kind nothing/],
    ['a row that is no object', 'kinds/repository/register', { rows: [{}, 1] }, 422, /rows\[1\]/],
    ['states without after', 'kinds/repository/diff', { before: [] }, 422, /see errors/],
    ['an entity without blueprint', 'entities/register', { entities: [{ identifier: 'a' }] }, 422, /entities\[0\]/],
    ['an unknown key', 'entities/register', { entities: [], more: 1 }, 422, /see errors/],
  ])('%s is refused, with its place', async (_, rest, body, status, detail) => {
    const answer = await call('POST', path(rest), body);
    expect(answer.status).toBe(status);
    expect(answer.body.detail).toMatch(detail);
  });

  async function deliver(payload: object, headers: Record<string, string> = {}, secret = SECRET) {
    const body = JSON.stringify(payload);
    return fetch(`${url}/v1/webhooks/${rig.integration}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'repository',
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        ...headers,
      },
      body,
    });
  }

  it('S0.33 6.3 a signed event is accepted, looked up and applied; a forged one is refused', async () => {
    const repository = rows(4).at(-1) as object;
    const answer = await deliver({ action: 'edited', repository });
    expect(answer.status).toBe(202);
    const { call: id } = (await answer.json()) as { call: string };
    await until(async () => (await call('GET', `/v1/calls/${id}`)).body.state !== 'waiting');
    expect((await call('GET', `/v1/calls/${id}`)).body).toMatchObject({ state: 'applied', result: { created: 1 } });
    const forged = await deliver({ action: 'edited', repository }, {}, 'another secret');
    expect(forged.status).toBe(401);
    expect(forged.headers.get('content-type')).toContain('application/problem+json');
  });

  it('6.1 an event that is delivered again is the same call', async () => {
    const delivery = { 'x-github-delivery': randomUUID() };
    const payload = { action: 'edited', repository: rows(3).at(-1) };
    const ids = [];
    for (let time = 0; time < 2; time++)
      ids.push(((await (await deliver(payload, delivery)).json()) as { call: string }).call);
    expect(ids[0]).toBe(ids[1]);
  });
});
