import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineIntegration, type IntegrationDefinition } from '../../sources/module/definition.ts';
import { createModuleSource } from '../../sources/module/source.ts';
import type { ListRequest } from '../../sources/source.ts';
import { collect, errorOf, listRequest, recordingLog, sizes } from './support.ts';

function sourceOf<Context extends object>(
  definition: IntegrationDefinition<Context>,
  values: Readonly<Record<string, unknown>> = {},
) {
  return createModuleSource(definition as unknown as IntegrationDefinition<object>, {
    values,
    webhookSecret: undefined,
  });
}

function pagesOf(definition: IntegrationDefinition<object>, request: Partial<ListRequest> = {}) {
  return collect(sourceOf(definition).list(listRequest({ kind: 'thing', selector: {}, ...request })));
}

const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));

describe('what a listener returns', () => {
  it.each([
    [
      'nothing',
      undefined,
      'must return a list of objects, or be an async generator of such lists; it returned nothing',
    ],
    ['an object', { rows: [] }, 'it returned an object'],
    ['a text', 'rows', 'it returned a string'],
    ['null in a list', [{}, null], 'gave an item that is no object of JSON: item 1 is null'],
    ['a list in a list', [[]], 'item 0 is a list'],
    ['a list with holes', new Array(1), 'item 0 is nothing'],
    ['promises', [Promise.resolve({})], 'item 0 is a Promise'],
    ['times', [new Date()], 'item 0 is a Date'],
  ])('S0.12 %s is an error of the kind', async (_, answer, message) => {
    const definition = defineIntegration('acme').onResync('thing', async () => answer as never);
    expect((await errorOf(pagesOf(definition))).message).toContain(`the listener of thing`);
    expect((await errorOf(pagesOf(definition))).message).toContain(message);
  });

  it('S0.12 S0.20 a generator’s bad page is an error; the pages before it stand', async () => {
    const definition = defineIntegration('acme').onResync('thing', async function* () {
      yield rows(2);
      yield [{}, 1] as never;
    });
    const pages = sourceOf(definition)
      .list(listRequest({ kind: 'thing', selector: {} }))
      [Symbol.asyncIterator]();
    expect((await pages.next()).value.rows).toHaveLength(2);
    await expect(pages.next()).rejects.toThrow('item 1 is a number');
  });

  it('S3.14 says what is read, with which selector, and the size of each batch', async () => {
    const log = recordingLog();
    const definition = defineIntegration('acme').onResync('thing', async function* ({ log: own }) {
      own.info('mine');
      yield rows(2);
      yield { rows: rows(1), cursor: 'b' };
    });
    await pagesOf(definition, { log, selector: { state: 'open' } });
    expect(log.lines).toEqual([
      'Reading thing, selector {"state":"open"}',
      'mine',
      'Retrieved thing batch of size: 2',
      'Retrieved thing batch of size: 1',
    ]);
  });

  it('S3.22 a page is asked for only when the one before was taken, and `finally` runs when the reading ends early', async () => {
    const events: string[] = [];
    const definition = defineIntegration('acme').onResync('thing', async function* () {
      try {
        for (const page of [1, 2, 3]) {
          events.push(`ask ${page}`);
          yield rows(page);
        }
      } finally {
        events.push('finally');
      }
    });
    const pages = sourceOf(definition)
      .list(listRequest({ kind: 'thing', selector: {} }))
      [Symbol.asyncIterator]();
    await pages.next();
    expect(events).toEqual(['ask 1']);
    await pages.next();
    expect(events).toEqual(['ask 1', 'ask 2']);
    await pages.return?.();
    expect(events).toEqual(['ask 1', 'ask 2', 'finally']);
  });

  it('a long list is taken in parts that were observed together; only the last one ends it', async () => {
    const definition = defineIntegration('acme').onResync('thing', () => rows(2_500));
    const pages = await pagesOf(definition);
    expect(sizes(pages)).toEqual([1000, 1000, 500]);
    expect(pages.map(({ open = false, continued, next }) => ({ open, continued, next }))).toEqual([
      { open: true, continued: false, next: null },
      { open: true, continued: true, next: null },
      { open: false, continued: true, next: null },
    ]);
    expect(pages.flatMap((page) => page.rows)).toEqual(rows(2_500));
  });

  it('S0.19 an empty list is a page without rows', async () => {
    expect(await pagesOf(defineIntegration('acme').onResync(() => []))).toMatchObject([{ rows: [], next: null }]);
  });
});

describe('cursors', () => {
  const definition = () =>
    defineIntegration('acme')
      .onResync('thing', () => rows(1))
      .onResync('thing', async function* ({ cursor }) {
        for (let page = Number(cursor ?? 0); page < 3; page++) yield { rows: rows(page + 1), cursor: `${page + 1}` };
      })
      .onResync(async function* () {
        yield rows(7);
        yield { rows: rows(8), cursor: null };
      });

  it('S0.19 listeners follow one another; a reading goes on at any cursor, without calling those before', async () => {
    const all = await pagesOf(definition());
    expect(sizes(all)).toEqual([1, 1, 2, 3, 7, 8]);
    expect(all.map(({ open = false }) => open)).toEqual([false, false, false, false, true, true]);
    for (const [index, { next }] of all.entries()) {
      if (next === null) continue;
      expect(sizes(await pagesOf(definition(), { cursor: next }))).toEqual(sizes(all.slice(index + 1)));
    }
  });

  it.each([
    [3, 'gave a cursor that is a number; a cursor is a text'],
    ['x'.repeat(5000), 'gave a cursor of 5000 characters; at most 4096 are kept'],
  ])('a cursor that cannot be kept is an error', async (cursor, message) => {
    const bad = defineIntegration('acme').onResync('thing', async function* () {
      yield { rows: [], cursor: cursor as never };
    });
    await expect(pagesOf(bad)).rejects.toThrow(message);
  });
});

