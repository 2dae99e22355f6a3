import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../config/load.ts';
import { generated } from '../../examples/github-server/generated.ts';
import type { RunningServer } from '../../server/listen.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { Rig, TOKEN } from '../support/rig.ts';
import { resync, type Visitor, visit } from './page-support.ts';

const SECRET = 'github-token-that-nobody-may-see';
const HOSTILE = '<script>alert("1")</script>';
const ESCAPED = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;';

describe('the pages, as they are sent', () => {
  let rig: Rig;
  let server: RunningServer;
  let visitor: Visitor;
  let at: string;
  let plan: string;

  /** A held plan, records in quarantine, and values that would be markup. */
  beforeAll(async () => {
    const { store, organizations, pullsOrganization } = generated({
      organizations: 1,
      repositories: 4,
      pullRequests: 2,
      repositoriesWithPulls: 1,
    });
    const [first, doomed] = store.repositoriesOf(String(organizations[0]));
    store.putRepository({ ...first, name: HOSTILE, description: HOSTILE } as never);
    const broken = { identifier: `$error("${HOSTILE.replaceAll('"', "'")}")`, blueprint: '"pullRequest"' };
    rig = await Rig.start({
      store,
      organizations: [...organizations, pullsOrganization],
      settings: { deletes: { maxCount: 0 } },
      resources: { 'pull-request': { entity: broken } },
    });
    const text = rig.configurationText().replace('"type":"github"', `"type":"github","accessToken":"${SECRET}"`);
    await rig.client.importConfiguration(loadConfiguration({ file: 'test.yaml', text }, configurationContext({})));
    await resync(rig, rig.integration);
    store.removeRepository(String(doomed?.full_name));
    await resync(rig, rig.integration);
    server = await rig.startServer();
    visitor = await visit(server);
    at = `/sources/${rig.integration}`;
    plan = String((await rig.client.plans(rig.integration, 1))[0]?.plan);
  });
  afterAll(() => rig?.close());

  const addresses = async (): Promise<string[]> => {
    const entities = await rig.client.entities({ limit: 100 });
    return [
      '/',
      '/?search=it',
      at,
      `${at}/plans`,
      `${at}/plans/${plan}`,
      `${at}/plans/${plan}/approve`,
      `${at}/plans/${plan}/reject`,
      `${at}/quarantine`,
      `${at}/runs/${rig.integration}.1`,
      '/entities',
      ...entities.map(({ blueprint, identifier }) => `/entity?${new URLSearchParams({ blueprint, identifier })}`),
    ];
  };

  it('every page is there, holds no secret, and nothing of a record that is not escaped', async () => {
    const pages = await Promise.all((await addresses()).map(async (path) => ({ path, ...(await visitor.get(path)) })));
    for (const { path, status, text } of pages) {
      expect(status, path).toBe(200);
      expect(text, path).not.toContain(SECRET);
      expect(text, path).not.toContain(TOKEN);
      expect(text, path).not.toContain(visitor.cookie.split('=')[1]);
      expect(text.match(/<script(?! src="\/assets\/)/), path).toBeNull();
      expect(text, path).not.toMatch(/ on\w+=|javascript:/);
    }
    const holding = pages
      .filter(({ text }) => text.includes('&lt;script&gt;alert'))
      .map(({ path }) => path.split('?')[0]);
    expect([...new Set(holding)]).toEqual([at, `${at}/quarantine`, '/entities', '/entity']);
  });

  it('what is typed into a search is text as well', async () => {
    for (const path of ['/', '/entities']) {
      const { text } = await visitor.get(`${path}?${new URLSearchParams({ search: `">${HOSTILE}` })}`);
      expect(text).toContain(ESCAPED);
      expect(text).not.toContain(HOSTILE);
    }
    const asked = await visitor.get(`/entities?integration=${encodeURIComponent(HOSTILE)}`);
    expect(asked.status).toBe(404);
    expect(asked.text).not.toContain(HOSTILE);
  });

  it('a page loads only what this server has, and its policy says so', async () => {
    const { headers, text } = await visitor.get(at);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    expect(text).not.toMatch(/ style=/);
    const loaded = [...text.matchAll(/<(?:script|link)[^>]*(?:src|href)="([^"]+)"/g)].map(([, address]) =>
      String(address),
    );
    expect(loaded).toHaveLength(4);
    for (const address of loaded) {
      const asset = await fetch(`${server.url}${address}`);
      expect(asset.status, address).toBe(200);
      expect(asset.headers.get('cache-control')).toContain('immutable');
    }
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('an address with a trigger that is gone shows the integration all the same', async () => {
    for (const trigger of ['11111111-1111-4111-8111-111111111111', 'nothing']) {
      expect((await visitor.get(`${at}?trigger=${trigger}`)).status).toBe(200);
    }
  });

  it('without the Temporal UI known there are no links into it', async () => {
    expect((await visitor.get(at)).text).not.toContain('/namespaces/');
  });

  it('tells what is held and why, what is in quarantine and why, and what is configured', async () => {
    const overview = (await visitor.get(at)).text;
    expect(overview).toContain(`href="${at}/plans/${plan}"`);
    expect(overview).toContain('deletes.maxCount');
    expect(overview).toMatch(/Version \d+, from the configuration file/);
    expect(overview).toContain('&quot;repository&quot;');
    const quarantine = (await visitor.get(`${at}/quarantine`)).text;
    expect(quarantine).toContain('Retry 2 records');
    expect(quarantine).toContain('&quot;node_id&quot;');
    const decision = (await visitor.get(`${at}/plans/${plan}/approve`)).text;
    expect(decision).toMatch(/deletes 1 entity/);
  });

  it('an entity shows its relations as links, and the claims on it', async () => {
    const [entity] = await rig.client.entities({ blueprint: 'repository', limit: 1 });
    const { blueprint, identifier } = entity as { blueprint: string; identifier: string };
    const { text } = await visitor.get(`/entity?${new URLSearchParams({ blueprint, identifier })}`);
    expect(text).toContain(`href="/entity?blueprint=organization&amp;identifier=${entity?.relations.organization}"`);
    const [claim] = (await rig.client.explain({ blueprint, identifier })).claims;
    expect(claim).toMatchObject({ integration: rig.integration, resource: 'repository', owns: true, seenEpoch: 2 });
    expect(text).toContain(claim?.recordKey);
  });

  it('a part that is as it was seen is not sent again', async () => {
    const partial = { 'hx-request': 'true' };
    const { text } = await visitor.get('/', partial);
    const again = /hx-get="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    expect(text).toMatch(/^<div id="list"/);
    expect((await visitor.get(String(again), partial)).status).toBe(204);
    expect((await visitor.get('/?seen=other', partial)).status).toBe(200);
  });

  describe('who is not logged in', () => {
    let stranger: Visitor;
    beforeAll(async () => {
      stranger = await visit(server, { cookie: '' });
    });

    it('gets the login in place of every page, and nothing else', async () => {
      for (const path of await addresses()) {
        const { status, text } = await stranger.get(path);
        expect(status, path).toBe(401);
        expect(text, path).toContain('Where is the token?');
        expect(text, path).not.toMatch(/<table|<nav|<dl/);
      }
    });

    it('logs in by a form and goes on to where it was, but never to another server', async () => {
      for (const [next, location] of [
        [at, at],
        ['/entities?search=a%26b', '/entities?search=a%26b'],
        ['//evil.example/x', '/'],
        ['https://evil.example', '/'],
        ['/\\evil.example', '/'],
        ['javascript:alert(1)', '/'],
      ] as const) {
        const answer = await stranger.post(`/login?${new URLSearchParams({ next })}`, { token: TOKEN });
        expect([answer.status, answer.headers.get('location')], next).toEqual([303, location]);
      }
      const refused = await stranger.post(`/login?${new URLSearchParams({ next: at })}`, { token: 'wrong' });
      expect(refused.status).toBe(401);
      expect(refused.text).toContain('The token is not the right one.');
      expect(refused.headers.get('set-cookie')).toBeNull();
    });

    it('a part is answered by having the page loaded anew', async () => {
      const { status, headers, text } = await stranger.get(at, { 'hx-request': 'true' });
      expect([status, headers.get('hx-refresh'), text]).toEqual([401, 'true', '']);
    });

    it('is told when its session is over, and that nothing was done', async () => {
      const late = await visit(server, { cookie: 'tidemark_session=over' });
      expect((await late.get(at)).text).toContain('Your session is over.');
      expect((await late.post(`${at}/resync`)).text).toContain('Nothing was done.');
    });
  });

  it.each(['resync', 'quarantine/retry', 'plans/PLAN/approve', 'plans/PLAN/reject'])(
    '403 for a form that another page sends to %s',
    async (path) => {
      const count = async () => (await rig.db.query('select from tidemark.trigger')).length;
      const before = await count();
      const address = `${at}/${path.replace('PLAN', plan)}`;
      for (const origin of ['https://evil.example', 'null', '']) {
        expect((await visitor.post(address, {}, { origin })).status, origin).toBe(403);
      }
      expect(await count()).toBe(before);
      expect((await rig.client.plan(rig.integration, plan)).state).toBe('open');
    },
  );

  it.each([
    ['/sources/nobody', 404, /There is no integration nobody; configured are/],
    ['/sources/nobody/plans', 404, /no integration nobody/],
    ['PLANS/nope', 404, /has no plan nope/],
    ['/entity?blueprint=a&identifier=b', 404, /the catalog has no a b/i],
    ['/entities?search=%00', 404, /nothing of that name/],
    ['/nowhere', 404, /There is no \/nowhere here/],
  ])('%s is %d, in words', async (path, status, words) => {
    const answer = await visitor.get(path.replace('PLANS', `${at}/plans`));
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.text).toMatch(words);
  });

  it('422 in words for what cannot be resynced, and nothing is triggered', async () => {
    const answer = await visitor.post(`${at}/resync`, { kind: '<nope>', since: 'yesterday' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('has no kind &lt;nope&gt;; it has: organization, repository, pull-request');
    expect(answer.text).toContain('is not a time');
    const partial = await visitor.post(`${at}/resync`, { kind: 'nope' }, { 'hx-request': 'true' });
    expect(partial.text).toMatch(/^<div class="mistake">/);
  });

  it('programs still get JSON for what is wrong', async () => {
    const response = await fetch(`${server.url}${at}`);
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('3.5 a plan that is rejected keeps its entities, and cannot be approved any more', async () => {
    const rejected = await visitor.post(`${at}/plans/${plan}/reject`);
    expect([rejected.status, rejected.headers.get('location')]).toEqual([303, `${at}/plans/${plan}`]);
    expect((await visitor.get(`${at}/plans/${plan}`)).text).toContain('rejected by a person');
    for (const answer of [
      await visitor.get(`${at}/plans/${plan}/approve`),
      await visitor.post(`${at}/plans/${plan}/approve`),
    ]) {
      expect(answer.status).toBe(409);
      expect(answer.text).toContain('rejected');
    }
  });

  it('6.8 the quarantine is retried by its button', async () => {
    const { status, headers } = await visitor.post(`${at}/quarantine/retry`);
    expect(status).toBe(303);
    const trigger = new URL(String(headers.get('location')), server.url).searchParams.get('trigger');
    expect(await rig.client.followTrigger(String(trigger))).toMatchObject({ action: 'retry', outcome: 'complete' });
  });
});
