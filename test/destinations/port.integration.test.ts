import { afterEach, describe, expect, it } from 'vitest';
import { PortRig, type PortRigOptions } from '../support/port/rig.ts';
import { CLIENT_SECRET } from '../support/port/server.ts';
import { kindOf } from '../support/rig.ts';

describe('resyncs to Port', () => {
  let world: PortRig | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  async function start(options: PortRigOptions = {}): Promise<PortRig> {
    world = await PortRig.start(options);
    return world;
  }

  it('10 a first run writes everything in calls of at most 20; an unchanged one makes no call for entities', async () => {
    const { rig, port, source } = await start();
    const first = await rig.resync();
    expect(first).toMatchObject({ outcome: 'complete' });
    expect(kindOf(first, 'repository')).toMatchObject({ read: 30, created: 30, updated: 0, unchanged: 0 });
    expect(kindOf(first, 'organization')).toMatchObject({ created: 1 });
    expect(world?.held().size).toBe(31);
    const one = source.store.repositoriesOf('org-0')[0];
    expect(world?.held().get(`repository/${one?.full_name}`)).toMatchObject({
      title: one?.name,
      properties: { language: one?.language },
      relations: { organization: 'org-0' },
    });
    expect(Math.max(...port.calls('upsert').map(({ body }) => (body.entities as unknown[]).length))).toBe(20);
    const agent = new RegExp(`^tidemark/\\d+\\.\\d+\\.\\d+/${rig.integration}$`);
    for (const { userAgent } of port.requests) expect(userAgent).toMatch(agent);

    const before = world?.entityCalls();
    const second = await rig.resync();
    expect(second.outcome).toBe('complete');
    expect(kindOf(second, 'repository')).toMatchObject({ created: 0, updated: 0, unchanged: 30, deleted: 0 });
    expect(world?.entityCalls()).toBe(before);
  });

  it('10 what changed is written, what is gone is deleted, and nothing else is touched', async () => {
    const { rig, port, source } = await start();
    await rig.resync();
    const [changed, gone] = source.store.repositoriesOf('org-0');
    source.store.putRepository({ ...changed, language: 'COBOL' });
    source.store.removeRepository(String(gone?.full_name));
    const before = port.writes;
    const run = await rig.resync();
    expect(kindOf(run, 'repository')).toMatchObject({ updated: 1, unchanged: 28, deleted: 1, unconfirmed: 0 });
    expect(port.writes).toBe(before + 2);
    expect(world?.held().get(`repository/${changed?.full_name}`)).toMatchObject({ properties: { language: 'COBOL' } });
    expect(world?.held().has(`repository/${gone?.full_name}`)).toBe(false);
  });

  it('2.7 an entity is written after those it refers to, whichever kind is read first', async () => {
    const { rig, port } = await start({
      size: { repositories: 5, pullRequests: 12, repositoriesWithPulls: 3 },
      resources: {},
    });
    // Kinds side by side: the organization comes last of all.
    let held = true;
    rig.intercept = async ({ route }) => {
      if (route !== 'organization') return undefined;
      for (let waited = 0; held && waited < 100; waited++) {
        held = port.calls('upsert').length < 2;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return undefined;
    };
    const run = await rig.resync();
    expect(run).toMatchObject({ outcome: 'complete', reason: null });
    expect(kindOf(run, 'repository')).toMatchObject({ created: 8, quarantined: 0 });
    expect(kindOf(run, 'pull-request')).toMatchObject({ created: 12, quarantined: 0 });
    expect(world?.held().size).toBe(22);
    const again = world?.entityCalls();
    expect((await rig.resync()).outcome).toBe('complete');
    expect(world?.entityCalls()).toBe(again);
  });

  it('10 207: the record that Port refuses lies in quarantine, the others are written; the next run tries it again', async () => {
    const { rig, port, source } = await start();
    const poisoned = String(source.store.repositoriesOf('org-0')[3]?.full_name);
    const refusing = (request: { route: string; body: Record<string, unknown> }) => {
      const entities = (request.body.entities ?? []) as { identifier: string }[];
      const index = entities.findIndex(({ identifier }) => identifier === poisoned);
      if (request.route !== 'upsert' || index < 0) return undefined;
      const rest = entities.filter((_, at) => at !== index);
      for (const entity of rest)
        port.store.of('repository').set(entity.identifier, { entity: entity as never, by: 'x' });
      return {
        type: 'answer' as const,
        status: 207,
        body: {
          ok: true,
          entities: entities.flatMap(({ identifier }, at) => (at === index ? [] : [{ identifier, index: at }])),
          errors: [{ index, statusCode: 422, error: 'invalid_request', message: '"language" is no language' }],
        },
      };
    };
    port.intercept = refusing;
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ created: 29, quarantined: 1 });
    const [record] = await rig.client.quarantine(rig.integration, 10);
    expect(record).toMatchObject({ kind: 'repository', stage: 'destination' });
    expect(record?.reason).toContain('"language" is no language');
    expect(JSON.parse(String(record?.raw)).full_name).toBe(poisoned);
    expect(world?.held().has(`repository/${poisoned}`)).toBe(false);

    port.intercept = null;
    const second = await rig.resync();
    expect(kindOf(second, 'repository')).toMatchObject({ created: 1, unchanged: 29, quarantined: 0 });
    expect(await rig.client.quarantine(rig.integration, 10)).toEqual([]);
    expect(world?.held().size).toBe(31);
  });

  it('10 401: the token is renewed in mid-run; wrong credentials fail the run and show no secret', async () => {
    const { rig, port } = await start();
    let forgotten = false;
    port.intercept = ({ route }) => {
      if (route === 'upsert' && !forgotten) {
        forgotten = true;
        port.forgetTokens();
      }
      return undefined;
    };
    expect((await rig.resync()).outcome).toBe('complete');
    expect(world?.held().size).toBe(31);
    expect(port.calls('token').length).toBeGreaterThanOrEqual(2);

    port.intercept = ({ route }) =>
      route === 'token' || route === 'upsert'
        ? { type: 'answer', status: 401, body: { ok: false, message: `no ${CLIENT_SECRET}` } }
        : undefined;
    await rig.configure({ 'pull-request': null, organization: { ...ORGANIZATION, kind: 'organization' } });
    const run = await rig.resync();
    expect(run.outcome).toBe('incomplete');
    expect(kindOf(run, 'organization')).toMatchObject({ state: 'failed' });
    expect(kindOf(run, 'organization').error).toContain('credentials');
    expect(JSON.stringify(run)).not.toContain(CLIENT_SECRET);
    expect(rig.lines.join('\n')).not.toContain(CLIENT_SECRET);
  });

  it('10 the rate limit is kept before it is violated, over all kinds', async () => {
    const { rig, port } = await start({ size: { repositories: 300 }, server: { rateLimit: { limit: 8, seconds: 1 } } });
    const run = await rig.resync();
    expect(run).toMatchObject({ outcome: 'complete' });
    expect(world?.held().size).toBe(301);
    expect(port.mostAtOnce).toBeLessThanOrEqual(4);
    expect(port.limited).toBe(0);
  });

  it('10 413: a call that is too large is sent in halves; a record that is too large alone lies in quarantine', async () => {
    const { rig, source } = await start({ server: { maxBulk: 3, maxBytes: 20_000 } });
    const [large] = source.store.repositoriesOf('org-0');
    source.store.putRepository({ ...large, topics: Array.from({ length: 2_000 }, (_, at) => `a-topic-${at}-of-many`) });
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ created: 29, quarantined: 1 });
    expect(world?.held().size).toBe(30);
  });

  it('3.3 3.5 deletes that a guard holds are made when a person approves them', async () => {
    const { rig, source } = await start();
    await rig.resync();
    for (const { full_name } of source.store.repositoriesOf('org-0').slice(0, 20)) {
      source.store.removeRepository(String(full_name));
    }
    expect((await rig.resync()).outcome).toBe('held');
    expect(world?.held().size).toBe(31);
    const [plan] = await rig.client.plans(rig.integration, 1);
    const run = await rig.client.followTrigger(
      await rig.client.approve(rig.integration, String(plan?.plan), { origin: 'sdk' }),
    );
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ deleted: 20 });
    expect(world?.held().size).toBe(11);
  });

  it('3.6 a delete that Port does not confirm leaves the run incomplete; the next one makes it', async () => {
    const { rig, port, source } = await start();
    await rig.resync();
    const [gone] = source.store.repositoriesOf('org-0');
    source.store.removeRepository(String(gone?.full_name));
    port.intercept = ({ route }) => (route === 'delete' ? { type: 'answer', status: 403 } : undefined);
    const run = await rig.resync();
    expect(run.outcome).toBe('incomplete');
    expect(run.reason).toContain('1 deletes were not confirmed by the destination');
    expect(kindOf(run, 'repository')).toMatchObject({ deleted: 0, unconfirmed: 1 });
    expect(world?.held().has(`repository/${gone?.full_name}`)).toBe(true);

    port.intercept = null;
    const next = await rig.resync();
    expect(next.outcome).toBe('complete');
    expect(kindOf(next, 'repository')).toMatchObject({ deleted: 1, unconfirmed: 0 });
    expect(world?.held().has(`repository/${gone?.full_name}`)).toBe(false);
  });

  it('1.5 with merge, what others wrote stays, and what the mapping no longer names is cleared', async () => {
    const { rig, port, source } = await start();
    await rig.resync();
    const name = String(source.store.repositoriesOf('org-0')[0]?.full_name);
    const stored = port.store.of('repository').get(name);
    if (!stored) throw new Error('not written');
    const entity = { ...stored.entity, properties: { ...stored.entity.properties, owner: 'a person' } };
    port.store.of('repository').set(name, { ...stored, entity });
    await rig.configure({ 'pull-request': null, repository: { ...REPOSITORY } });
    await rig.resync();
    expect(world?.held().get(`repository/${name}`)).toMatchObject({
      properties: { owner: 'a person', language: null, url: expect.any(String) },
      relations: { organization: null },
    });
  });

  it('6.1 a call is settled when Port has confirmed it', async () => {
    const { rig, port } = await start();
    await rig.resync();
    const entities = [{ blueprint: 'organization', identifier: 'by-call', title: 'By call' }];
    const made = await rig.client.register(rig.integration, entities, { origin: 'sdk', wait: true });
    expect(made).toMatchObject({ state: 'applied', result: { created: 1 } });
    expect(world?.held().get('organization/by-call')).toMatchObject({ title: 'By call' });
    const ended = await rig.client.unregister(rig.integration, entities, { origin: 'sdk', wait: true });
    expect(ended).toMatchObject({ state: 'applied', result: { deleted: 1 } });
    expect(world?.held().has('organization/by-call')).toBe(false);
    expect(port.calls('delete')).toHaveLength(1);
  });
});

const ORGANIZATION = {
  entity: { identifier: 'login', blueprint: '"organization"', title: '"changed"', properties: { url: 'url' } },
};

const REPOSITORY = {
  entity: { identifier: 'full_name', blueprint: '"repository"', title: 'name', properties: { url: 'html_url' } },
};