describe('what a listener is given', () => {
  it('S3.13 the selector of the resource that is read, parsed by its schema, with its defaults', async () => {
    const seen: unknown[] = [];
    const schema = z.strictObject({ organizations: z.array(z.string()), type: z.string().default('all') });
    const definition = defineIntegration('acme').onResync('thing', { selector: schema }, ({ selector }) => {
      seen.push(selector);
      return [];
    });
    await pagesOf(definition, { selector: { organizations: ['acme'] } });
    await pagesOf(definition, { selector: { organizations: ['other'], type: 'public' } });
    expect(seen).toEqual([
      { organizations: ['acme'], type: 'all' },
      { organizations: ['other'], type: 'public' },
    ]);
    await expect(pagesOf(definition, { selector: {} })).rejects.toThrow(
      /the selector of thing is wrong.*organizations/s,
    );
  });

  it('S3.8 S3.19 settings, the event and what the set-up made', async () => {
    let seen: object = {};
    const definition = defineIntegration('acme', ({ config }) => ({
      github: { url: config.get('baseUrl', 'https://api.github.com') },
    })).onResync('thing', (given) => {
      seen = given;
      return [];
    });
    const values = { baseUrl: '', limit: 3 };
    const request = listRequest({ kind: 'thing', selector: { a: 1 }, since: '2026-01-01T00:00:00.000Z' });
    await collect(sourceOf(definition, values).list(request));
    expect(seen).toMatchObject({
      github: { url: 'https://api.github.com' },
      kind: 'thing',
      cursor: null,
      since: '2026-01-01T00:00:00.000Z',
      signal: request.signal,
      event: {
        resourceConfig: { kind: 'thing', selector: { a: 1 } },
        kind: 'thing',
        runId: 'acme.1',
        trigger: { origin: 'sdk', time: '2026-01-01T00:00:00.000Z' },
      },
    });
    const { config } = seen as { config: { get(key: string, standard?: unknown): unknown } };
    expect([config.get('limit', 1), config.get('toString', 'none'), config.get('missing')]).toEqual([
      3,
      'none',
      undefined,
    ]);
  });

  it('S0.17 a kind without a listener is an error that names those that there are', async () => {
    const definition = defineIntegration('acme').onResync('special', () => []);
    await expect(pagesOf(definition)).rejects.toThrow('no listener for the kind thing; it has: special');
  });
});

describe('record keys and lookups', () => {
  const keyed = (recordKey: never) =>
    sourceOf(
      defineIntegration('acme')
        .onResync('thing', { recordKey }, () => [])
        .lookup('thing', ({ key }) => (key === 'odd' ? (undefined as never) : null)),
    );

  it('1.1 a key is a path or a function; a record without one cannot be looked up', () => {
    expect(keyed('meta.id' as never).identify('thing', { meta: { id: 7 } })).toEqual({ key: '7', locator: '7' });
    expect(keyed((({ id }: { id: string }) => `x${id}`) as never).identify('thing', { id: 'a' })).toMatchObject({
      key: 'xa',
    });
    expect(keyed('id' as never).identify('thing', {})).toEqual({ key: null, locator: null });
    expect(keyed('id' as never).identify('other', { id: 1 })).toEqual({ key: null, locator: null });
    expect(() => keyed('id' as never).identify('thing', { id: {} })).toThrow('a record key is a text or a number');
    const throwing = (() => {
      throw new Error('no id');
    }) as never;
    expect(() => keyed(throwing).identify('thing', {})).toThrow('recordKey failed: no id');
  });

  it('a lookup returns an object, or null; nothing at all is a mistake, not "gone"', async () => {
    const { signal, log } = listRequest({ kind: 'thing', selector: {} });
    const source = keyed('id' as never);
    const request = { kind: 'thing', locator: 'x', signal, log };
    expect(await source.lookup({ ...request, key: 'gone' })).toBeNull();
    await expect(source.lookup({ ...request, key: 'odd' })).rejects.toThrow('it returned nothing');
  });

  it('S0.26 a route answers with what its listener returns, and can ask for a resync', async () => {
    const definition = defineIntegration('acme', () => ({ own: 'mine' })).route(
      'post',
      'my-custom-resync',
      async ({ own, client, body }) => ({ own, body, trigger: await client.syncRawAll() }),
    );
    const [route] = sourceOf(definition).routes ?? [];
    expect(route).toMatchObject({ method: 'post', path: '/my-custom-resync' });
    const client = { syncRawAll: async () => 'trigger-1' } as never;
    expect(await route?.handle({ query: {}, body: 1, client })).toEqual({ own: 'mine', body: 1, trigger: 'trigger-1' });
  });
});
