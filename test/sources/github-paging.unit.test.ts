import { describe, expect, it } from 'vitest';
import { SourceError } from '../../domain/errors.ts';
import type { Fault } from '../../examples/github-server/faults.ts';
import { nextLink } from '../../sources/http-client/link-header.ts';
import { collect, errorOf, keys, quick, serve, sizes, storeOf } from './support.ts';

/** The proper answer with another Link header. */
function linked(link: string): Fault {
  return { fault: 'alter', alter: (answer) => ({ ...answer, headers: { ...answer.headers, link } }) };
}

describe('paging', () => {
  it('S3.22 reads 240 repositories in pages of 100, 100 and 40, with the type as a parameter', async () => {
    const server = await serve({ store: storeOf({ acme: Array(240).fill(0) }) });
    const pages = await collect(quick(server).repositories(['acme'], 'public'));
    expect(sizes(pages)).toEqual([100, 100, 40]);
    expect(pages.map(({ next }) => next === null)).toEqual([false, false, true]);
    expect(new Set(keys(pages)).size).toBe(240);
    expect(server.requests.map(({ query }) => query.type)).toEqual(['public', 'public', 'public']);
    // GitHub's own links lead to another path than the one that was asked for first.
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/orgs/acme/repos',
      '/organizations/1000/repos',
      '/organizations/1000/repos',
    ]);
  });

  it('S3.22 asks for page 2 only when page 1 was taken', async () => {
    const server = await serve({ store: storeOf({ acme: Array(5).fill(0) }), pageSizeLimit: 2 });
    const pages = quick(server).repositories(['acme']);
    expect(server.requests).toHaveLength(0);
    await pages.next();
    expect(server.requests.map(({ page }) => page)).toEqual([1]);
    await pages.next();
    expect(server.requests.map(({ page }) => page)).toEqual([1, 2]);
    await pages.return(undefined);
    expect(server.requests).toHaveLength(2);
  });

  it('goes by the link and never by the number of rows', async () => {
    const store = storeOf({ acme: Array(6).fill(0) });
    const server = await serve({
      store,
      pageSizeLimit: 3,
      // Fewer rows than asked for on page 1, none at all on page 2, and no next page after a full one.
      intercept: ({ page, headers }) => {
        if (page === 1) return { fault: 'alter', alter: (answer) => ({ ...answer, body: '[{"id":1}]' }) };
        if (page === 3) return { fault: 'answer', status: 200, body: [{ id: 3 }, { id: 4 }, { id: 5 }] };
        const link = `<http://${headers.host}/organizations/1000/repos?page=3>; rel="next"`;
        return { fault: 'answer', status: 200, headers: { link }, body: [] };
      },
    });
    const pages = await collect(quick(server, { pageSize: 3 }).repositories(['acme']));
    expect(sizes(pages)).toEqual([1, 0, 3]);
    expect(server.requests).toHaveLength(3);
  });

  it('refuses a next page at another origin and sends nothing there', async () => {
    const elsewhere = await serve();
    const server = await serve({
      store: storeOf({ acme: [0] }),
      intercept: () => linked(`<${elsewhere.url}/orgs/acme/repos?page=2>; rel="next"`),
    });
    const error = await errorOf(collect(quick(server, { accessToken: 'hush' }).repositories(['acme'])));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toContain(`leads to ${elsewhere.url}, another origin than source.baseUrl (${server.url})`);
    expect(elsewhere.requests).toHaveLength(0);
  });

  it.each([
    ['the same page', (page: number) => page],
    ['the first page', () => 1],
    ['the page before', (page: number) => Math.max(1, page + (page % 5 === 0 ? -4 : 1))],
  ])('refuses a paging that leads to %s for ever', async (_what, follow) => {
    const server = await serve({
      store: storeOf({ acme: Array(9).fill(0) }),
      pageSizeLimit: 1,
      intercept: ({ page, headers }) =>
        linked(`<http://${headers.host}/organizations/1000/repos?page=${follow(page)}>; rel="next"`),
    });
    const error = await errorOf(collect(quick(server).repositories(['acme'])));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toContain('the paging never ends');
    expect(server.requests.length).toBeLessThan(20);
  });

  it('refuses an endless paging of which every page is read by another process', async () => {
    const server = await serve({
      store: storeOf({ acme: [0] }),
      intercept: ({ page, headers }) =>
        linked(`<http://${headers.host}/organizations/1000/repos?page=${(page % 3) + 1}>; rel="next"`),
    });
    let after: string | null = null;
    const readOn = async (): Promise<void> => {
      for (;;) {
        const page = await quick(server).repositories(['acme'], 'all', { after }).next();
        after = page.value.next;
      }
    };
    expect((await errorOf(readOn())).message).toContain('the paging never ends');
    expect(server.requests.length).toBeLessThan(20);
  });

  it('refuses a Link header that it cannot read instead of taking the page for the last one', async () => {
    const server = await serve({ store: storeOf({ acme: [0] }), intercept: () => linked('page=2; rel="next"') });
    const error = await errorOf(collect(quick(server).repositories(['acme'])));
    expect(error.message).toBe(`The Link header of GET ${server.url}/orgs/acme/repos cannot be read at character 0`);
  });
});

