import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawRecord } from '../../domain/json.ts';
import { createGitHubServer } from '../../examples/github-server/server.ts';
import type { GitHubStore } from '../../examples/github-server/store.ts';
import { createGitHubSource } from '../../sources/github/source.ts';
import { collect, keys, listAll, listRequest, quick, recordingLog, serve, storeOf, withIssues } from './support.ts';

const organizations = ['acme'];
const selector = { organizations, state: 'all' };
const KINDS = ['pull-request', 'issue'] as const;
type Kind = (typeof KINDS)[number];

/** `second` after 2025-06-01T00:00:00Z. */
const at = (second: number): string => new Date(Date.UTC(2025, 5, 1) + second * 1000).toISOString().replace('.000', '');

function itemsOf(store: GitHubStore, kind: Kind): readonly RawRecord[] {
  return kind === 'issue' ? store.issues() : store.pullRequests();
}

function put(store: GitHubStore, kind: Kind, record: RawRecord): void {
  if (kind === 'issue') store.putIssue(record);
  else store.putPullRequest(record);
}

/** Repositories with that many items each; the nth item changed in the nth second. */
function changedInTurn(kind: Kind, counts: readonly number[]): GitHubStore {
  const store = kind === 'issue' ? storeOf({ acme: counts.map(() => 0) }) : storeOf({ acme: counts });
  if (kind === 'issue') withIssues(store, Math.max(0, ...counts));
  for (const [index, record] of itemsOf(store, kind).entries()) put(store, kind, { ...record, updated_at: at(index) });
  return store;
}

const request = (kind: Kind, since: string | null) => listRequest({ kind, selector, since });

