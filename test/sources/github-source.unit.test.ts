import http from 'node:http';
import https from 'node:https';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SourceError } from '../../domain/errors.ts';
import { GitHubClient } from '../../sources/github/client.ts';
import { createGitHubSource, githubSource } from '../../sources/github/source.ts';
import { collect, errorOf, keys, listAll, listRequest, quick, recordingLog, serve, sizes, storeOf } from './support.ts';

describe('settings', () => {
  it('S3.5 the base URL is https://api.github.com unless another is set', async () => {
    const server = await serve({ store: storeOf({ acme: [] }) });
    const { port } = new URL(server.url);
    const hosts: unknown[] = [];
    vi.stubEnv('NO_PROXY', '*');
    // Leads what is sent to the default host to the server of this test.
    const spy = vi.spyOn(https, 'request').mockImplementation(((options: http.RequestOptions, done: () => void) => {
      hosts.push(`${options.protocol}//${options.hostname}`);
      return http.request({ ...options, protocol: 'http:', hostname: '127.0.0.1', port, agent: undefined }, done);
    }) as never);
    onTestFinished(() => {
      spy.mockRestore();
      vi.unstubAllEnvs();
    });
    const unset = githubSource.create({});
    await listAll(unset, 'organization', { organizations: ['acme'] });
    await new GitHubClient().organization('acme');
    expect(hosts).toEqual(['https://api.github.com', 'https://api.github.com']);
    await listAll(githubSource.create({ baseUrl: server.url }), 'organization', { organizations: ['acme'] });
    expect(hosts).toHaveLength(2);
    expect(server.requests).toHaveLength(3);
  });

  it('S3.6 private records come with the access token, public ones without, and no header is sent then', async () => {
    const store = storeOf({ acme: [0, 0, 0] });
    const [hidden] = store.repositories();
    if (hidden === undefined) throw new Error('no repository');
    store.putRepository({ ...hidden, private: true });
    const server = await serve({ store, tokens: ['hush'] });
    const count = async (accessToken?: string) => {
      const source = githubSource.create({
        baseUrl: server.url,
        ...(accessToken === undefined ? {} : { accessToken }),
      });
      return keys(await listAll(source, 'repository', { organizations: ['acme'] })).length;
    };
    expect(await count('hush')).toBe(3);
    expect(await count()).toBe(2);
    expect(await count('')).toBe(2);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer hush', undefined, undefined]);
    await expect(count('wrong')).rejects.toThrow('"Bad credentials": source.accessToken is wrong or has expired');
  });

  it('every request says who asks and what it understands', async () => {
    const server = await serve({ store: storeOf({ acme: [] }) });
    await quick(server).organization('acme');
    expect(server.requests[0]?.headers).toMatchObject({
      'user-agent': 'tidemark',
      accept: 'application/vnd.github+json',
    });
  });

  it.each([
    [{ baseUrl: 'api.github.com' }, 'baseUrl'],
    [{ baseUrl: 'ftp://host' }, 'baseUrl'],
    [{ baseUrl: 'https://user:secret@host/api/v3' }, 'baseUrl'],
    [{ baseUrl: 'https://host/api?token=secret' }, 'baseUrl'],
    [{ accessToken: 'two words' }, 'accessToken'],
    [{ accessToken: 'line\n' }, 'accessToken'],
    [{ webhookSecret: ['secret@'] }, 'webhookSecret'],
    [{ webhooksecret: 'x' }, ''],
  ])('%j is refused, without showing a value', (values, path) => {
    const { error } = githubSource.settings.safeParse(values);
    expect(error?.issues[0]?.path.join('.')).toBe(path);
    expect(JSON.stringify(error?.issues)).not.toContain('secret@');
    expect(JSON.stringify(error?.issues)).not.toContain('two words');
  });
});

describe('selectors', () => {
  it('have defaults', () => {
    expect(githubSource.kinds.repository?.parse({ organizations: ['a'] })).toEqual({
      organizations: ['a'],
      type: 'all',
    });
    expect(githubSource.kinds['pull-request']?.parse({ organizations: ['a'] })).toEqual({
      organizations: ['a'],
      type: 'all',
      state: 'open',
    });
  });

  it.each([
    ['organization', {}],
    ['organization', { organizations: [] }],
    ['organization', { organizations: ['..'] }],
    ['organization', { organizations: ['acme/website'] }],
    ['organization', { organizations: ['acme'], type: 'all' }],
    ['repository', { organizations: ['acme'], type: 'secret' }],
    ['repository', { organizations: 'acme' }],
    ['pull-request', { organizations: ['acme'], state: 'merged' }],
  ])('%s %j is refused', (kind, selector) => {
    expect(githubSource.kinds[kind]?.safeParse(selector).success).toBe(false);
  });
});

