import { afterEach, describe, expect, it } from 'vitest';
import { PortRig, type PortRigOptions } from '../support/port/rig.ts';
import { kindOf, until } from '../support/rig.ts';

describe('Port and what is known of it here', () => {
  let world: PortRig | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  async function start(options: PortRigOptions = {}): Promise<PortRig> {
    world = await PortRig.start(options);
    return world;
  }

  const reconcile = async ({ rig }: PortRig) =>
    rig.client.followTrigger(await rig.client.resync(rig.integration, { origin: 'sdk', reconcile: true }));

  it('10 --reconcile: what Port lacks is written again', async () => {
    const { rig, port, source } = await start();
    await rig.resync();
    const [lost] = source.store.repositoriesOf('org-0');
    port.store.of('repository').delete(String(lost?.full_name));
    expect(kindOf(await rig.resync(), 'repository')).toMatchObject({ unchanged: 30 });
    expect(world?.held().size).toBe(30);

    const run = await reconcile(world as PortRig);
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ created: 1, unchanged: 29 });
    expect(world?.held().size).toBe(31);
  });

  it('10 the first run and every reconcileEvery-th one ask, others do not', async () => {
    const { rig, port } = await start({ destination: { reconcileEvery: 3 } });
    const asked: number[] = [];
    for (let run = 0; run < 5; run++) {
      await rig.resync();
      asked.push(port.calls('owned').length);
    }
    expect(asked).toEqual([1, 1, 1, 2, 2]);
    await rig.resync({ kinds: ['repository'] });
    expect(port.calls('owned')).toHaveLength(2);
  });

  it('10 what Port holds under the name of the integration and nothing here knows is held; approved, it goes', async () => {
    const { rig, port } = await start();
    await rig.resync();
    const by = `tidemark/0.0.1/${rig.integration}`;
    const unknown = { identifier: 'forgotten', properties: {}, relations: {} };
    port.store.of('repository').set('forgotten', { entity: unknown, by });
    port.store.of('repository').set('by-hand', { entity: { ...unknown, identifier: 'by-hand' }, by: 'a person' });

    const held = await reconcile(world as PortRig);
    expect(held.outcome).toBe('held');
    expect(held.reason).toMatch(/^1 entities are in the destination .* nothing here knows/);
    expect(world?.held().size).toBe(33);
    const [plan] = await rig.client.plans(rig.integration, 1);
    expect(plan).toMatchObject({ state: 'open', entities: 1, claims: 0 });
    expect(await rig.client.planned(rig.integration, String(plan?.plan), 10)).toEqual([
      { blueprint: 'repository', identifier: 'forgotten' },
    ]);
    // A run that does not ask leaves the plan alone.
    await rig.resync();
    const approved = await rig.client.approve(rig.integration, String(plan?.plan), { origin: 'sdk' });
    const run = await rig.client.followTrigger(approved);
    expect(run).toMatchObject({ outcome: 'complete', removed: { deleted: 1 } });
    expect(world?.held().has('repository/forgotten')).toBe(false);
    expect(world?.held().has('repository/by-hand')).toBe(true);
    expect((await reconcile(world as PortRig)).outcome).toBe('complete');
  });

  it('10 --reconcile is refused for the catalog', async () => {
    const { rig } = await start({ settings: { destination: { type: 'catalog' } } });
    await expect(rig.client.resync(rig.integration, { origin: 'sdk', reconcile: true })).rejects.toThrow('catalog');
  });

  it('10 createBlueprints makes what Port lacks, targets first, and leaves alone what is there', async () => {
    const mine = { identifier: 'organization', title: 'Mine', relations: {} };
    const { rig, port } = await start({
      server: { blueprints: [mine] },
      destination: { createBlueprints: true },
      size: { repositories: 3 },
    });
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(port.store.blueprints.get('organization')).toEqual(mine);
    expect(port.store.blueprints.get('repository')).toMatchObject({
      schema: { properties: { language: { type: 'string' } } },
      relations: { organization: { target: 'organization', many: false } },
    });
    expect(world?.held().size).toBe(4);
  });

  it('10 blueprints that come with the source are made where they are absent, and never changed where they are', async () => {
    const mine = { identifier: 'githubOrganization', title: 'Mine', relations: {} };
    const { rig, port } = await start({
      server: { blueprints: [mine] },
      destination: { createBlueprints: true },
      size: { repositories: 3 },
      resources: { 'pull-request': null, organization: { entity: null }, repository: { entity: null } },
    });
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(port.store.blueprints.get('githubOrganization')).toEqual(mine);
    expect(port.store.blueprints.get('githubRepository')).toMatchObject({
      title: 'GitHub repository',
      relations: { organization: { target: 'githubOrganization' } },
    });
    const repositories = [...port.store.of('githubRepository').values()];
    expect(repositories.map(({ entity }) => entity.relations)).toEqual(
      Array.from({ length: 3 }, () => ({ organization: 'org-0' })),
    );
  });

  it('10 without it, a blueprint that Port lacks fails the kind, and the error says what to do', async () => {
    const { rig } = await start({ server: { blueprints: [{ identifier: 'organization' }] } });
    const run = await rig.resync();
    expect(run.outcome).toBe('incomplete');
    expect(kindOf(run, 'repository').error).toMatch(/Port has no blueprint repository: .*createBlueprints: true/);
    expect(kindOf(run, 'organization')).toMatchObject({ state: 'complete', created: 1 });
  });

  it('S1.14 a trigger that is given in Port is noticed and starts a resync, once', async () => {
    const { rig, port } = await start({ size: { repositories: 2 } });
    await until(() => port.integrations.has(rig.integration));
    await until(() => port.calls('change-integration').length === 1);
    expect(await rig.runs()).toEqual([]);
    const integration = port.integrations.get(rig.integration);
    expect(integration).toMatchObject({ installationAppType: 'tidemark' });
    port.integrations.set(rig.integration, { ...integration, updatedAt: '2030-01-01T00:00:00.000Z' });
    await until(async () => (await rig.runs())[0]?.outcome === 'complete', 60_000);
    expect(world?.held().size).toBe(3);
    await until(() => port.calls('integration').length >= 4, 60_000);
    expect(await rig.runs()).toHaveLength(1);
  }, 150_000);
});
