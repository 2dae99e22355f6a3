import { describe, expect, it } from 'vitest';
import { generated } from '../../examples/github-server/generated.ts';
import { octokitExamples } from '../../examples/github-server/octokit-examples.ts';
import { createGitHubServer, type GitHubServer } from '../../examples/github-server/server.ts';
import { errorOf, serve, storeOf, withIssues } from './support.ts';

async function get(server: GitHubServer, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, { headers, redirect: 'manual' });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

describe('the GitHub-like server', () => {
  it('pages as GitHub does: 30 by default, 100 at most, links that keep the query', async () => {
    const server = await serve({ store: storeOf({ acme: Array(101).fill(0) }) });
    expect((await get(server, '/orgs/acme/repos')).body).toHaveLength(30);
    expect((await get(server, '/orgs/acme/repos?per_page=1000')).body).toHaveLength(100);
    const { headers } = await get(server, '/orgs/acme/repos?type=all&per_page=40&page=2');
    const to = (page: number, rel: string) =>
      `<${server.url}/organizations/1000/repos?type=all&per_page=40&page=${page}>; rel="${rel}"`;
    expect(headers.get('link')).toBe([to(3, 'next'), to(3, 'last'), to(1, 'prev'), to(1, 'first')].join(', '));
    expect((await get(server, '/orgs/acme')).headers.get('link')).toBeNull();
  });

  it('shows what is in the store at the time of each request', async () => {
    const store = storeOf({ acme: Array(4).fill(0) });
    const server = await serve({ store });
    const names = async (page: number) => {
      const { body } = await get(server, `/orgs/acme/repos?per_page=2&page=${page}`);
      return body.map(({ name }: { name: string }) => name);
    };
    expect(await names(1)).toEqual(['svc-000000', 'svc-000001']);
    store.removeRepository('acme/svc-000000');
    // The third one moved to page 1 and is missed: what a second look is for.
    expect(await names(2)).toEqual(['svc-000003']);
  });

  it('lists issues with the pull requests among them, by state, time of change and order', async () => {
    const store = withIssues(storeOf({ acme: [1] }), 3);
    const [pull] = store.pullRequests();
    store.putPullRequest({ ...pull, updated_at: '2025-06-01T00:00:02Z' });
    for (const [index, issue] of store.issues().entries()) {
      store.putIssue({
        ...issue,
        state: index === 0 ? 'closed' : 'open',
        updated_at: `2025-06-01T00:00:0${index + 1}Z`,
      });
    }
    const server = await serve({ store });
    const numbers = async (query: string) => {
      const { body } = await get(server, `/repos/acme/svc-000000/issues?${query}`);
      return body.map(({ number }: { number: number }) => number);
    };
    expect(await numbers('')).toEqual([3, 4, 1]);
    expect(await numbers('state=closed')).toEqual([2]);
    expect(await numbers('state=all&since=2025-06-01T00:00:02Z&sort=updated')).toEqual([4, 3, 1]);
    expect(await numbers('state=all&since=2025-06-01T00:00:02.5Z&sort=updated&direction=asc')).toEqual([4]);
    const { headers, body } = await get(
      server,
      '/repos/acme/svc-000000/issues?state=all&per_page=3&since=2025-01-01T00:00:00Z',
    );
    expect(body).toHaveLength(3);
    expect(headers.get('link')).toContain('page=2>; rel="next"');
    expect(headers.get('date')).toBeTruthy();
    const one = await get(server, '/repos/acme/svc-000000/issues/1');
    expect(one.body).toMatchObject({ node_id: pull?.node_id, pull_request: { url: pull?.url } });
    store.putRepository({ ...store.repositories()[0], has_issues: false });
    for (const path of ['issues', 'issues/2']) {
      expect((await get(server, `/repos/acme/svc-000000/${path}`)).status).toBe(410);
    }
  });

  it('orders pull requests by the time of their change when asked to', async () => {
    const store = storeOf({ acme: [3] });
    for (const [index, second] of [5, 9, 7].entries()) {
      store.putPullRequest({ ...store.pullRequests()[index], updated_at: `2025-06-01T00:00:0${second}Z` });
    }
    const numbers = async (flavor: 'github' | 'gitea', query: string) => {
      const { body } = await get(await serve({ store, flavor }), `/repos/acme/svc-000000/pulls?${query}`);
      return body.map(({ number }: { number: number }) => number);
    };
    expect(await numbers('github', '')).toEqual([1, 2, 3]);
    expect(await numbers('github', 'sort=updated')).toEqual([1, 3, 2]);
    expect(await numbers('github', 'sort=updated&direction=desc')).toEqual([2, 3, 1]);
    expect(await numbers('gitea', 'sort=updated&direction=desc')).toEqual([1, 2, 3]);
  });

  it('answers 304 to a known ETag, free of charge', async () => {
    const server = await serve({ store: storeOf({ acme: [0] }), rateLimit: { limit: 10, window: 60_000 } });
    const first = await get(server, '/orgs/acme');
    const second = await get(server, '/orgs/acme', { 'if-none-match': first.headers.get('etag') ?? '' });
    expect([first.status, second.status]).toEqual([200, 304]);
    expect(second.headers.get('x-ratelimit-used')).toBe('1');
    expect(server.requests.map(({ status }) => status)).toEqual([200, 304]);
  });

  it('counts requests down and refuses as GitHub does', async () => {
    const server = await serve({ store: storeOf({ acme: [0] }), rateLimit: { limit: 2, window: 60_000 } });
    const answers = [await get(server, '/orgs/acme'), await get(server, '/orgs/acme'), await get(server, '/orgs/acme')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403]);
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', '0']);
    expect(Number(answers[2]?.headers.get('x-ratelimit-reset')) * 1000).toBeGreaterThan(Date.now());
    expect(answers[2]?.body).toMatchObject({
      message: expect.stringContaining('API rate limit exceeded'),
      status: '403',
    });
  });

  it('answers unknown paths and records as GitHub does', async () => {
    const server = await serve({ store: storeOf({ acme: [0] }) });
    for (const path of ['/orgs/ghost', '/repos/acme/ghost/pulls', '/repos/acme/svc-000000/pulls/1', '/nowhere']) {
      const { status, body } = await get(server, path);
      expect([status, body]).toEqual([
        404,
        { message: 'Not Found', documentation_url: expect.any(String), status: '404' },
      ]);
    }
  });

  it('hides private repositories from those without a valid token', async () => {
    const store = storeOf({ acme: [1] });
    const [repository] = store.repositories();
    store.putRepository({ ...repository, private: true });
    const server = await serve({ store, tokens: ['good'] });
    const paths = [
      '/repos/acme/svc-000000',
      '/repositories/100000',
      '/repos/acme/svc-000000/pulls',
      '/orgs/acme/repos',
    ];
    const statuses = (headers: Record<string, string>) =>
      Promise.all(paths.map(async (path) => (await get(server, path, headers)).status));
    expect(await statuses({})).toEqual([404, 404, 404, 200]);
    expect((await get(server, '/orgs/acme/repos')).body).toEqual([]);
    expect(await statuses({ authorization: 'token good' })).toEqual([200, 200, 200, 200]);
    expect((await get(server, '/orgs/acme', { authorization: 'Bearer bad' })).body.message).toBe('Bad credentials');
  });

  it('close ends requests that hang', async () => {
    const server = await createGitHubServer({ store: storeOf({}), intercept: () => ({ fault: 'hang' }) });
    const hanging = errorOf(fetch(`${server.url}/orgs/acme`));
    await expect.poll(() => server.requests.length).toBe(1);
    await server.close();
    expect((await hanging).message).toBe('fetch failed');
    await server.close();
  });
});

