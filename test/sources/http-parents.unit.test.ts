import { describe, expect, it } from 'vitest';
import type { RawRecord } from '../../domain/json.ts';
import { answer, type Handler, status } from '../support/rest-server.ts';
import { ids, pagesByCursor, pagesOf, restSource, timeless } from './http-support.ts';
import { errorOf, listRequest, recordingLog, sizes } from './support.ts';

const kinds = {
  team: { path: '/teams', paging: 'page', recordKey: 'id', lookup: '/teams/{key}' },
  member: { path: '/teams/{id}/members', paging: 'page', parent: { kind: 'team', as: 'team' }, recordKey: 'id' },
  badge: {
    path: '/badges',
    query: { member: '{id}', team: '{team.id}' },
    paging: 'page',
    parent: { kind: 'member', as: 'member' },
  },
};

/** Teams in pages of two, members in pages of three, one badge for each member. */
function api(members: Readonly<Record<string, number>>): { teams: string[]; handler: Handler } {
  const teams = Object.keys(members);
  const page = (rows: readonly RawRecord[], number: string | undefined, size: number) =>
    answer(rows.slice((Number(number) - 1) * size, Number(number) * size));
  const handler: Handler = ({ path, query }) => {
    const [, , , team = '', list] = path.split('/');
    if (path === '/api/badges') return page([{ id: `${query.member}*` }], query.page, 5);
    if (team !== '' && !teams.includes(decodeURIComponent(team))) return status(404);
    if (list === undefined && team !== '') return answer({ id: team });
    if (team === '')
      return page(
        teams.map((id) => ({ id })),
        query.page,
        2,
      );
    const rows = Array.from({ length: members[decodeURIComponent(team)] ?? 0 }, (_, index) => ({
      id: `${team}-${index + 1}`,
    }));
    return page(rows, query.page, 3);
  };
  return { teams, handler };
}

describe('a kind with parents', () => {
  it('is asked for once per parent, with every page of parents and of each listing', async () => {
    const { handler } = api({ a: 2, b: 4, c: 0, d: 1, e: 3 });
    const { source, server } = await restSource(kinds, handler);
    const pages = await pagesOf(source, 'member');
    expect(ids(pages)).toEqual(['a-1', 'a-2', 'b-1', 'b-2', 'b-3', 'b-4', 'd-1', 'e-1', 'e-2', 'e-3']);
    expect(server.asked().slice(0, 3)).toEqual([
      '/api/teams?page=1',
      '/api/teams/a/members?page=1',
      '/api/teams/a/members?page=2',
    ]);
    expect(new Set(server.asked()).size).toBe(server.requests.length);
  });

  it('has the fields of the parent that its address names, under the key that is set', async () => {
    const { handler } = api({ a: 1 });
    const { source } = await restSource(kinds, handler);
    expect((await pagesOf(source, 'member')).flatMap(({ rows }) => rows)).toEqual([{ id: 'a-1', team: { id: 'a' } }]);
    const [badge] = (await pagesOf(source, 'badge')).flatMap(({ rows }) => rows);
    expect(badge).toEqual({ id: 'a-1*', member: { id: 'a-1', team: { id: 'a' } } });
  });

  it('may have a parent that has a parent, and parameters that are filled as well', async () => {
    const { handler } = api({ a: 2, b: 1, c: 4 });
    const { source, server } = await restSource(kinds, handler);
    expect(ids(await pagesOf(source, 'badge'))).toEqual(['a-1*', 'a-2*', 'b-1*', 'c-1*', 'c-2*', 'c-3*', 'c-4*']);
    expect(server.asked()).toContain('/api/badges?member=c-4&team=c&page=1');
  });

  it.each(['member', 'badge'])(
    'small pages of %s are put together, and any process goes on from there',
    async (kind) => {
      const { handler } = api(
        Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`t${index}`, (index * 7) % 5])),
      );
      const { source } = await restSource(kinds, handler);
      const whole = await pagesOf(source, kind);
      expect(whole.length).toBeGreaterThan(2);
      expect(Math.max(...sizes(whole))).toBeLessThan(105);
      expect(timeless(await pagesByCursor(source, kind))).toEqual(timeless(whole));
      for (const { next } of whole) expect((next ?? '').length).toBeLessThan(1000);
    },
  );

  it('without any parent has no records', async () => {
    const { source } = await restSource(kinds, api({}).handler);
    expect(ids(await pagesOf(source, 'badge'))).toEqual([]);
  });

  it('a value of the parent cannot lead to another path', async () => {
    const names = ['a/b', 'a?x=1', '%2e%2e', 'ü'];
    const { source, server } = await restSource(kinds, ({ path }) =>
      answer(path === '/api/teams' && server.requests.length === 1 ? names.map((id) => ({ id })) : []),
    );
    await pagesOf(source, 'member');
    expect(server.requests.map(({ path }) => path).slice(1, 5)).toEqual(
      names.map((name) => `/api/teams/${encodeURIComponent(name)}/members`),
    );
  });

  it.each<[string, RawRecord]>([
    ['without it', {}],
    ['in which it is null', { id: null }],
    ['in which it is a list', { id: [1] }],
    ['in which it is empty', { id: '' }],
    ['in which it is a step up', { id: '..' }],
  ])('a parent %s is an error that names the field', async (_name, team) => {
    const { source } = await restSource(kinds, () => answer([team]));
    const { message } = await errorOf(pagesOf(source, 'member'));
    expect(message).toBe('A record of team has no id that an address can hold, which member is asked for by');
  });

  it('a record with a field of the name that its parent should have is an error', async () => {
    const { source } = await restSource(kinds, ({ path }) =>
      answer([path === '/api/teams' ? { id: 1 } : { team: 'red' }]),
    );
    expect((await errorOf(pagesOf(source, 'member'))).message).toBe(
      'A record has a field team of its own: give parent.as another name',
    );
  });
});

