import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../config/load.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { integrationInFullSchema, statusSchema } from '../../server/schemas/integration.ts';
import { runSchema, waitingSchema } from '../../server/schemas/run.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { kindOf, Rig } from '../support/rig.ts';
import { type Api, api, countOf } from './support.ts';

const SECRET = 'github-token-that-nobody-may-see';

const repositories = (organizations: readonly string[], more: object = {}) => ({
  kind: 'repository',
  selector: { organizations },
  entity: { identifier: 'full_name', blueprint: '"repository"', title: 'name', properties: { url: 'html_url' } },
  ...more,
});

describe('the API of integrations', () => {
  let rig: Rig;
  let call: Api;
  let at: string;
  const { store, organizations } = generated({
    organizations: 1,
    repositories: 3,
    pullRequests: 0,
    repositoriesWithPulls: 0,
  });

  beforeAll(async () => {
    rig = await Rig.start({ store, organizations, resources: { 'pull-request': null } });
    call = api(await rig.startServer());
    at = `/v1/integration/${rig.integration}`;
  });
  afterAll(() => rig?.close());

  /** Back to the file, as it is. */
  beforeEach(async () => {
    const text = rig.configurationText().replace(`"type":"github"`, `"type":"github","accessToken":"${SECRET}"`);
    const file = { file: 'test.yaml', text: text.replace('"resources"', `"starvationGuard":${++files},"resources"`) };
    await rig.client.importConfiguration(loadConfiguration(file, configurationContext({})));
  });
  let files = 5;

  const versions = () => countOf(rig.db, 'config_version');
  const triggers = () => countOf(rig.db, 'trigger');
  const inForce = async () => (await call('GET', at)).body;

  describe('PATCH', () => {
    it('S1.13 {} starts a run and leaves the configuration as it is', async () => {
      const [before, stored] = [await inForce(), await versions()];
      const { status, body } = await call('PATCH', at, {});
      expect({ status, body }).toEqual({ status: 202, body: { trigger: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
      const run = await rig.client.followTrigger(body.trigger);
      expect(run).toMatchObject({ outcome: 'complete', configVersion: before.configVersion });
      expect(await versions()).toBe(stored);
      expect((await call('PATCH', at, { config: {} })).status).toBe(202);
      expect((await call('PATCH', at)).status).toBe(202);
      expect(await versions()).toBe(stored);
    });

    it('S1.12 a new configuration is stored as a version of its own, and the run uses it', async () => {
      const config = { resources: [repositories(organizations)], concurrency: 2, scheduledResyncInterval: '2h' };
      const { status, body: run } = await call('PATCH', `${at}?wait=true`, { config });
      expect(status).toBe(200);
      // What came from the resource that is gone waits for a person (3.4).
      expect(run).toMatchObject({ outcome: 'held', removed: { deleted: 0, plan: expect.any(String) } });
      expect(run.kinds).toMatchObject([{ kind: 'repository', state: 'complete', read: 3 }]);
      const now = await inForce();
      expect(now).toMatchObject({ configOrigin: 'api', configVersion: run.configVersion, config });
    });

    it('each key is replaced whole, null takes it away, and other keys stay', async () => {
      await call('PATCH', at, { config: { deletes: { maxShare: 0.5, lookupLimit: 7 }, concurrency: 2 } });
      await call('PATCH', at, { config: { deletes: { maxCount: 9 } } });
      expect((await inForce()).config).toMatchObject({ deletes: { maxCount: 9 }, concurrency: 2 });
      await call('PATCH', at, { config: { deletes: null } });
      const { config } = await inForce();
      expect(config).toMatchObject({ concurrency: 2, resources: [{ kind: 'organization' }, { kind: 'repository' }] });
      expect(config).not.toHaveProperty('deletes');
    });

    it('what is in force already makes no new version', async () => {
      const { config } = await inForce();
      const before = await versions();
      expect((await call('PATCH', at, { config })).status).toBe(202);
      expect(await versions()).toBe(before);
      await call('PATCH', at, { config: { concurrency: 2 } });
      await call('PATCH', at, { config: { concurrency: 3 } });
      await call('PATCH', at, { config: { concurrency: 2 } });
      expect(await versions()).toBe(before + 3);
      expect((await inForce()).config.concurrency).toBe(2);
    });

    it('two at a time lose nothing of each other', async () => {
      const patches = [{ concurrency: 2 }, { onTrigger: 'queue' }, { policy: { strategy: ['create'] } }];
      const answers = await Promise.all(patches.map((config) => call('PATCH', at, { config })));
      expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
      expect((await inForce()).config).toMatchObject(Object.assign({}, ...patches));
    });

    it('the file stays out of force until it differs from the last imported one', async () => {
      const file = { file: 'test.yaml', text: rig.configurationText() };
      const load = (text: string) => loadConfiguration({ ...file, text }, configurationContext({}));
      await rig.client.importConfiguration(load(file.text));
      await call('PATCH', at, { config: { concurrency: 2 } });
      await rig.client.importConfiguration(load(file.text));
      expect(await inForce()).toMatchObject({ configOrigin: 'api', config: { concurrency: 2 } });
      await rig.client.importConfiguration(load(file.text.replace('"resources"', '"concurrency":5,"resources"')));
      expect(await inForce()).toMatchObject({ configOrigin: 'file', config: { concurrency: 5 } });
    });

    it.each<[string, unknown, readonly [string, RegExp][]]>([
      ['source', { source: { type: 'github' } }, [['config.source', /is set in the configuration file only/]]],
      ['destination', { destination: {} }, [['config.destination', /is set in the configuration file only/]]],
      ['cancelDeadline', { cancelDeadline: '5s' }, [['config.cancelDeadline', /file only; here: resources, policy/]]],
      ['a key that is none', { concurency: 1 }, [['config.concurency', /unknown key; did you mean "concurrency"\?/]]],
      ['__proto__', JSON.parse('{"__proto__": {"a": 1}}'), [['config.__proto__', /unknown key/]]],
      [
        'a reference to the environment',
        { scheduledResyncInterval: `\${env:HOME}` },
        [['config.scheduledResyncInterval', /^\$\{env:…\} is replaced in the configuration file only/]],
      ],
      [
        'a reference within a text, deep down',
        { resources: [repositories(['a'], { entity: { identifier: `x\${env:HOME:-y}`, blueprint: '"b"' } })] },
        [['config.resources[0].entity.identifier', /configuration file only/]],
      ],
      [
        'a reference as a key',
        { policy: Object.fromEntries([[`\${env:HOME}`, 1]]) },
        [[`config.policy["\${env:HOME}"]`, /configuration file only/]],
      ],
      ['what cannot be stored', { onTrigger: 'a\0' }, [['config.onTrigger', /NUL/]]],
      ['half a surrogate pair', { onTrigger: '\ud800' }, [['config.onTrigger', /surrogate/]]],
      ['no resources', { resources: [] }, [['config.resources', /at least 1 entry/]]],
      ['resources taken away', { resources: null }, [['config.resources', /is missing/]]],
      [
        'many mistakes, all at once',
        {
          resources: [
            repositories(['a'], { kind: 'repositry' }),
            repositories(['a'], { entity: { identifier: 'a ! b', blueprint: '"b"', titel: 'x' } }),
          ],
          concurrency: 0,
          onTrigger: 'stop',
          scheduledResyncInterval: 5,
          deletes: { maxShare: 2 },
          source: {},
          nonsense: 1,
        },
        [
          ['config.source', /file only/],
          ['config.nonsense', /unknown key/],
          ['config.concurrency', /at least 1/],
          ['config.deletes.maxShare', /at most 1/],
          ['config.onTrigger', /must be one of: restart, queue, join/],
          ['config.resources[0].kind', /unknown kind "repositry"; did you mean "repository"/],
          ['config.resources[1].entity.identifier', /is not valid JSONata/],
          ['config.resources[1].entity.titel', /unknown key "titel"; did you mean "title"/],
          ['config.scheduledResyncInterval', /must be a duration with its unit/],
        ],
      ],
    ])('422 for %s: nothing is stored, nothing is triggered', async (_, config, expected) => {
      const before = [await versions(), await triggers()];
      const { status, headers, body } = await call('PATCH', at, { config });
      expect(status, JSON.stringify(body)).toBe(422);
      expect(headers.get('content-type')).toBe('application/problem+json');
      const found: { path: string; message: string }[] = body.errors;
      expect(found.map(({ path }) => path).sort()).toEqual(expected.map(([path]) => path).sort());
      for (const [path, message] of expected) {
        expect(found.find((error) => error.path === path)?.message, path).toMatch(message);
      }
      expect([await versions(), await triggers()]).toEqual(before);
      expect(body.detail).not.toContain(process.env.HOME);
    });

    it('422 for a configuration that is nested without end', async () => {
      const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
      const answer = await call.raw('PATCH', at, `{"config": {"resources": ${deep}}}`);
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toEqual([{ path: 'config.resources', message: 'is nested deeper than 100 levels' }]);
    });

    it('422 for a body with other keys, or a config that is none', async () => {
      expect((await call('PATCH', at, { config: 5, resources: [] })).body.errors).toEqual([
        { path: 'config', message: 'must be an object' },
        { path: 'resources', message: 'unknown key' },
      ]);
      expect((await call('PATCH', at, [])).status).toBe(422);
    });

    it('S1.16 404 for an integration that is not there', async () => {
      const before = await triggers();
      const { status, body } = await call('PATCH', '/v1/integration/nobody', {});
      expect({ status, ...body }).toMatchObject({ status: 404, detail: expect.stringContaining(rig.integration) });
      expect((await call('PATCH', '/v1/integration/nobody', { config: { concurrency: 2 } })).status).toBe(404);
      expect(await triggers()).toBe(before);
    });
  });

  describe('resync', () => {
    it('S1.1 S1.2 S1.4 triggers; the trigger leads to its run, whose origin is the API', async () => {
      const { status, body } = await call('POST', `${at}/resync`, {});
      expect(status).toBe(202);
      const run = await rig.client.followTrigger(body.trigger);
      const found = await call('GET', `${at}/runs/${body.trigger}`);
      expect(found.body).toEqual(JSON.parse(JSON.stringify(run)));
      expect((await call('GET', `${at}/runs/${run.run}`)).body).toEqual(found.body);
      const [row] = await rig.db.query('select origin from tidemark.trigger where id = $1', [body.trigger]);
      expect(row).toEqual({ origin: 'api' });
    });

    it('of some kinds, or of what changed', async () => {
      const some = await call('POST', `${at}/resync?wait=true`, { kinds: ['repository'] });
      expect(some.status).toBe(200);
      expect(some.body.kinds.map(({ kind }: { kind: string }) => kind)).toEqual(['repository']);
      const since = await call('POST', `${at}/resync?wait=true`, { since: '2026-01-31T12:00:00+01:00' });
      expect(since.body.scope).toEqual({ kinds: null, since: { last: false, time: '2026-01-31T11:00:00.000Z' } });
    });

    it('422 with every mistake; nothing is triggered', async () => {
      const before = await triggers();
      const body = { kinds: ['repository', 'nope'], since: 'yesterday', reconcile: true };
      const { status, body: problem } = await call('POST', `${at}/resync`, body);
      expect(status).toBe(422);
      expect(problem.errors).toEqual([
        { path: 'kinds[1]', message: `${rig.integration} has no kind nope; it has: organization, repository` },
        { path: 'since', message: expect.stringContaining('2026-01-31T12:00:00Z') },
        { path: 'reconcile', message: expect.stringContaining('`catalog`') },
      ]);
      const shape = await call('POST', `${at}/resync`, { kinds: 'repository', sinc: 1, reconcile: 'yes' });
      expect(shape.body.errors.map(({ path }: { path: string }) => path)).toEqual(['kinds', 'reconcile', 'sinc']);
      expect(await triggers()).toBe(before);
    });

    it('wait=true answers 207 when records were quarantined', async () => {
      const broken = { identifier: '$number(name) > 0 ? name : null', blueprint: '"repository"' };
      const config = { resources: [repositories(organizations, { entity: broken })] };
      const { status, body } = await call('PATCH', `${at}?wait=true`, { config });
      expect(status).toBe(207);
      expect(runSchema.parse(body)).toEqual(body);
      expect(body.kinds[0]).toMatchObject({ kind: 'repository', quarantined: 3 });
    });
  });

  describe('reading', () => {
    it('lists integrations and tells one with what can be patched, never a secret', async () => {
      await rig.resync();
      const list = await call('GET', '/v1/integration');
      expect(list.body.integrations.map(({ integration }: { integration: string }) => integration)).toEqual([
        rig.integration,
      ]);
      expect(statusSchema.parse(list.body.integrations[0])).toEqual(list.body.integrations[0]);
      const one = await call('GET', at);
      expect(integrationInFullSchema.parse(one.body)).toEqual(one.body);
      expect(one.body).toMatchObject({ configOrigin: 'file', lastComplete: { outcome: 'complete' }, quarantined: 0 });
      expect(one.body.config.resources).toHaveLength(2);
      for (const path of ['/v1/integration', at, `${at}/runs`, '/openapi.json', '/metrics']) {
        expect(JSON.stringify((await call('GET', path)).body)).not.toContain(SECRET);
      }
      const [stored] = await rig.db.query('select document from tidemark.config_version order by id desc limit 1');
      expect(JSON.stringify(stored)).toContain(SECRET);
    });

    it('lists runs, newest first, as many as are asked for', async () => {
      await rig.resync();
      await rig.resync();
      const { body } = await call('GET', `${at}/runs?limit=2`);
      expect(body.runs).toHaveLength(2);
      expect(body.runs[0].epoch).toBe(body.runs[1].epoch + 1);
      for (const run of body.runs) expect(runSchema.parse(run)).toEqual(run);
      expect(kindOf(body.runs[0], 'repository')).toMatchObject({ unchanged: 3 });
    });

    it.each(['', '/runs', '/plans', '/quarantine'])('404 for %s of an integration that is not there', async (path) => {
      expect((await call('GET', `/v1/integration/nobody${path}`)).status).toBe(404);
    });

    it.each(['11111111-1111-4111-8111-111111111111', 'nobody.1', '%00'])('no run and no trigger %s', async (id) => {
      const { status, body } = await call('GET', `${at}/runs/${id}`);
      expect([404, 422], JSON.stringify(body)).toContain(status);
    });

    it.each(['limit=0', 'limit=1001', 'limit=x', 'limit=1&limit=2', 'lmit=1'])('422 for ?%s', async (query) => {
      const { status, body } = await call('GET', `${at}/runs?${query}`);
      expect(status).toBe(422);
      expect(body.errors).toEqual([{ path: query.split('=')[0], message: expect.any(String) }]);
    });
  });
});

describe('the API without a worker', () => {
  let rig: Rig;
  let call: Api;
  let at: string;

  beforeAll(async () => {
    const source = generated({ organizations: 1, repositories: 1, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({ store: source.store, organizations: source.organizations, worker: false });
    call = api(await rig.startServer());
    at = `/v1/integration/${rig.integration}`;
  });
  afterAll(() => rig?.close());

  it.each([
    ['PATCH', '', {}],
    ['PATCH', '', { config: { concurrency: 2 } }],
    ['POST', '/resync', {}],
    ['POST', '/quarantine/retry', undefined],
  ])('S1.2 4.5 503 for %s %s %j: nothing is stored, nothing is triggered', async (method, path, body) => {
    const answer = await call(method, `${at}${path}`, body);
    expect(answer).toMatchObject({ status: 503, body: { detail: expect.stringContaining('tidemark worker') } });
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await countOf(rig.db, 'trigger')).toBe(0);
    expect(await countOf(rig.db, 'config_version')).toBe(1);
  });

  it('a bad configuration is 422 all the same', async () => {
    expect((await call('PATCH', at, { config: { concurrency: 0 } })).status).toBe(422);
  });

  it('4.1 a trigger that waits says so, whichever integration is asked', async () => {
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk', queue: true });
    const { status, body } = await call('GET', `${at}/runs/${trigger}`);
    expect(status).toBe(200);
    expect(waitingSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({ trigger, integration: rig.integration, outcome: 'waiting', action: 'resync' });
  });
});