describe('2.8 a list of what changed since a time', () => {
  it('holds pull requests up to that time, inclusive, and no page further on is asked for', async () => {
    const store = changedInTurn('pull-request', [10, 10]);
    const server = await serve({ store });
    const source = createGitHubSource(quick(server, { pageSize: 3 }));
    const pages = await collect(source.list(request('pull-request', at(14))));
    expect(keys(pages, 'updated_at').toSorted()).toEqual([14, 15, 16, 17, 18, 19].map(at));
    const pulls = server.requests.filter(({ route }) => route === 'pulls');
    expect(pulls.map(({ path, page }) => `${path} ${page}`)).toEqual([
      '/repos/acme/svc-000000/pulls 1',
      '/repos/acme/svc-000001/pulls 1',
      '/repositories/100001/pulls 2',
      '/repositories/100001/pulls 3',
    ]);
    for (const { query } of pulls) expect(query).toMatchObject({ state: 'all', sort: 'updated', direction: 'desc' });
  });

  it('holds issues from that time on, inclusive, and asks for nothing older', async () => {
    const store = changedInTurn('issue', [10, 10]);
    const server = await serve({ store });
    const source = createGitHubSource(quick(server, { pageSize: 4 }));
    const pages = await collect(source.list(request('issue', at(14))));
    expect([...new Set(keys(pages, 'updated_at'))]).toEqual([14, 15, 16, 17, 18, 19].map(at));
    const issues = server.requests.filter(({ route }) => route === 'issues');
    expect(issues.map(({ path, query }) => `${path} ${query.since}`)).toEqual([
      `/repos/acme/svc-000000/issues ${at(14)}`,
      `/repos/acme/svc-000001/issues ${at(14)}`,
      `/repos/acme/svc-000001/issues ${at(17)}`,
    ]);
  });

  it.each(KINDS)('counts the whole second that a %s changed in: times have no fractions there', async (kind) => {
    const source = createGitHubSource(quick(await serve({ store: changedInTurn(kind, [3]) })));
    const pages = await collect(source.list(request(kind, '2025-06-01T00:00:01.900Z')));
    expect(keys(pages, 'updated_at').toSorted()).toEqual([at(1), at(2)]);
  });

  it.each(KINDS)('many %ss of one second are all there', async (kind) => {
    const store = changedInTurn(kind, [12]);
    for (const record of itemsOf(store, kind).slice(2, 11)) put(store, kind, { ...record, updated_at: at(50) });
    const source = createGitHubSource(quick(await serve({ store }), { pageSize: 3 }));
    const pages = await collect(source.list(request(kind, at(1))));
    expect(new Set(keys(pages))).toEqual(
      new Set(
        itemsOf(store, kind)
          .slice(1)
          .map(({ id }) => id),
      ),
    );
  });

  it.each(KINDS)('keeps to the selector: a %s of another state is left out', async (kind) => {
    const store = changedInTurn(kind, [3]);
    const [, second] = itemsOf(store, kind);
    put(store, kind, { ...second, state: 'closed' });
    const source = createGitHubSource(quick(await serve({ store })));
    const states = { open: [at(0), at(2)], closed: [at(1)], all: [at(0), at(1), at(2)] };
    for (const [state, expected] of Object.entries(states)) {
      const list = source.list(listRequest({ kind, selector: { organizations, state }, since: at(0) }));
      expect(keys(await collect(list), 'updated_at').toSorted()).toEqual(expected);
    }
  });

  it('a record that does not tell when it changed is kept', async () => {
    const store = changedInTurn('pull-request', [4]);
    const [first] = store.pullRequests();
    store.putPullRequest({ ...first, updated_at: null });
    const source = createGitHubSource(quick(await serve({ store }), { pageSize: 2 }));
    expect(keys(await collect(source.list(request('pull-request', at(3)))), 'updated_at')).toContain(null);
  });

  it('the log says since when', async () => {
    const log = recordingLog();
    const source = createGitHubSource(quick(await serve({ store: changedInTurn('issue', [1]) })));
    await collect(source.list({ ...request('issue', at(0)), log }));
    expect(log.lines[0]).toBe(`Retrieving all issues that changed since ${at(0)} for organizations: acme`);
  });

  it.each(KINDS)('without a time %ss are asked for as before', async (kind) => {
    const server = await serve({ store: changedInTurn(kind, [2]) });
    await listAll(createGitHubSource(quick(server)), kind, selector);
    expect(server.requests.at(-1)?.query).toEqual({ state: 'all', per_page: '100', limit: '100' });
  });

  it.each(KINDS)('%ss of an API that does not know the order are read to the end', async (kind) => {
    const store = changedInTurn(kind, [12]);
    const [first] = itemsOf(store, kind);
    put(store, kind, { ...first, updated_at: at(5) });
    const last = itemsOf(store, kind).at(-1);
    put(store, kind, { ...last, updated_at: at(90) });
    const server = await serve({ store, flavor: 'gitea' });
    const source = createGitHubSource(quick(server, { pageSize: 3 }));
    const pages = await collect(source.list(request(kind, at(10))));
    expect(keys(pages, 'updated_at').toSorted()).toEqual([at(10), at(90)]);
  });

  it.each(KINDS)(
    'a list of %ss that another process takes up after every page goes on with the same time',
    async (kind) => {
      const store = changedInTurn(kind, [9, 9, 0, 9]);
      const server = await serve({ store, pageSizeLimit: 2 });
      const fresh = () => createGitHubSource(quick(server, { pageSize: 2 }));
      const onePass = await collect(fresh().list(request(kind, at(5))));
      expect(onePass.length).toBeGreaterThan(3);
      for (const [index, { next }] of onePass.entries()) {
        expect(Buffer.byteLength(next ?? '')).toBeLessThan(4096);
        if (next === null) continue;
        const rest = await collect(fresh().list({ ...request(kind, at(5)), cursor: next }));
        expect(keys(rest)).toEqual(keys(onePass.slice(index + 1)));
      }
    },
  );
});

describe('2.8 a page tells how far it reaches', () => {
  const clock = (second: number) => new Date(Date.UTC(2025, 8, 1, 0, 0, second));

  /** A server whose clock goes on by a second with each answer. */
  async function ticking(store: GitHubStore, dateless = -1) {
    const server = await serve({
      store,
      intercept: ({ index }) => ({
        fault: 'alter',
        alter: ({ headers, ...answer }) => ({
          ...answer,
          headers: { ...headers, date: index === dateless ? 'soon' : clock(index).toUTCString() },
        }),
      }),
    });
    return createGitHubSource(quick(server, { pageSize: 3 }));
  }

  it.each(KINDS)(
    'by the clock of the earliest answer that its %ss depend on: that of the repositories',
    async (kind) => {
      const source = await ticking(changedInTurn(kind, [2, 2, 2, 2, 2]));
      const list = () => source.list(request(kind, null));
      // Three repositories a page: answer 0 lists the first three, answer 4 the others.
      expect((await collect(list())).map((page) => page.clock)).toEqual(
        [0, 0, 4].map((second) => clock(second).toISOString()),
      );
    },
  );

  it('also where another process goes on', async () => {
    const source = await ticking(changedInTurn('issue', [2, 2, 2]));
    const [first] = await collect(source.list(request('issue', null)));
    const [second] = await collect(source.list({ ...request('issue', null), cursor: first?.next ?? null }));
    expect(second?.clock).toBe(clock(0).toISOString());
  });

  it('an answer without a clock makes it unknown, never later', async () => {
    const store = changedInTurn('pull-request', [2, 2]);
    for (const dateless of [0, 1, 2]) {
      const [page] = await collect((await ticking(store, dateless)).list(request('pull-request', null)));
      expect(page?.clock).toBeNull();
    }
  });

  it.each(KINDS)('and by the latest change among its %ss', async (kind) => {
    const source = createGitHubSource(quick(await serve({ store: changedInTurn(kind, [3, 0, 1]) }), { pageSize: 3 }));
    const pages = await collect(source.list(request(kind, at(0))));
    expect(pages.map(({ rows }) => rows.length > 0)).toContain(true);
    for (const { rows, modified } of pages) {
      const latest = rows
        .map((row) => String(row.updated_at))
        .sort()
        .at(-1);
      expect(modified).toBe(latest === undefined ? null : new Date(latest).toISOString());
    }
  });
});