describe('Link header', () => {
  it.each<[string, string | null]>([
    ['<https://a/?page=2>; rel="next"', 'https://a/?page=2'],
    ['<https://a/?page=2>;rel=next', 'https://a/?page=2'],
    [
      '<https://a/?page=1>; rel="prev", <https://a/?page=3>; rel="next", <https://a/?page=9>; rel="last"',
      'https://a/?page=3',
    ],
    ['<https://a/?q=1,2;3>; title="a, b; rel=\\"x\\""; rel="last next"', 'https://a/?q=1,2;3'],
    ['<https://a/?page=2>; REL="Next"', 'https://a/?page=2'],
    ['<https://a/?page=1>; rel="first"', null],
    ['<https://a/?rel="next">; rel="last"', null],
    ['', null],
  ])('%s', (link, next) => {
    expect(nextLink({ link, url: 'https://a/' })).toBe(next);
  });

  it.each(['nonsense', '<https://a/?page=2', '<https://a>; rel="prev" <https://a>; rel="next" x'])(
    'cannot read %s',
    (link) => {
      expect(() => nextLink({ link, url: 'https://a/' })).toThrow(SourceError);
    },
  );
});

describe('redirects', () => {
  it('follows a renamed repository on the same origin, with the token', async () => {
    const store = storeOf({ acme: [3] });
    const [repository] = store.repositories();
    if (repository === undefined) throw new Error('no repository');
    const server = await serve({ store, tokens: ['hush'] });
    const path = `/repos/${repository.full_name}/pulls/2`;
    store.putRepository({ ...repository, name: 'renamed', full_name: 'acme/renamed' });
    const record = await quick(server, { accessToken: 'hush' }).lookup(path);
    expect(record?.number).toBe(2);
    expect(server.requests.map(({ status }) => status)).toEqual([301, 200]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer hush', 'Bearer hush']);
  });

  it.each([301, 302, 307, 308])('refuses a %i to another origin, and the token does not leave', async (status) => {
    const elsewhere = await serve();
    const server = await serve({
      intercept: () => ({ fault: 'answer', status, headers: { location: `${elsewhere.url}/orgs/acme` } }),
    });
    const error = await errorOf(quick(server, { accessToken: 'hush' }).organization('acme'));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toContain('another origin than source.baseUrl');
    expect(elsewhere.requests).toHaveLength(0);
  });

  it('gives up on redirects that go round in circles', async () => {
    const server = await serve({
      intercept: () => ({ fault: 'answer', status: 302, headers: { location: '/orgs/acme' } }),
    });
    const error = await errorOf(quick(server).organization('acme'));
    expect(error.message).toBe(`GET ${server.url}/orgs/acme was redirected more than 5 times: check source.baseUrl`);
    expect(server.requests).toHaveLength(6);
  });

  it('says so when a redirect names no address', async () => {
    const server = await serve({ intercept: () => ({ fault: 'answer', status: 301 }) });
    const error = await errorOf(quick(server).organization('acme'));
    expect(error.message).toBe(`GET ${server.url}/orgs/acme answered 301, and its Location header is missing`);
  });
});