describe('listing', () => {
  it('S3.14 says what it retrieves and the size of each batch', async () => {
    const server = await serve({ store: storeOf({ acme: [1, 2, 0], 'octo-org': [0] }), pageSizeLimit: 2 });
    const source = createGitHubSource(quick(server, { pageSize: 2 }));
    const lines = async (kind: string, selector: Record<string, unknown>) => {
      const log = recordingLog();
      await collect(source.list(listRequest({ kind, selector, log })));
      return log.lines;
    };
    expect(await lines('organization', { organizations: ['acme', 'octo-org'] })).toEqual([
      'Retrieving organizations: acme, octo-org',
      'Retrieved organization batch of size: 2',
    ]);
    expect(await lines('repository', { organizations: ['acme', 'octo-org'], type: 'public' })).toEqual([
      'Retrieving public repositories for organizations: acme, octo-org',
      'Retrieved repository batch of size: 2',
      'Retrieved repository batch of size: 1',
      'Retrieved repository batch of size: 1',
    ]);
    expect(await lines('pull-request', { organizations: ['acme'] })).toEqual([
      'Retrieving open pull requests for organizations: acme',
      'Retrieved pull request batch of size: 3',
      'Retrieved pull request batch of size: 0',
    ]);
  });

  it('a list that is taken up again says only the sizes', async () => {
    const server = await serve({ store: storeOf({ acme: Array(3).fill(0) }), pageSizeLimit: 2 });
    const source = createGitHubSource(quick(server));
    const selector = { organizations: ['acme'] };
    const [first] = await listAll(source, 'repository', selector);
    const log = recordingLog();
    await collect(source.list(listRequest({ kind: 'repository', selector, cursor: first?.next ?? null, log })));
    expect(log.lines).toEqual(['Retrieved repository batch of size: 1']);
  });

  it('S3.15 asks only for the configured organizations', async () => {
    const server = await serve({ store: storeOf({ acme: [1], other: [1], third: [1] }) });
    const source = createGitHubSource(quick(server));
    for (const kind of ['organization', 'repository', 'pull-request']) {
      await listAll(source, kind, { organizations: ['acme', 'third'] });
    }
    expect(server.requests.map(({ path }) => path).filter((path) => path.includes('other'))).toEqual([]);
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/orgs/acme',
      '/orgs/third',
      '/orgs/acme/repos',
      '/orgs/third/repos',
      '/orgs/acme/repos',
      '/repos/acme/svc-000000/pulls',
      '/orgs/third/repos',
      '/repos/third/svc-000002/pulls',
    ]);
  });

  it('S3.16 hands out the organizations as one batch', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `org-${index}`);
    const server = await serve({
      store: storeOf(Object.fromEntries(names.map((name) => [name, []]))),
      pageSizeLimit: 5,
    });
    const pages = await listAll(createGitHubSource(quick(server)), 'organization', { organizations: names });
    expect(pages.map(({ next }) => next)).toEqual([null]);
    expect(keys(pages, 'login')).toEqual(names);
  });

  it('S3.20 the selector decides what is asked', async () => {
    const server = await serve({ store: storeOf({ acme: [1] }) });
    const source = createGitHubSource(quick(server));
    await listAll(source, 'repository', { organizations: ['acme'], type: 'forks' });
    await listAll(source, 'repository', { organizations: ['acme'], type: 'member' });
    await listAll(source, 'pull-request', { organizations: ['acme'], type: 'sources', state: 'closed' });
    expect(server.requests.map(({ path, query }) => `${path} ${query.type ?? query.state}`)).toEqual([
      '/orgs/acme/repos forks',
      '/orgs/acme/repos member',
      '/orgs/acme/repos sources',
      '/repos/acme/svc-000000/pulls closed',
    ]);
  });

  it('S3.24 the state reaches the source, and a pull request names its repository', async () => {
    const store = storeOf({ acme: [2, 1] });
    const [first] = store.pullRequests();
    if (first === undefined) throw new Error('no pull request');
    store.putPullRequest({ ...first, state: 'closed' });
    const source = createGitHubSource(quick(await serve({ store })));
    const count = async (state: string) => {
      const pages = await listAll(source, 'pull-request', { organizations: ['acme'], state });
      return keys(pages).length;
    };
    expect([await count('open'), await count('closed'), await count('all')]).toEqual([2, 1, 3]);
    const pages = await listAll(source, 'pull-request', { organizations: ['acme'], state: 'closed' });
    expect(pages[0]?.rows[0]).toHaveProperty('base.repo.full_name', 'acme/svc-000000');
  });

  it('an organization named twice, in whatever case, is read once', async () => {
    const source = createGitHubSource(quick(await serve({ store: storeOf({ acme: [0] }) })));
    expect(keys(await listAll(source, 'repository', { organizations: ['acme', 'ACME', 'acme'] }))).toHaveLength(1);
  });

  it('an organization without repositories is an empty page, and the end', async () => {
    const source = createGitHubSource(quick(await serve({ store: storeOf({ acme: [] }) })));
    for (const kind of ['repository', 'pull-request', 'issue']) {
      const pages = await listAll(source, kind, { organizations: ['acme'] });
      expect(pages.map(({ rows, next }) => ({ rows, next }))).toEqual([{ rows: [], next: null }]);
    }
  });

  it('an unknown kind is an error that names the kinds', async () => {
    const source = githubSource.create({});
    const error = await errorOf(listAll(source, 'release', { organizations: ['acme'] }));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toContain('no kind "release"; it has organization, repository, pull-request, issue');
  });
});

