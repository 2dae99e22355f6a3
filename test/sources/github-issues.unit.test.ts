import { describe, expect, it } from 'vitest';
import type { RawRecord } from '../../domain/json.ts';
import type { GitHubServerOptions } from '../../examples/github-server/server.ts';
import type { GitHubStore } from '../../examples/github-server/store.ts';
import { createGitHubSource, githubSource } from '../../sources/github/source.ts';
import {
  collect,
  errorOf,
  keys,
  listAll,
  listRequest,
  quick,
  recordingLog,
  serve,
  sizes,
  storeOf,
  withIssues,
} from './support.ts';

const organizations = ['acme'];

describe('listing issues', () => {
  it('pages of a large repository, and small repositories in one page', async () => {
    const store = withIssues(storeOf({ acme: [0, 0, 0] }), 60);
    const server = await serve({ store });
    const pages = await listAll(createGitHubSource(quick(server)), 'issue', { organizations });
    expect(sizes(pages)).toEqual([120, 60]);
    expect(new Set(keys(pages)).size).toBe(180);
    const [query] = server.requests.filter(({ route }) => route === 'issues').map(({ query }) => query);
    expect(query).toEqual({ state: 'open', per_page: '100', limit: '100' });
  });

  it('pull requests, which GitHub lists among them, are left out', async () => {
    const store = withIssues(storeOf({ acme: [7, 3] }), 2);
    const server = await serve({ store, pageSizeLimit: 4 });
    const pages = await listAll(createGitHubSource(quick(server)), 'issue', { organizations });
    expect(keys(pages, 'node_id').toSorted()).toEqual(['I_0', 'I_1', 'I_2', 'I_3']);
  });

  it('the state reaches the source, and a log says what is retrieved', async () => {
    const store = withIssues(storeOf({ acme: [0] }), 3);
    const [first] = store.issues();
    store.putIssue({ ...first, state: 'closed' });
    const source = createGitHubSource(quick(await serve({ store })));
    const count = async (state: string) => keys(await listAll(source, 'issue', { organizations, state })).length;
    expect([await count('open'), await count('closed'), await count('all')]).toEqual([2, 1, 3]);
    const log = recordingLog();
    await collect(source.list(listRequest({ kind: 'issue', selector: { organizations }, log })));
    expect(log.lines).toEqual(['Retrieving open issues for organizations: acme', 'Retrieved issue batch of size: 2']);
  });

  it('every issue comes with its repository, also where another process goes on in the middle of one', async () => {
    const store = withIssues(storeOf({ acme: [0, 0] }), 5);
    const server = await serve({ store });
    const fresh = () => createGitHubSource(quick(server, { pageSize: 2 }));
    const request = listRequest({ kind: 'issue', selector: { organizations } });
    const names: unknown[] = [];
    for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
      const { value } = await fresh()
        .list({ ...request, cursor })
        [Symbol.asyncIterator]()
        .next();
      names.push(...value.rows.map(({ repository }: RawRecord) => (repository as RawRecord).full_name));
      cursor = value.next;
    }
    expect(names).toEqual([...Array(5).fill('acme/svc-000000'), ...Array(5).fill('acme/svc-000001')]);
  });

  it('a repository with issues switched off is not asked for any', async () => {
    const store = withIssues(storeOf({ acme: [1, 1] }), 1);
    store.putRepository({ ...store.repositories()[0], has_issues: false });
    const server = await serve({ store });
    expect(keys(await listAll(createGitHubSource(quick(server)), 'issue', { organizations }))).toHaveLength(1);
    expect(server.requests.map(({ route }) => route)).toEqual(['repositories', 'issues']);
  });

  it('one that has them switched off while the list is read has none', async () => {
    const store = withIssues(storeOf({ acme: [0, 0] }), 1);
    const [first] = store.repositories();
    const server = await serve({
      store,
      intercept: ({ route }) => {
        if (route === 'issues') store.putRepository({ ...first, has_issues: false });
        return undefined;
      },
    });
    const pages = await listAll(createGitHubSource(quick(server)), 'issue', { organizations });
    expect(keys(pages, 'node_id')).toEqual(['I_1']);
  });

  it('2.2 a repository that exists but hides its issues is an error', async () => {
    const server = await serve({
      store: withIssues(storeOf({ acme: [0] }), 1),
      intercept: ({ route }) => (route === 'issues' ? { fault: 'answer', status: 404 } : undefined),
    });
    const error = await errorOf(listAll(createGitHubSource(quick(server)), 'issue', { organizations }));
    expect(error.message).toContain('The issues of repository 100000 in acme cannot be read (404) though it exists');
  });
});