describe('2.8 whatever moves while the list is read', () => {
  const moves = fc.array(
    fc.record({
      /** The request before which it happens. */
      before: fc.nat({ max: 25 }),
      what: fc.constantFrom('change', 'close', 'delete', 'create'),
      which: fc.nat({ max: 40 }),
    }),
    { maxLength: 12 },
  );
  // No more of them than a page of repositories holds.
  const losses = fc.array(
    fc.record({ before: fc.nat({ max: 25 }), what: fc.constant('delete repository'), which: fc.nat({ max: 40 }) }),
    { maxLength: 2 },
  );

  it.each(KINDS)(
    'each %s that changed since then and stays as it is, is read',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 8 }),
          fc.integer({ min: 2, max: 4 }),
          fc.nat({ max: 20 }),
          fc.tuple(moves, losses).map((lists) => lists.flat()),
          async (counts, pageSize, second, plan) => {
            const store = changedInTurn(kind, counts);
            const before = itemsOf(store, kind);
            const server = await createGitHubServer({
              store,
              intercept: ({ index }) => {
                for (const move of plan.filter((one) => one.before === index)) disturb(store, { ...move, kind });
                return undefined;
              },
            });
            try {
              const source = createGitHubSource(quick(server, { pageSize }));
              const open = listRequest({ kind, selector: { organizations }, since: at(second) });
              const read = new Set(keys(await collect(source.list(open)), 'node_id'));
              const after = new Set(itemsOf(store, kind));
              const owed = before.filter((record) => after.has(record) && String(record.updated_at) >= at(second));
              expect(owed.filter(({ node_id }) => !read.has(node_id))).toEqual([]);
            } finally {
              await server.close();
            }
          },
        ),
        { numRuns: 60 },
      );
    },
    60_000,
  );

  it.each(KINDS)('a %s that was read and is closed moves no other one out of sight', async (kind) => {
    const store = changedInTurn(kind, [6]);
    const [first] = itemsOf(store, kind);
    const last = itemsOf(store, kind).at(-1);
    const server = await serve({
      store,
      intercept: ({ index }) => {
        const read = kind === 'issue' ? first : last;
        if (index === 2) put(store, kind, { ...read, state: 'closed', updated_at: at(1000) });
        return undefined;
      },
    });
    const source = createGitHubSource(quick(server, { pageSize: 2 }));
    const open = listRequest({ kind, selector: { organizations }, since: at(0) });
    expect(new Set(keys(await collect(source.list(open)))).size).toBe(6);
  });

  let later = 1000;

  function disturb(store: GitHubStore, { kind, what, which }: { kind: Kind; what: string; which: number }): void {
    const records = itemsOf(store, kind);
    const record = records[which % records.length];
    const repository = store.repositories()[which % store.repositories().length];
    const updated_at = at(later++);
    if (what === 'delete repository' && repository) store.removeRepository(String(repository.full_name));
    if (record === undefined) return;
    if (what === 'change') put(store, kind, { ...record, updated_at });
    if (what === 'close') put(store, kind, { ...record, state: 'closed', updated_at });
    if (what === 'create')
      put(store, kind, { ...record, id: later, node_id: `new ${later}`, number: later, updated_at });
    // Pull requests cannot be deleted at GitHub.
    if (what === 'delete' && kind === 'issue') {
      store.removeIssue(String(record.repository_url).split('/').slice(-2).join('/'), Number(record.number));
    }
  }
});
