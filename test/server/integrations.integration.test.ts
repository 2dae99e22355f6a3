import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generated } from '../../examples/github-server/generated.ts';
import { Rig } from '../support/rig.ts';
import { type Api, api } from './support.ts';

describe('the API of integrations', () => {
  let rig: Rig;
  let call: Api;

  beforeAll(async () => {
    const source = generated({ organizations: 1, repositories: 3, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({
      store: source.store,
      organizations: source.organizations,
      resources: { 'pull-request': null },
    });
    call = api(await rig.startServer());
  });
  afterAll(() => rig?.close());

  it('S1.13 PATCH {} triggers a resync and leaves the configuration as it is', async () => {
    const answer = await call('PATCH', `/v1/integration/${rig.integration}`, {});
    expect(answer).toMatchObject({ status: 202, body: { trigger: expect.any(String) } });
    const run = await rig.client.followTrigger(String(answer.body.trigger));
    expect(run).toMatchObject({ outcome: 'complete', configVersion: 1 });
  });
});
