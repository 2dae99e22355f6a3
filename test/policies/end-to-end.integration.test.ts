import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../domain/json.ts';
import { visit } from '../server/page-support.ts';
import { api } from '../server/support.ts';
import { configureHttp, httpRig } from '../support/http-rig.ts';
import { type ModuleRig, startModuleRig } from '../support/module-rig.ts';
import { answer, type RestServer, serveRest } from '../support/rest-server.ts';
import { kindOf, type Rig } from '../support/rig.ts';
import { tidemark } from '../support/tidemark.ts';

const A = '/v1/blueprints/thing/entities/a';

describe('policies of a configuration', () => {
  let rig: Rig;
  let source: RestServer;
  let things: Json[] = [];
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(`${tmpdir()}/tidemark-policies-`);
    source = await serveRest(() => answer(things));
    rig = await httpRig(integration({}));
  });
  afterAll(async () => {
    await rig?.close();
    await source?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const integration = (policy: object) => ({
    source: { url: source.url, kinds: { thing: { path: '/things', recordKey: 'id', paging: 'none' } } },
    deletes: { maxShare: 1, emptySource: 'delete' },
    resources: [
      {
        kind: 'thing',
        entity: {
          identifier: 'id',
          blueprint: '"thing"',
          title: 'name',
          properties: { owner: 'owner', size: 'size' },
          modifiedAt: 'updated',
        },
        policy,
      },
    ],
  });
  const thing = (name: string, day: number, more: object = {}) =>
    ({ id: 'a', name, owner: 'source', size: day, updated: `2024-01-0${day}T00:00:00Z`, ...more }) as Json;
  const entity = async () => (await rig.entities()).get('thing/a');

  it('7.4 7.10 S2.22 a person edits by the API, and NEWER keeps that until the source has something newer', async () => {
    await configureHttp(rig, integration({ resolution: { 'properties.owner': 'newer' }, defaultResolution: 'other' }));
    things = [thing('one', 1)];
    expect(kindOf(await rig.resync(), 'thing')).toMatchObject({ created: 1 });
    const call = api(await rig.startServer());
    const edited = await call('PATCH', A, { title: 'mine', properties: { owner: 'me' } });
    expect(edited).toMatchObject({ status: 200, body: { title: 'mine', properties: { owner: 'me', size: 1 } } });
    things = [thing('two', 2, { owner: 'somebody' })];
    expect(kindOf(await rig.resync(), 'thing')).toMatchObject({ updated: 1 });
    expect(await entity()).toMatchObject({ title: 'two', properties: { owner: 'me', size: 2 } });
    things = [thing('two', 2, { owner: 'somebody', updated: '2999-01-01T00:00:00Z' })];
    await rig.resync();
    expect(await entity()).toMatchObject({ properties: { owner: 'somebody' } });
  });

  it('7.10 what is wrong with an edit is said by its place; who is not there is 404; the page of another server is refused', async () => {
    const server = await rig.startServer();
    const call = api(server);
    const wrong = await call('PATCH', A, { title: 1, colour: 'red' });
    expect(wrong).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'title' }, { message: expect.stringContaining('colour') }] },
    });
    expect((await call('PATCH', '/v1/blueprints/thing/entities/none', {})).status).toBe(404);
    const visitor = await visit(server);
    const form = { blueprint: 'thing', identifier: 'a', field: 'title', value: 'by form', form: 'text' };
    const foreign = await visitor.post('/entity', form, { origin: 'http://elsewhere.example' });
    expect(foreign.status).toBe(403);
    expect((await entity())?.title).toBe('two');
  });

  it("7.10 the form on the entity's page edits one field, without scripts; the page says why each is as it is", async () => {
    const visitor = await visit(await rig.startServer());
    const at = { blueprint: 'thing', identifier: 'a' };
    const saved = await visitor.post('/entity', {
      ...at,
      field: 'properties.owner',
      value: '["x", "y"]',
      form: 'json',
    });
    expect([saved.status, saved.headers.get('location')]).toEqual([303, '/entity?blueprint=thing&identifier=a']);
    expect(await entity()).toMatchObject({ properties: { owner: ['x', 'y'] } });
    const { text } = await visitor.get('/entity?blueprint=thing&identifier=a');
    expect(text).toContain('a person set it (7.10)');
    expect(text).toContain('<form class="row" method="post" action="/entity">');
    expect((await visitor.post('/entity', { ...at, field: 'title', value: '{', form: 'json' })).status).toBe(422);
    expect((await visitor.post('/entity', { ...at, field: 'nothing', value: 'x', form: 'text' })).status).toBe(422);
    await visitor.post('/entity', { ...at, field: 'properties.owner', form: 'null' });
    expect(await entity()).toMatchObject({ properties: { owner: null } });
  });

  it('7.7 S2.14 S2.16 a resolver in JSONata sees the vector, and decides record by record', async () => {
    const resolve = `raw.locked ? {"strategy": "create"} :
      {"resolution": {"title": "this", "properties.size": incoming.properties.size > local.properties.size ? "other" : "this"}}`;
    await configureHttp(rig, integration({ resolve }));
    things = [thing('three', 3), thing('b', 1, { id: 'b', locked: true })];
    await rig.resync();
    expect(await entity()).toMatchObject({ title: 'two', properties: { size: 3 } });
    things = [thing('four', 1), thing('B', 2, { id: 'b', locked: true })];
    expect(kindOf(await rig.resync(), 'thing')).toMatchObject({ unchanged: 1, skipped: 1, deleted: 0 });
    expect((await rig.entities()).get('thing/b')).toMatchObject({ title: 'b' });
  });

  it('7.7 calls take the same path', async () => {
    const rows = [thing('called', 9)] as never;
    const call = await rig.client.registerRaw(rig.integration, 'thing', rows, { origin: 'sdk', wait: true });
    expect(call).toMatchObject({ state: 'applied', result: { updated: 1 } });
    expect(await entity()).toMatchObject({ title: 'two', properties: { size: 9 } });
  });

  it('explain says on the command line who claims an entity, and what decided about each field', async () => {
    const env = { DATABASE_URL: rig.databaseUrl };
    const told = await tidemark(folder, ['explain', rig.integration, 'thing', 'a'], env);
    expect(told.code).toBe(0);
    expect(told.stdout).toContain('properties.size = 9');
    expect(told.stdout).toMatch(/@person +edit/);
    expect(told.stdout).toContain('THIS keeps the local value (7.3)');
    expect(told.stdout).toMatch(/here: +"two"[^\n]*\n +incoming: "called"/);
    const { stdout } = await tidemark(folder, ['explain', rig.integration, 'thing', 'a', '--json'], env);
    expect(JSON.parse(stdout)).toEqual(await rig.client.explain({ blueprint: 'thing', identifier: 'a' }));
    expect((await tidemark(folder, ['explain', rig.integration, 'thing', 'z'], env)).code).toBe(2);
  });
});

