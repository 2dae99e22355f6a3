import { afterEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../domain/entity.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { Rig } from '../support/rig.ts';

describe('calls', () => {
  let rig: Rig;
  afterEach(() => rig?.close());
  async function start() {
    const source = generated({ organizations: 1, repositories: 3, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({
      store: source.store,
      organizations: source.organizations,
      resources: { 'pull-request': null },
    });
    return source;
  }
  const wait = { origin: 'sdk', wait: true } as const;

  it('S0.38 S0.42 registers and unregisters raw records', async () => {
    const source = await start();
    const rows = source.store.repositoriesOf('org-0').slice(0, 2) as never[];
    const first = await rig.client.accept(rig.integration, { type: 'register-raw', kind: 'repository', rows }, wait);
    expect(first).toMatchObject({ state: 'applied', result: { created: 2 } });
    expect((await rig.entities()).size).toBe(2);
    const again = await rig.client.accept(rig.integration, { type: 'register-raw', kind: 'repository', rows }, wait);
    expect(again).toMatchObject({ state: 'applied', result: { created: 0, unchanged: 2 } });
    const gone = await rig.client.accept(
      rig.integration,
      { type: 'unregister-raw', kind: 'repository', rows: rows.slice(0, 1) },
      wait,
    );
    expect(gone).toMatchObject({ state: 'applied', result: { deleted: 1 } });
    expect((await rig.entities()).size).toBe(1);
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect((await rig.entities()).size).toBe(4);
  });

  it('S0.51 sync of ready entities', async () => {
    await start();
    await rig.resync();
    const entity = (identifier: string, title: string) => ({
      blueprint: 'note',
      identifier,
      fields: { title } as Fields,
    });
    const sync = async (entities: ReturnType<typeof entity>[]) =>
      rig.client.followTrigger(await rig.client.sync(rig.integration, { scope: 'plain', entities }, { origin: 'sdk' }));
    expect(await sync([entity('a', 'A'), entity('b', 'B')])).toMatchObject({ outcome: 'complete', action: 'sync' });
    const second = await sync([entity('b', 'B2'), entity('c', 'C')]);
    expect(second.kinds).toMatchObject([{ kind: 'scope:plain', created: 1, updated: 1, deleted: 1 }]);
    expect(await rig.resync()).toMatchObject({ outcome: 'complete' });
    expect([...(await rig.entities()).keys()].filter((key) => key.startsWith('note/'))).toEqual(['note/b', 'note/c']);
  });
});
