import { describe, expect, it } from 'vitest';
import type { RawRecord } from '../../domain/json.ts';
import type { Fault } from '../../examples/github-server/faults.ts';
import { answer, type Handler, type RestRequest } from '../support/rest-server.ts';
import { ids, pagesByCursor, pagesOf, records, restSource, timeless } from './http-support.ts';
import { errorOf, sizes } from './support.ts';

type Paging = string | Readonly<Record<string, unknown>>;

/** Reads a kind of which the server answers what the handler says; `items` as the styles below need it. */
const reading = (paging: Paging, handler: Handler, more: Readonly<Record<string, unknown>> = {}) =>
  restSource({ thing: { path: '/things', paging, ...more } }, handler);

const pageOf = (rows: readonly RawRecord[], { query }: RestRequest, size: number): readonly RawRecord[] => {
  const page = Number(query.page);
  return rows.slice((page - 1) * size, page * size);
};

const byLink =
  (rows: readonly RawRecord[], size: number): Handler =>
  (request) => {
    const page = Number(request.query.page ?? 1);
    const more = page * size < rows.length;
    const next = `</api/things?page=${page + 1}>; rel="next"`;
    return answer(rows.slice((page - 1) * size, page * size), more ? { link: next } : {});
  };

describe('every style of paging', () => {
  const all = records(25);
  const cursors: Handler = ({ query }) => {
    const from = query.after === undefined ? 0 : Number(query.after.slice(1));
    const next = from + 10 < all.length ? `c${from + 10}` : '';
    return answer({ data: all.slice(from, from + 10), meta: { next } });
  };
  const offsets: Handler = ({ query }) => answer(all.slice(Number(query.offset), Number(query.offset) + 10));
  const bodyLinks: Handler = ({ query }) => {
    const page = Number(query.p ?? 1);
    const next = page < 3 ? `?p=${page + 1}` : null;
    return answer({ results: all.slice((page - 1) * 10, page * 10), next });
  };
  const styles: [string, Paging, Handler, Readonly<Record<string, unknown>>][] = [
    ['none', 'none', () => answer(all), {}],
    ['link', 'link', byLink(all, 10), {}],
    ['link in the answer', { type: 'link', next: 'next' }, bodyLinks, { items: 'results' }],
    ['page', 'page', (request) => answer(pageOf(all, request, 10)), {}],
    ['page of a size', { type: 'page', size: 10 }, (request) => answer(pageOf(all, request, 10)), {}],
    [
      'page with the last one told',
      { type: 'page', last: 'pages' },
      (request) => answer({ pages: 3, list: pageOf(all, request, 10) }),
      { items: 'list' },
    ],
    ['offset', 'offset', offsets, {}],
    [
      'offset with the total told',
      { type: 'offset', total: 'count' },
      ({ query }) => answer({ count: 25, list: all.slice(Number(query.offset), Number(query.offset) + 10) }),
      { items: 'list' },
    ],
    ['cursor', { type: 'cursor', parameter: 'after', next: 'meta.next' }, cursors, { items: 'data' }],
  ];

  it.each(styles)('S0.11 %s: every record is read, once', async (_name, paging, handler, more) => {
    const { source } = await reading(paging, handler, more);
    const pages = await pagesOf(source, 'thing');
    expect(ids(pages)).toEqual(ids([{ rows: all, next: null }]));
    expect(pages.at(-1)?.next).toBeNull();
  });

  it.each(styles)(
    '%s: any process goes on from the cursor of the page before',
    async (_name, paging, handler, more) => {
      const { source, server } = await reading(paging, handler, more);
      const whole = await pagesOf(source, 'thing');
      const asked = server.asked();
      expect(timeless(await pagesByCursor(source, 'thing'))).toEqual(timeless(whole));
      expect(server.asked().slice(asked.length)).toEqual(asked);
    },
  );

  it.each(styles)('%s: a list without records is no error', async (_name, paging, _handler, more) => {
    const nothing = { results: [], list: [], data: [], pages: 0, count: 0, next: null };
    const { source } = await reading(paging, () => answer('items' in more ? nothing : []), more);
    expect(ids(await pagesOf(source, 'thing'))).toEqual([]);
  });
});

describe('page', () => {
  it('asks with the names, the first number and the size that are set', async () => {
    const paging = { type: 'page', parameter: 'p', first: 0, size: 2, sizeParameter: 'limit' };
    const { source, server } = await reading(
      paging,
      ({ query }) => answer(records(5).slice(Number(query.p) * 2, Number(query.p) * 2 + 2)),
      { query: { state: 'open', deep: true } },
    );
    expect(ids(await pagesOf(source, 'thing'))).toEqual([1, 2, 3, 4, 5]);
    expect(server.asked()).toEqual([0, 1, 2].map((page) => `/api/things?state=open&deep=true&p=${page}&limit=2`));
  });

  it('2.2 a page that is not full ends the list only where a full one came before: the API may cap the size', async () => {
    const capped = await reading({ type: 'page', size: 50 }, (request) => answer(pageOf(records(25), request, 10)));
    expect(ids(await pagesOf(capped.source, 'thing'))).toHaveLength(25);
    expect(capped.server.requests).toHaveLength(4);
    const honest = await reading({ type: 'page', size: 10 }, (request) => answer(pageOf(records(25), request, 10)));
    expect(ids(await pagesOf(honest.source, 'thing'))).toHaveLength(25);
    expect(honest.server.requests).toHaveLength(3);
  });

  it('2.2 without a size a page that is not full ends nothing', async () => {
    const pages = [records(3), [{ id: 9 }], [{ id: 10 }, { id: 11 }], []];
    const { source } = await reading('page', ({ query }) => answer(pages[Number(query.page) - 1] ?? []));
    expect(sizes(await pagesOf(source, 'thing'))).toEqual([3, 1, 2, 0]);
  });

  it('2.2 pages without records are gone through where the number of the last one is told', async () => {
    const pages = [[{ id: 1 }], [], [], [{ id: 2 }]];
    const { source } = await reading(
      { type: 'page', last: 'last' },
      ({ query }) => answer({ last: '4', list: pages[Number(query.page) - 1] ?? [] }),
      { items: 'list' },
    );
    expect(ids(await pagesOf(source, 'thing'))).toEqual([1, 2]);
  });
});

