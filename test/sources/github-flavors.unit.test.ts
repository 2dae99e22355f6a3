import { describe, expect, it } from 'vitest';
import type { FlavorName } from '../../examples/github-server/flavors.ts';
import { octokitExamples } from '../../examples/github-server/octokit-examples.ts';
import { githubSource } from '../../sources/github/source.ts';
import { keys, listAll, recordingLog, serve, sizes, storeOf, withIssues } from './support.ts';

const flavors: readonly [FlavorName, string, number[]][] = [
  ['github', '', [100, 20]],
  ['enterprise', '/api/v3', [100, 20]],
  ['gitea', '/api/v1', [50, 50, 20]],
];

describe.each(flavors)('%s', (flavor, base, pageSizes) => {
  it('every kind is read and every record found again', async () => {
    const store = withIssues(storeOf({ acme: [...Array(119).fill(0), 120], 'octo-org': [3] }), 1);
    const server = await serve({ store, flavor });
    expect(new URL(server.url).pathname).toBe(base === '' ? '/' : base);
    const source = githubSource.create({ baseUrl: server.url });
    const kinds = { organization: [2], repository: [...pageSizes, 1], 'pull-request': null, issue: null };
    for (const [kind, expected] of Object.entries(kinds)) {
      const pages = await listAll(source, kind, { organizations: ['acme', 'octo-org'] });
      if (expected !== null) expect(sizes(pages)).toEqual(expected);
      const records = pages.flatMap(({ rows }) => [...rows]);
      const identities = records.map((record) => source.identify(kind, record));
      expect(new Set(identities.map(({ key }) => key)).size).toBe(
        { organization: 2, repository: 121, 'pull-request': 123, issue: 121 }[kind],
      );
      for (const at of [0, records.length - 1]) {
        const { key, locator } = identities[at] ?? {};
        const request = {
          kind,
          key: key ?? '',
          locator: locator ?? '',
          signal: new AbortController().signal,
          log: recordingLog(),
        };
        expect(await source.lookup(request)).toEqual(records[at]);
      }
    }
    expect(server.requests.every(({ status }) => status === 200)).toBe(true);
  });

  it('a trailing slash in the base URL does no harm', async () => {
    const server = await serve({ store: storeOf({ acme: [1] }), flavor });
    const source = githubSource.create({ baseUrl: `${server.url}/` });
    expect(keys(await listAll(source, 'pull-request', { organizations: ['acme'] }))).toHaveLength(1);
    expect(server.requests.map(({ path }) => path)).toEqual(['/orgs/acme/repos', '/repos/acme/svc-000000/pulls']);
  });

  it('only repositories of the type asked for come, whether the API knows the parameter or not', async () => {
    const store = storeOf({ acme: [1, 1, 1] });
    const [first, second] = store.repositories();
    store.putRepository({ ...first, private: true });
    store.putRepository({ ...second, fork: true });
    const source = githubSource.create({ baseUrl: (await serve({ store, flavor })).url });
    const repositories = async (type: string) =>
      keys(await listAll(source, 'repository', { organizations: ['acme'], type }), 'name');
    expect(await repositories('all')).toHaveLength(3);
    expect(await repositories('private')).toEqual(['svc-000000']);
    expect(await repositories('public')).toEqual(['svc-000001', 'svc-000002']);
    expect(await repositories('forks')).toEqual(['svc-000001']);
    expect(await repositories('sources')).toEqual(['svc-000000', 'svc-000002']);
    const pulls = await listAll(source, 'pull-request', { organizations: ['acme'], type: 'forks' });
    expect(pulls[0]?.rows.map(({ base }) => base)).toMatchObject([{ repo: { name: 'svc-000001' } }]);
  });
});

it("reads all of GitHub's published examples", async () => {
  const store = octokitExamples();
  const source = githubSource.create({ baseUrl: (await serve({ store })).url });
  const organizations = store.organizations().map(({ login }) => String(login));
  const repositories = await listAll(source, 'repository', { organizations });
  const pulls = await listAll(source, 'pull-request', { organizations });
  expect(keys(await listAll(source, 'organization', { organizations }), 'login')).toEqual(organizations);
  expect(keys(repositories, 'full_name')).toContain('octo-org/octo-repo');
  expect(keys(repositories)).toHaveLength(8);
  expect(keys(pulls, 'number').toSorted()).toEqual([118, 2]);
});
