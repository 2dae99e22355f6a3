import { afterEach, describe, expect, it } from 'vitest';
import { SourceError } from '../../domain/errors.ts';
import type { Fault } from '../../examples/github-server/faults.ts';
import type { Page } from '../../sources/source.ts';
import { createTidemarkSource } from '../../sources/tidemark/source.ts';
import { type RestRequest, type RestServer, serveRest, status } from '../support/rest-server.ts';

let server: RestServer | undefined;
afterEach(() => server?.close());

const END = { type: 'end', msince: '2026-01-31T12:00:00Z' };
const cursor = (text: string) => ({ type: 'cursor', cursor: text, msince: '2026-01-31T12:00:00Z' });
const record = (identifier: string) => ({ type: 'entity', blueprint: 'repo', identifier, components: [] });

const text = (...lines: readonly unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

function ndjson(body: string): Fault {
  return { fault: 'answer', status: 200, headers: { 'content-type': 'application/x-ndjson' }, body };
}

async function pagesOf(
  handler: (request: RestRequest) => Fault,
  request: { readonly cursor?: string; readonly since?: string } = {},
): Promise<Page[]> {
  server = await serveRest(handler);
  const source = createTidemarkSource(
    { baseUrl: server.url, accessToken: 'secret-token', blueprints: ['repo'] },
    { retryDelay: 1 },
  );
  const pages: Page[] = [];
  for await (const page of source.list({
    kind: 'repo',
    selector: {},
    cursor: request.cursor ?? null,
    since: request.since ?? null,
    run: { id: 'run', trigger: 'cli', startedAt: '2026-01-31T12:00:00Z' },
    signal: new AbortController().signal,
    log: { info: () => {}, warn: () => {} },
  })) {
    pages.push(page);
  }
  return pages;
}

describe('8.6 another Tidemark as a source', () => {
  it('is read page by page, as a peer; the time for the next reading is the clock', async () => {
    const pages = await pagesOf(({ query }) =>
      ndjson(
        query.cursor === 'c1' ? text(record('c'), END) : text(record('a'), cursor('c0'), record('b'), cursor('c1')),
      ),
    );
    expect(pages).toEqual([
      { rows: [record('a'), record('b')], gone: [], next: 'c1', clock: '2026-01-31T12:00:00Z' },
      { rows: [record('c')], gone: [], next: null, clock: '2026-01-31T12:00:00Z' },
    ]);
    expect(server?.asked()).toEqual([
      '/v1/export?blueprint=repo&peer=true&deleted=true&pages=5',
      '/v1/export?blueprint=repo&peer=true&deleted=true&pages=5&cursor=c1',
    ]);
    expect(server?.requests[0]?.headers.authorization).toBe('Bearer secret-token');
  });

  it('is asked for what changed since, and goes on after a cursor', async () => {
    await pagesOf(() => ndjson(text(END)), { cursor: 'c7', since: '2026-01-01T00:00:00.000Z' });
    expect(server?.requests[0]?.query).toMatchObject({ cursor: 'c7', msince: '2026-01-01T00:00:00.000Z' });
  });

  const tombstone = { type: 'tombstone', blueprint: 'repo', identifier: 'a', parent: null };

  it('tells what is gone, with the time of the delete; components go with their records', async () => {
    const gone = { ...tombstone, changedAt: '2026-01-31T12:00:00Z', deletedAt: '2026-01-31T11:00:00Z' };
    const [page] = await pagesOf(() =>
      ndjson(text(gone, { ...gone, identifier: 'x', parent: { identifier: 'a' } }, END)),
    );
    expect(page?.gone).toEqual([{ key: 'a', at: '2026-01-31T11:00:00.000Z' }]);
  });

  it('8.4 what it does not remember so far back has to be read in full', async () => {
    await expect(pagesOf(() => status(410), { since: '2020-01-01T00:00:00Z' })).rejects.toThrow('resync in full');
  });

  it.each([
    ['has a delete without a time', ndjson(text(tombstone, END)), 'line 1 says that a record is gone'],
    ['breaks off', ndjson(text(record('a'))), 'broke off'],
    ['is empty', ndjson(''), 'broke off'],
    ['is a web page', ndjson('<html>\n'), 'line 1 is not a JSON object'],
    ['is cut within a line', ndjson(`${text(record('a'))}{"type":"en`), 'line 2 is not a JSON object'],
    ['has an end without a time', ndjson(text({ type: 'end' })), 'line 1 is not as an export ends'],
    ['is not there', status(404), 'check source.baseUrl'],
    ['is refused', status(401), 'source.accessToken'],
  ])('an answer that %s fails, and never looks like an empty catalog', async (_, answer, message) => {
    const reading = pagesOf(() => answer);
    await expect(reading).rejects.toThrow(SourceError);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.not.toThrow('secret-token');
  });

  it('a cursor that comes twice, and one that has expired, fail', async () => {
    await expect(pagesOf(() => ndjson(text(cursor('same'))))).rejects.toThrow('in a circle');
    await server?.close();
    await expect(pagesOf(() => status(410), { cursor: 'old' })).rejects.toThrow('resync anew');
  });
});