describe('pull requests', () => {
  it('small repositories share a page, large ones have pages of their own', async () => {
    const server = await serve({ store: storeOf({ acme: [...Array(10).fill(1), 250] }) });
    const pages = await listAll(createGitHubSource(quick(server)), 'pull-request', { organizations: ['acme'] });
    expect(sizes(pages)).toEqual([110, 100, 50]);
    expect(new Set(keys(pages)).size).toBe(260);
    expect(pages.at(-1)?.next).toBeNull();
  });

  it('many repositories without any still give a place to go on from', async () => {
    const server = await serve({ store: storeOf({ acme: Array(70).fill(0) }) });
    const pages = await listAll(createGitHubSource(quick(server)), 'pull-request', { organizations: ['acme'] });
    expect(sizes(pages)).toEqual([0, 0, 0]);
    expect(pages.map(({ next }) => next === null)).toEqual([false, false, true]);
    expect(server.requests).toHaveLength(71);
  });

  it('a repository that is deleted while the list is read has none', async () => {
    const store = storeOf({ acme: [1, 1, 1] });
    const server = await serve({
      store,
      intercept: ({ path }) => {
        if (path.includes('svc-000001')) store.removeRepository('acme/svc-000001');
        return undefined;
      },
    });
    const log = recordingLog();
    const source = createGitHubSource(quick(server));
    const request = listRequest({ kind: 'pull-request', selector: { organizations: ['acme'] }, log });
    expect(keys(await collect(source.list(request)))).toHaveLength(2);
    expect(log.lines).toContain('Repository 100001 in acme was deleted while its pull requests were read');
  });

  it('2.2 a repository that exists but hides its pull requests is an error', async () => {
    const server = await serve({
      store: storeOf({ acme: [1, 1] }),
      intercept: ({ route }) => (route === 'pulls' ? { fault: 'answer', status: 404 } : undefined),
    });
    const source = createGitHubSource(quick(server));
    const error = await errorOf(listAll(source, 'pull-request', { organizations: ['acme'] }));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toContain(
      'The pull requests of repository 100000 in acme cannot be read (404) though it exists',
    );
  });

  it('a repository with pull requests switched off is not asked for any', async () => {
    const store = storeOf({ acme: [1, 1] });
    const [first] = store.repositories();
    store.putRepository({ ...first, has_pull_requests: false });
    const server = await serve({ store });
    const pages = await listAll(createGitHubSource(quick(server)), 'pull-request', { organizations: ['acme'] });
    expect(keys(pages)).toHaveLength(1);
    expect(server.requests.map(({ route }) => route)).toEqual(['repositories', 'pulls']);
  });

  it('a repository without a name is an error', async () => {
    const server = await serve({ intercept: () => ({ fault: 'answer', status: 200, body: [{ id: 1 }] }) });
    const error = await errorOf(
      listAll(createGitHubSource(quick(server)), 'pull-request', { organizations: ['acme'] }),
    );
    expect(error.message).toBe('The list of repositories of acme has one without id or full_name');
  });
});