describe('an issue by itself', () => {
  const source = githubSource.create({});

  it.each<[RawRecord, string | null, string | null]>([
    [{ node_id: 'I_1', number: 3, repository: { full_name: 'acme/web' } }, 'I_1', '/repos/acme/web/issues/3'],
    [{ id: 5, number: 3, repository: { full_name: 'acme/..' } }, 'issue:5', null],
    [{ id: 5, number: 3 }, 'issue:5', null],
  ])('%j is known by %s at %s', (record, key, locator) => {
    expect(source.identify('issue', record)).toEqual({ key, locator });
  });

  async function listedIn(store: GitHubStore, options: Partial<GitHubServerOptions> = {}) {
    const server = await serve({ store, ...options });
    const found = createGitHubSource(quick(server));
    const [record = {}] = (await listAll(found, 'issue', { organizations })).flatMap(({ rows }) => rows);
    const { key, locator } = found.identify('issue', record);
    const request = { kind: 'issue', key: key ?? '', locator: locator ?? '', log: recordingLog() };
    return { record, lookup: () => found.lookup({ ...request, signal: new AbortController().signal }) };
  }

  it('is looked up as it was listed, with its repository', async () => {
    const { record, lookup } = await listedIn(withIssues(storeOf({ acme: [1] }), 1));
    expect(record).toHaveProperty('repository.full_name', 'acme/svc-000000');
    expect(await lookup()).toEqual(record);
  });

  it('is found where its repository was renamed', async () => {
    const store = withIssues(storeOf({ acme: [0] }), 1);
    const { record, lookup } = await listedIn(store);
    store.putRepository({ ...store.repositories()[0], name: 'new', full_name: 'acme/new' });
    const found = await lookup();
    expect(found).toHaveProperty('node_id', record.node_id);
    expect(found).toHaveProperty('repository.full_name', 'acme/new');
  });

  it('3.2 is gone when it was deleted, and with its repository', async () => {
    const store = withIssues(storeOf({ acme: [0, 0] }), 1);
    const { lookup } = await listedIn(store);
    store.removeIssue('acme/svc-000000', 1);
    expect(await lookup()).toBeNull();
    store.removeRepository('acme/svc-000000');
    expect(await lookup()).toBeNull();
  });

  it('3.2 is gone when it was transferred: in the other repository it is another issue', async () => {
    const store = withIssues(storeOf({ acme: [0, 0] }), 1);
    let moved = false;
    const { lookup } = await listedIn(store, {
      intercept: ({ path }) => {
        if (!moved || path !== '/repos/acme/svc-000000/issues/1') return undefined;
        return { fault: 'answer', status: 301, headers: { location: '/repos/acme/svc-000001/issues/1' } };
      },
    });
    moved = true;
    expect(await lookup()).toBeNull();
  });

  it('and so is one whose number a pull request has', async () => {
    const store = withIssues(storeOf({ acme: [1] }), 1);
    const { lookup } = await listedIn(store);
    const [pull] = store.pullRequests();
    store.removeIssue('acme/svc-000000', 2);
    store.putPullRequest({ ...pull, number: 2 });
    expect(await lookup()).toBeNull();
  });

  it('that does not name its repository is an error and not "gone"', async () => {
    const { lookup } = await listedIn(withIssues(storeOf({ acme: [0] }), 1), {
      intercept: ({ route }) => {
        if (route !== 'issue') return undefined;
        const alter = (answer: { body: string | Buffer; status: number; headers: Record<string, string> }) => {
          const { repository_url: _, ...rest } = JSON.parse(answer.body.toString());
          return { ...answer, body: JSON.stringify(rest) };
        };
        return { fault: 'alter', alter };
      },
    });
    await expect(lookup()).rejects.toThrow('The record of issue 1 does not name its repository');
  });

  const repository = { full_name: 'acme/web', private: true, fork: false, owner: { login: 'Acme' } };
  const issue = { state: 'closed', repository };

  it.each<[RawRecord, Record<string, unknown>, boolean]>([
    [issue, { state: 'all' }, true],
    [issue, { state: 'closed', type: 'private' }, true],
    [issue, {}, false],
    [issue, { state: 'all', type: 'public' }, false],
    [issue, { organizations: ['other'], state: 'all' }, false],
    [{ ...issue, pull_request: null }, { state: 'all' }, true],
    [{ ...issue, pull_request: { url: '' } }, { state: 'all' }, false],
    [{ state: 'open' }, {}, false],
  ])('6.5 %j is held against the selector %j: %s', (record, fields, expected) => {
    expect(source.admits?.('issue', { organizations, ...fields }, record)).toBe(expected);
  });
});
