import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceError } from '../../domain/errors.ts';
import { createGitHubServer } from '../../examples/github-server/server.ts';
import type { GitHubStore } from '../../examples/github-server/store.ts';
import { createGitHubSource } from '../../sources/github/source.ts';
import { collect, errorOf, keys, listAll, listRequest, quick, serve, storeOf, withIssues } from './support.ts';

const shapes = fc.record({
  acme: fc.array(fc.nat({ max: 7 }), { maxLength: 9 }),
  beta: fc.array(fc.nat({ max: 3 }), { maxLength: 5 }),
  gamma: fc.array(fc.nat({ max: 3 }), { maxLength: 2 }),
});
const organizations = ['acme', 'beta', 'gamma'];

describe('resuming', () => {
  it.each(['repository', 'pull-request', 'issue'])(
    'in a new process after every page gives the %s records of one pass',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(shapes, fc.integer({ min: 1, max: 5 }), async (shape, pageSize) => {
          const server = await createGitHubServer({ store: withIssues(storeOf(shape), 2) });
          const fresh = () => createGitHubSource(quick(server, { pageSize }));
          try {
            const onePass = await collect(fresh().list(listRequest({ kind, selector: { organizations } })));
            expect(onePass.at(-1)?.next).toBeNull();
            for (const [index, { next }] of onePass.entries()) {
              expect(Buffer.byteLength(next ?? '')).toBeLessThan(4096);
              if (next === null) continue;
              const rest = fresh().list(listRequest({ kind, selector: { organizations }, cursor: next }));
              expect(keys(await collect(rest))).toEqual(keys(onePass.slice(index + 1)));
            }
          } finally {
            await server.close();
          }
        }),
        { numRuns: 15 },
      );
    },
  );
});

describe('when repositories come, go and move while another process takes over', () => {
  const changes = fc.record({
    removed: fc.uniqueArray(fc.nat({ max: 11 }), { maxLength: 8 }),
    renamed: fc.uniqueArray(fc.nat({ max: 11 }), { maxLength: 2 }),
    added: fc.boolean(),
  });

  it('it reads what the first one would have read', async () => {
    const counts = fc.array(fc.nat({ max: 7 }), { minLength: 6, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        counts,
        fc.integer({ min: 1, max: 4 }),
        fc.nat({ max: 8 }),
        changes,
        async (acme, size, cut, change) => {
          const store = storeOf({ acme });
          const server = await createGitHubServer({ store });
          const fresh = () => createGitHubSource(quick(server, { pageSize: size }));
          const request = listRequest({ kind: 'pull-request', selector: { organizations: ['acme'] } });
          try {
            const first = fresh().list(request)[Symbol.asyncIterator]();
            let page = await first.next();
            for (let read = 0; read < cut && page.value?.next; read++) page = await first.next();
            if (!page.value?.next) return;
            disturb(store, change);
            const resumed = await collect(fresh().list({ ...request, cursor: page.value.next }));
            const continued = await collect({ [Symbol.asyncIterator]: () => first });
            expect(keys(resumed, 'node_id')).toEqual(keys(continued, 'node_id'));
          } finally {
            await server.close();
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  function disturb(store: GitHubStore, change: { removed: number[]; renamed: number[]; added: boolean }): void {
    const repositories = [...store.repositories()];
    for (const index of change.renamed) {
      const name = `renamed-${index}`;
      const repository = repositories[index];
      if (repository !== undefined) store.putRepository({ ...repository, name, full_name: `acme/${name}` });
    }
    for (const index of change.removed) {
      const { id } = repositories[index] ?? {};
      store.removeRepository(String(store.repositoryById(Number(id))?.full_name));
    }
    if (change.added) store.putRepository({ ...repositories[0], id: 1, full_name: 'acme/new' });
  }

  it('a repository that moved to an earlier page is not left out', async () => {
    const store = storeOf({ acme: Array(9).fill(2) });
    const server = await serve({ store });
    const fresh = () => createGitHubSource(quick(server, { pageSize: 3 }));
    const request = listRequest({ kind: 'pull-request', selector: { organizations: ['acme'] } });
    // Two repositories fill a page; the second page ends with the first repository of the second page of repositories.
    const pages = fresh().list(request)[Symbol.asyncIterator]();
    await pages.next();
    const { value } = await pages.next();
    for (const gone of ['acme/svc-000000', 'acme/svc-000001', 'acme/svc-000003']) store.removeRepository(gone);
    const rest = await collect(fresh().list({ ...request, cursor: value.next }));
    const numbers = rest.flatMap(({ rows }) => rows.map(({ title }) => title));
    for (const name of ['svc-000004', 'svc-000005']) {
      expect(numbers).toEqual(
        expect.arrayContaining([`Change 1 in ${name}, revision 0`, `Change 2 in ${name}, revision 0`]),
      );
    }
  });
});

describe('a cursor', () => {
  it.each([
    ['is not JSON', 'page 2'],
    ['has another shape', '{"page":2}'],
    ['names an organization that the selector does not', '{"organization":"other","page":null}'],
  ])('that %s is an error', async (_name, cursor) => {
    const server = await serve({ store: storeOf({ acme: [0], other: [0] }) });
    const list = createGitHubSource(quick(server)).list(
      listRequest({ kind: 'repository', selector: { organizations: ['acme'] }, cursor }),
    );
    expect(await errorOf(collect(list))).toBeInstanceOf(SourceError);
  });

  it('cannot lead to another origin', async () => {
    const elsewhere = await serve();
    const server = await serve();
    const url = `//${new URL(elsewhere.url).host}/orgs/acme/repos`;
    const cursor = JSON.stringify({ organization: 'acme', page: { url, count: 1, mark: '' } });
    const list = createGitHubSource(quick(server)).list(
      listRequest({ kind: 'repository', selector: { organizations: ['acme'] }, cursor }),
    );
    expect((await errorOf(collect(list))).message).toContain('another origin');
    expect(elsewhere.requests).toHaveLength(0);
  });

  it('that would be over 4 KB is an error', async () => {
    const server = await serve({
      intercept: ({ headers }) => ({
        fault: 'answer',
        status: 200,
        headers: { link: `<http://${headers.host}/x?cursor=${'c'.repeat(5000)}>; rel="next"` },
        body: [{ id: 1 }],
      }),
    });
    const error = await errorOf(listAll(createGitHubSource(quick(server)), 'repository', { organizations: ['acme'] }));
    expect(error.message).toContain('does not fit into 4096 bytes');
  });
});