describe('policies in code', () => {
  let opened: ModuleRig;
  beforeAll(async () => {
    opened = await startModuleRig({ module: 'resolving.ts', kinds: ['decided', 'plain'] });
  });
  afterAll(() => opened?.close());

  it('7.7 S2.14 syncResolve decides the records of its kind; one that throws is quarantined, the rest goes on', async () => {
    const { rig, source } = opened;
    const row = (id: string, name: string, decide = '') => ({ id, name, decide });
    source.rows.set('decided', [row('1', 'a'), row('2', 'b'), row('3', 'c')]);
    source.rows.set('plain', [row('1', 'a')]);
    await rig.resync();
    source.rows.set('decided', [row('1', 'A'), row('2', 'B', 'other'), row('3', 'C', 'throw'), row('4', 'D', 'skip')]);
    source.rows.set('plain', [row('1', 'A', 'throw')]);
    const run = await rig.resync();
    expect(kindOf(run, 'decided')).toMatchObject({ updated: 1, unchanged: 1, quarantined: 1, skipped: 1, deleted: 0 });
    const entities = await rig.entities();
    const titles = ['1', '2', '3', '4'].map((id) => entities.get(`decided/${id}`)?.title);
    expect(titles).toEqual(['a', 'B', 'c', undefined]);
    expect(entities.get('plain/1')?.title).toBe('A');
    expect(await rig.client.quarantine(rig.integration, 9)).toMatchObject([
      { kind: 'decided', stage: 'resolve', reason: 'the resolver failed: cannot decide' },
    ]);
  });
});