describe('parents that move while a kind is read', () => {
  /** The place after the first page of members, with 40 teams of 3 members each. */
  async function halfway() {
    const { teams, handler } = api(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`t${index}`, 3])));
    const { source } = await restSource(kinds, handler);
    for await (const page of source.list(listRequest({ kind: 'member', selector: {} }))) {
      return { teams, source, read: page.rows.map(({ id }) => id), cursor: page.next };
    }
    throw new Error('no page');
  }

  const EVERY = Array.from({ length: 40 }, (_, index) => [1, 2, 3].map((member) => `t${index}-${member}`));

  it.each<[string, (next: number) => { readonly gone?: number; readonly added?: string }]>([
    ['a new one before', () => ({ added: 'new' })],
    ['one before that is gone', () => ({ gone: 0 })],
    ['the one that is next is gone', (next) => ({ gone: next })],
    ['the one before it is gone', (next) => ({ gone: next - 1 })],
    ['one after is gone', (next) => ({ gone: next + 2 })],
  ])('%s: none of the others is left out', async (_name, move) => {
    const { teams, source, read, cursor } = await halfway();
    const { gone, added } = move(read.length / 3);
    if (gone !== undefined) teams.splice(gone, 1);
    if (added !== undefined) teams.unshift(added);
    const rest = ids(await pagesOf(source, 'member', { cursor }));
    const seen = new Set([...read, ...rest]);
    const wanted = EVERY.filter((_, index) => index !== gone).flat();
    expect(wanted.filter((id) => !seen.has(id))).toEqual([]);
  });

  it('one that was deleted before its listing was asked for has no records, and the log says so', async () => {
    const { teams, handler } = api({ a: 1, b: 2, c: 1 });
    const log = recordingLog();
    const { source } = await restSource(kinds, (request) => {
      if (request.path.includes('/a/')) teams.splice(1, 1);
      return request.path === '/api/teams' && request.query.page === '2' ? answer([]) : handler(request);
    });
    expect(ids(await pagesOf(source, 'member', { log }))).toEqual(['a-1']);
    expect(log.lines.join('\n')).toMatch(/teams\/b\/members\?page=1 answered 404: its team was deleted/);
  });

  it('2.2 a listing that is not there though its parent is: an error', async () => {
    const { handler } = api({ a: 1 });
    const { source } = await restSource(kinds, (request) =>
      request.path.endsWith('/members') ? status(404) : handler(request),
    );
    expect((await errorOf(pagesOf(source, 'member'))).message).toMatch(
      /a\/members\?page=1 answered 404: check source.url and the path of member/,
    );
  });

  it('2.2 and where the parent cannot be looked up, it is one as well', async () => {
    const { team, member } = kinds;
    const { lookup: _, ...unfindable } = team;
    const { source } = await restSource({ team: unfindable, member }, ({ path }) =>
      path === '/api/teams' ? answer([{ id: 'a' }]) : status(404),
    );
    expect((await errorOf(pagesOf(source, 'member'))).message).toMatch(
      /answered 404: if its team was deleted meanwhile, that cannot be told: give team a lookup/,
    );
  });

  it('2.3 what was read before an error is handed out, with the place to go on from', async () => {
    const { handler } = api({ a: 2, b: 1, c: 1 });
    let broken = true;
    const { source } = await restSource(kinds, (request) =>
      broken && request.path.includes('/c/') ? status(403, 'no') : handler(request),
    );
    const pages = source.list(listRequest({ kind: 'member', selector: {} }))[Symbol.asyncIterator]();
    const { value } = await pages.next();
    expect(ids([value])).toEqual(['a-1', 'a-2', 'b-1']);
    expect((await errorOf(pages.next())).message).toContain('answered 403');
    broken = false;
    expect(ids(await pagesOf(source, 'member', { cursor: value.next }))).toEqual(['c-1']);
  });
});
