import { afterEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../config/load.ts';
import { type Generated, generated } from '../../examples/github-server/generated.ts';
import type { RouteName } from '../../examples/github-server/request.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { kindOf, Rig, until } from '../support/rig.ts';

describe('what a run reads, in which order and by which configuration', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  async function start(settings: Readonly<Record<string, unknown>> = {}): Promise<{ rig: Rig; source: Generated }> {
    const source = generated({ organizations: 2, repositories: 60, pullRequests: 0, repositoriesWithPulls: 0 });
    const { store, organizations } = source;
    rig = await Rig.start({ store, organizations, settings, resources: { 'pull-request': null } });
    return { rig, source };
  }

  /** Requests of these routes wait until they are let go on. */
  function hold(rig: Rig, ...routes: RouteName[]): { held: Set<RouteName>; release: () => void } {
    let release: () => void = () => {};
    const gate = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    const held = new Set<RouteName>();
    rig.intercept = ({ route }) => {
      if (route === null || !routes.includes(route)) return undefined;
      held.add(route);
      return gate;
    };
    return { held, release };
  }

  /** One kind with a resource for each organization, in this order. */
  async function splitByOrganization(rig: Rig, organizations: readonly string[]): Promise<void> {
    const file = JSON.parse(rig.configurationText({ organization: null, 'pull-request': null }));
    const configured = file.integrations[rig.integration];
    const [resource] = configured.resources;
    configured.resources = organizations.map((login) => ({ ...resource, selector: { organizations: [login] } }));
    const text = JSON.stringify(file);
    await rig.client.importConfiguration(loadConfiguration({ file: 'test.yaml', text }, configurationContext({})));
  }

  it('2.1 a run keeps the configuration that it began with; a newer one is for the next, and nothing is deleted', async () => {
    const { rig, source } = await start();
    await rig.resync();
    const gone = String(source.store.repositoriesOf('org-0')[0]?.full_name);
    source.store.removeRepository(gone);
    const { held, release } = hold(rig, 'repositories');
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => held.size > 0);
    const renamed = { identifier: 'full_name', blueprint: '"repository"', title: '"new " & name' };
    await rig.configure({ ...rig.resources, repository: { entity: renamed } });
    release();
    const run = await rig.client.followTrigger(trigger);
    expect(run).toMatchObject({
      outcome: 'incomplete',
      reason: 'nothing was deleted: the configuration changed during the run',
    });
    expect(kindOf(run, 'repository')).toMatchObject({ read: 59, updated: 0, unchanged: 59, deleted: 0 });

    const next = await rig.resync();
    expect(next.outcome).toBe('complete');
    expect(kindOf(next, 'repository')).toMatchObject({ updated: 59, deleted: 1 });
    const runs = await rig.runs();
    expect(runs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(runs.map(({ run: id }) => id)).toEqual([1, 2, 3].map((epoch) => `${rig.integration}.${epoch}`));
    const [before, during, after] = runs.map(({ configVersion }) => configVersion);
    expect(during).toBe(before);
    expect(after).toBeGreaterThan(Number(before));
  });

  it('2.6 kinds are read side by side', async () => {
    const { rig } = await start({ concurrency: 2 });
    const { held, release } = hold(rig, 'organization', 'repositories');
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => held.size === 2);
    release();
    expect((await rig.client.followTrigger(trigger)).outcome).toBe('complete');
  });

  it('2.6 up to `concurrency`: with 1 one after another, in configuration order', async () => {
    const { rig } = await start({ concurrency: 1 });
    const { held, release } = hold(rig, 'organization');
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => held.size > 0);
    expect((await rig.runs())[0]?.kinds.map(({ state }) => state)).toEqual(['running', 'pending']);
    release();
    const run = await rig.client.followTrigger(trigger);
    const [organization, repository] = run.kinds;
    expect(Date.parse(String(repository?.startedAt))).toBeGreaterThanOrEqual(
      Date.parse(String(organization?.finishedAt)),
    );
    expect(rig.server.requests.map(({ route }) => route)).toEqual([
      'organization',
      'organization',
      'repositories',
      'repositories',
    ]);
  });

  it('2.6 the resources of a kind are read one after another, in configuration order', async () => {
    const { rig } = await start();
    await splitByOrganization(rig, ['org-1', 'org-0']);
    const run = await rig.resync();
    expect(run.kinds).toMatchObject([{ kind: 'repository', state: 'complete', read: 60, created: 60 }]);
    expect(rig.server.requests.map(({ params }) => params.organization)).toEqual(['org-1', 'org-0']);
    const resources = await rig.db.query<{ resource: string; claims: number }>(
      'select resource, count(*) as claims from tidemark.claim group by resource order by resource',
    );
    expect(resources).toEqual([
      { resource: 'repository', claims: 30 },
      { resource: 'repository#2', claims: 30 },
    ]);
  });

  it('2.2 2.3 a kind of two resources of which one fails is not complete; what the other brought stands', async () => {
    const { rig } = await start();
    await splitByOrganization(rig, ['org-0', 'org-1']);
    rig.intercept = ({ params }) =>
      params.organization === 'org-1' ? { fault: 'answer', status: 403, body: { message: 'no' } } : undefined;
    const run = await rig.resync();
    expect(run.outcome).toBe('failed');
    expect(run.kinds).toMatchObject([{ kind: 'repository', state: 'failed', read: 30, created: 30, deleted: 0 }]);
    expect((await rig.entities()).size).toBe(30);
  });
});
