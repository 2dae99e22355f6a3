import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generated } from '../../examples/github-server/generated.ts';
import { entitySchema, quarantinedSchema } from '../../server/schemas/entity.ts';
import { planInFullSchema, planSchema } from '../../server/schemas/plan.ts';
import { Rig, until } from '../support/rig.ts';
import { type Api, api, countOf } from './support.ts';

describe('the API of held deletes', () => {
  let rig: Rig;
  let call: Api;
  let at: string;
  const { store, organizations } = generated({
    organizations: 1,
    repositories: 20,
    pullRequests: 0,
    repositoriesWithPulls: 0,
  });

  beforeAll(async () => {
    rig = await Rig.start({ store, organizations, resources: { 'pull-request': null, organization: null } });
    call = api(await rig.startServer());
    at = `/v1/integration/${rig.integration}`;
    await rig.resync();
    for (const { full_name } of store.repositoriesOf('org-0').slice(0, 15)) store.removeRepository(String(full_name));
  });
  afterAll(() => rig?.close());

  /** The plan that a resync of the emptied source proposes. */
  async function propose(): Promise<string> {
    const { status, body } = await call('POST', `${at}/resync?wait=true`, {});
    expect({ status, outcome: body.outcome }).toEqual({ status: 200, outcome: 'held' });
    return body.kinds[0].plan;
  }

  it('3.5 lists plans, shows one with its entities, and rejects it', async () => {
    const plan = await propose();
    const list = await call('GET', `${at}/plans`);
    expect(list.body.plans).toMatchObject([{ plan, kind: 'repository', state: 'open', entities: 15 }]);
    expect(planSchema.parse(list.body.plans[0])).toEqual(list.body.plans[0]);
    const { body } = await call('GET', `${at}/plans/${plan}?limit=2`);
    expect(planInFullSchema.parse(body)).toEqual(body);
    expect(body.planned).toEqual([
      { blueprint: 'repository', identifier: expect.stringMatching(/^org-0\//) },
      { blueprint: 'repository', identifier: expect.stringMatching(/^org-0\//) },
    ]);
    const rejected = await call('POST', `${at}/plans/${plan}/reject`);
    expect(rejected).toMatchObject({ status: 200, body: { plan, state: 'rejected' } });
    expect((await call('POST', `${at}/plans/${plan}/reject`)).status).toBe(200);
    const before = await countOf(rig.db, 'trigger');
    const late = await call('POST', `${at}/plans/${plan}/approve`);
    expect(late).toMatchObject({ status: 409, body: { detail: expect.stringContaining('is rejected') } });
    expect(await countOf(rig.db, 'trigger')).toBe(before);
    expect((await rig.entities()).size).toBe(20);
  });

  it('3.5 approving deletes; repeated, it answers with the first trigger', async () => {
    const plan = await propose();
    const { status, body } = await call('POST', `${at}/plans/${plan}/approve?wait=true`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ action: 'apply', plan, outcome: 'complete' });
    expect((await rig.entities()).size).toBe(5);
    const again = await call('POST', `${at}/plans/${plan}/approve`);
    expect(again).toMatchObject({ status: 202, body: { trigger: body.triggers[0] } });
    expect((await call('POST', `${at}/plans/${plan}/reject`)).status).toBe(409);
  });

  it.each(['GET', 'POST'])('404 for a plan that is not there: %s', async (method) => {
    const paths = method === 'GET' ? [''] : ['/approve', '/reject'];
    for (const path of paths) {
      const { status, body } = await call(method, `${at}/plans/nope${path}`);
      expect({ status, ...body }).toMatchObject({ status: 404, detail: expect.stringContaining('has no plan nope') });
    }
  });
});

describe('the API of the quarantine and of entities', () => {
  let rig: Rig;
  let call: Api;
  let at: string;

  beforeAll(async () => {
    const source = generated({ organizations: 2, repositories: 4, pullRequests: 0, repositoriesWithPulls: 0 });
    const entity = {
      identifier: 'owner.login = "org-1" ? null : full_name',
      blueprint: '"repository"',
      title: 'name',
      relations: { organization: 'owner.login' },
    };
    rig = await Rig.start({
      store: source.store,
      organizations: source.organizations,
      resources: { 'pull-request': null, repository: { entity } },
    });
    call = api(await rig.startServer());
    at = `/v1/integration/${rig.integration}`;
    await rig.resync();
  });
  afterAll(() => rig?.close());

  it('6.8 lists rejected records, raw, and maps them anew', async () => {
    const { body } = await call('GET', `${at}/quarantine`);
    expect(body.records).toHaveLength(2);
    for (const record of body.records) expect(quarantinedSchema.parse(record)).toEqual(record);
    expect(JSON.parse(body.records[0].raw)).toMatchObject({ owner: { login: 'org-1' } });
    expect((await call('GET', `${at}/quarantine?limit=1`)).body.records).toHaveLength(1);
    const retried = await call('POST', `${at}/quarantine/retry?wait=true`);
    expect(retried).toMatchObject({ status: 207, body: { action: 'retry', kinds: [{ quarantined: 2 }] } });
  });

  it('searches the catalog', async () => {
    const found = async (query: string) => {
      const { body } = await call('GET', `/v1/entities?${query}`);
      return body.entities.map(({ identifier }: { identifier: string }) => identifier);
    };
    expect(await found('blueprint=organization')).toEqual(['org-0', 'org-1']);
    expect(await found(`integration=${rig.integration}&blueprint=repository`)).toHaveLength(2);
    // What a resync wrote is indexed soon after.
    await until(async () => (await found('search=ORG-1')).length > 0);
    expect(await found('search=ORG-1')).toEqual(['org-1']);
    expect(await found('limit=1')).toEqual(['org-0']);
    expect((await call('GET', '/v1/entities?integration=nobody')).status).toBe(404);
    expect((await call('GET', '/v1/entities?search=%00')).status).toBe(422);
  });

  it('reads one entity, whatever its identifier holds', async () => {
    const [first] = (await call('GET', '/v1/entities?blueprint=repository')).body.entities;
    const { status, body } = await call(
      'GET',
      `/v1/blueprints/repository/entities/${encodeURIComponent(first.identifier)}`,
    );
    expect({ status, body }).toEqual({ status: 200, body: first });
    expect(first.identifier).toContain('/');
    expect(entitySchema.parse(body)).toEqual(body);
    const missing = await call('GET', '/v1/blueprints/repository/entities/a%2Fb%25');
    expect(missing).toMatchObject({ status: 404, body: { detail: 'the catalog has no repository a/b%' } });
  });
});