describe('records', () => {
  it("GitHub's examples: every record once, owners included", () => {
    const store = octokitExamples();
    const logins = store.organizations().map(({ login }) => login);
    expect(logins.toSorted()).toEqual([
      'Codertocat',
      'Octocoders',
      'electron',
      'github',
      'hellomouse',
      'octo-org',
      'terraform-test-github',
    ]);
    for (const records of [store.organizations(), store.repositories(), store.pullRequests()]) {
      const nodes = records.map(({ node_id }) => node_id);
      expect(nodes).not.toContain(undefined);
      expect(new Set(nodes).size).toBe(nodes.length);
    }
    expect(store.repositories()).toHaveLength(13);
    expect(store.pullRequests()).toHaveLength(2);
  });

  const sizes = { organizations: 3, repositories: 500, pullRequests: 600, repositoriesWithPulls: 2 };

  it('generated ones are the same for the same seed, and of the sizes asked for', () => {
    const { store, organizations, pullsOrganization } = generated(sizes);
    expect(generated(sizes).store.repositories()).toEqual(store.repositories());
    expect(generated({ ...sizes, seed: 2 }).store.repositories()).not.toEqual(store.repositories());
    expect(organizations.map((login) => store.repositoriesOf(login).length)).toEqual([167, 167, 166]);
    expect(
      store.repositoriesOf(pullsOrganization).map(({ full_name }) => store.pullRequestsOf(String(full_name)).length),
    ).toEqual([300, 300]);
    const average = (records: readonly unknown[]) => JSON.stringify(records).length / records.length;
    expect(average(store.repositories())).toBeGreaterThan(2400);
    expect(average(store.repositories())).toBeLessThan(2600);
    expect(average(store.pullRequests())).toBeGreaterThan(1200);
    expect(average(store.pullRequests())).toBeLessThan(1400);
  });

  it('generated issues are numbered after the pull requests, and leave the other records as they are', () => {
    const { store, pullsOrganization, mutate } = generated({ ...sizes, issues: 50 });
    expect(store.pullRequests()).toEqual(generated(sizes).store.pullRequests());
    const [first] = store.repositoriesOf(pullsOrganization);
    expect(store.issuesOf(String(first?.full_name)).map(({ number }) => number)).toEqual(
      Array.from({ length: 25 }, (_, index) => 301 + index),
    );
    const { removed, changed } = mutate({ changePct: 10, removePct: 20 });
    expect(store.issues()).toHaveLength(50 - removed.issue);
    expect(removed.issue).toBeGreaterThan(0);
    expect(changed.issue).toBeGreaterThan(0);
  });

  it('generated ones change and go by their shares, the same ones each time', () => {
    const [one, two] = [generated(sizes), generated(sizes)];
    const before = new Map(one.store.repositories().map((record) => [record.id, record]));
    const result = one.mutate({ changePct: 10, removePct: 20 });
    expect(two.mutate({ changePct: 10, removePct: 20 })).toEqual(result);
    expect(two.store.repositories()).toEqual(one.store.repositories());
    const after = one.store.repositories();
    expect(after).toHaveLength(502 - result.removed.repository);
    expect(after.filter((record) => record !== before.get(record.id))).toHaveLength(result.changed.repository);
    expect(one.store.pullRequests()).toHaveLength(600 - result.removed['pull-request']);
    expect(result.removed.repository).toBeGreaterThan(70);
    expect(result.removed.repository).toBeLessThan(130);
    expect(result.changed['pull-request']).toBeGreaterThan(25);
    expect(result.changed['pull-request']).toBeLessThan(75);
  });
});