describe('11 paging that does not end is refused', () => {
  const circles: [string, Paging, Handler, Readonly<Record<string, unknown>>][] = [
    ['link to itself', 'link', () => answer(records(1), { link: '<?>; rel="next"' }), {}],
    [
      'links in a circle',
      'link',
      ({ query }) => answer(records(1), { link: `<?page=${(Number(query.page ?? 0) % 5) + 1}>; rel="next"` }),
      {},
    ],
    ['a parameter that the API does not know', 'page', () => answer(records(3)), {}],
    [
      'a last page that is answered for every later one',
      'page',
      ({ query }) => answer([{ id: Math.min(Number(query.page), 7) }]),
      {},
    ],
    ['an offset that the API does not know', 'offset', () => answer(records(3)), {}],
    [
      'a cursor seen before',
      { type: 'cursor', parameter: 'after', next: 'next' },
      ({ query }) => answer({ list: records(1), next: query.after === 'b' ? 'a' : 'b' }),
      { items: 'list' },
    ],
  ];

  it.each(circles)('%s', async (_name, paging, handler, more) => {
    const { source, server } = await reading(paging, handler, more);
    const error = await errorOf(pagesOf(source, 'thing'));
    expect(error.message).toMatch(/^(What|The next page that) GET http:.* was read before: the paging never ends/);
    expect(server.requests.length).toBeLessThan(25);
  });

  it.each(circles)('%s, also when each page is read by another process', async (_name, paging, handler, more) => {
    const { source } = await reading(paging, handler, more);
    expect((await errorOf(pagesByCursor(source, 'thing'))).message).toContain('was read before');
  });
});

describe('2.2 what leaves the end in doubt is an error', () => {
  const list = { items: 'list' };
  it.each<[string, Paging, Fault, string]>([
    [
      'no number of the last page',
      { type: 'page', last: 'last' },
      answer({ list: [] }),
      'paging.last yields nothing, not a whole number',
    ],
    [
      'a last page that is no number',
      { type: 'page', last: 'list' },
      answer({ list: [] }),
      'paging.last yields an array',
    ],
    ['no total', { type: 'offset', total: 'count' }, answer({ list: [] }), 'paging.total yields nothing'],
    ['a negative total', { type: 'offset', total: 'count' }, answer({ list: [], count: -1 }), 'paging.total yields -1'],
    [
      'fewer records than the total',
      { type: 'offset', total: 'count' },
      answer({ list: [], count: 5 }),
      'answered no records after 0 of 5',
    ],
    [
      'a cursor that is a list',
      { type: 'cursor', parameter: 'after', next: 'next' },
      answer({ list: [], next: [1] }),
      'paging.next yields an array, not a text or a number',
    ],
    [
      'an expression that fails',
      { type: 'cursor', parameter: 'after', next: '$number(next)' },
      answer({ list: [], next: 'x' }),
      'paging.next: expression `$number(next)`',
    ],
    ['a Link header that cannot be read', 'link', answer({ list: [] }, { link: 'next' }), 'The Link header of GET'],
  ])('%s', async (_name, paging, fault, text) => {
    const { source, server } = await reading(paging, () => fault, list);
    const { message } = await errorOf(pagesOf(source, 'thing'));
    expect(message).toContain(text);
    expect(message).toContain(`GET ${server.url}/api/things`);
    expect(server.requests).toHaveLength(1);
  });

  it('11 a link to another host', async () => {
    const elsewhere = await reading('link', () => answer(records(1)));
    const link = `<${elsewhere.server.url}/api/things?page=2>; rel="next"`;
    const { source } = await reading('link', () => answer(records(1), { link }));
    const { message } = await errorOf(pagesOf(source, 'thing'));
    expect(message).toContain('another origin than source.url');
    expect(message).toContain(': refused');
    expect(elsewhere.server.requests).toHaveLength(0);
  });

  it('a cursor of the API that does not fit into a cursor of the source', async () => {
    const paging = { type: 'cursor', parameter: 'after', next: 'next' };
    const { source } = await reading(paging, () => answer({ list: [], next: 'x'.repeat(5000) }), list);
    expect((await errorOf(pagesOf(source, 'thing'))).message).toContain('does not fit into 4096 bytes');
  });

  it.each(['', '{}', '{"position":null}', '{"organization":"acme","page":null}'])(
    'a cursor of others: %s',
    async (cursor) => {
      const { source, server } = await reading('none', () => answer([]));
      const { message } = await errorOf(pagesOf(source, 'thing', { cursor }));
      expect(message).toBe('The cursor was not made by this version of the http source: start the resync again');
      expect(server.requests).toHaveLength(0);
    },
  );
});
