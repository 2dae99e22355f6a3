import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseClock } from '../../catalog/staging.ts';
import type { EntityInput } from '../../client/calls.ts';
import type { RunReport } from '../../domain/run.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { Rig } from '../support/rig.ts';

const wait = { origin: 'sdk', wait: true } as const;

describe('calls with ready entities', () => {
  let rig: Rig;
  beforeAll(async () => {
    const { store, organizations } = generated({
      organizations: 1,
      repositories: 1,
      pullRequests: 0,
      repositoriesWithPulls: 0,
    });
    rig = await Rig.start({ store, organizations, resources: { 'pull-request': null } });
  });
  beforeEach(() =>
    rig.db.query('delete from tidemark.entity; delete from tidemark.claim; delete from tidemark.tombstone'),
  );
  afterAll(() => rig?.close());

  const note = (identifier: string, title = identifier): EntityInput => ({ blueprint: 'note', identifier, title });
  const notes = async () =>
    [...(await rig.entities()).values()]
      .filter(({ blueprint }) => blueprint === 'note')
      .map(({ identifier, title }) => `${identifier}: ${title}`);
  const sync = async (entities: readonly EntityInput[], scope?: string): Promise<RunReport> => {
    const trigger = await rig.client.sync(rig.integration, entities, { origin: 'sdk', scope });
    return rig.client.followTrigger(trigger);
  };

  it('S0.46 S0.47 entities of several blueprints go into the catalog as they are', async () => {
    const full: EntityInput = {
      blueprint: 'service',
      identifier: 'a/b "c"',
      title: null,
      team: ['x', 'y'],
      properties: { 'a.b': [1, { c: null }], __proto__x: true, ['__proto__']: 'own', nothing: null },
      relations: { many: ['p', 'q'], one: 'r', none: null },
    };
    await rig.client.register(rig.integration, [full, note('n')], wait);
    const entities = await rig.entities();
    expect([...entities.keys()]).toEqual(['note/n', 'service/a/b "c"']);
    const stored = entities.get('service/a/b "c"');
    expect(stored).toEqual(full);
    expect(Object.entries(stored?.properties ?? {})).toContainEqual(['__proto__', 'own']);
  });

  it('S0.46 a field that is left out is cleared if an earlier call wrote it; others keep theirs', async () => {
    await rig.client.register(rig.integration, [{ ...note('a'), properties: { x: 1, y: 2 } }], wait);
    await rig.client.register(rig.integration, [{ ...note('a'), properties: { z: 3 } }], { ...wait, scope: 'second' });
    await rig.client.register(rig.integration, [{ ...note('a'), properties: { x: 1 } }], wait);
    expect((await rig.entities()).get('note/a')?.properties).toEqual({ x: 1, z: 3 });
  });

  it('S0.51 S0.52 sync makes the scope equal the list: creates, updates, deletes what the list lacks', async () => {
    expect(await sync([note('a'), note('b')])).toMatchObject({ outcome: 'complete', action: 'sync' });
    const run = await sync([note('b', 'B2'), note('c')]);
    expect(run.kinds).toMatchObject([{ kind: 'scope:plain', created: 1, updated: 1, deleted: 1 }]);
    expect(await notes()).toEqual(['b: B2', 'c: c']);
    const again = await sync([note('b', 'B2'), note('c')]);
    expect(again.kinds).toMatchObject([{ created: 0, updated: 0, deleted: 0, unchanged: 2 }]);
  });

  it('6.7 sync leaves alone what other scopes, resyncs and people hold, and a resync leaves scopes alone', async () => {
    await rig.db.query(`insert into tidemark.entity (blueprint, identifier, fields) values ('note', 'hand', '{}')`);
    await rig.client.register(rig.integration, [note('other')], { ...wait, scope: 'other' });
    await sync([note('a')]);
    expect((await rig.resync()).outcome).toBe('complete');
    expect(await sync([note('b')])).toMatchObject({ kinds: [{ kind: 'scope:plain', created: 1, deleted: 1 }] });
    expect(await notes()).toEqual(['b: b', 'hand: null', 'other: other']);
    expect([...(await rig.entities()).values()].filter(({ blueprint }) => blueprint === 'repository')).toHaveLength(1);
  });

  it('6.7 3.3 an empty list is held by the guard, and approved by a person', async () => {
    await sync([note('a'), note('b')]);
    const run = await sync([]);
    expect(run).toMatchObject({ outcome: 'held', kinds: [{ kind: 'scope:plain', deleted: 0 }] });
    expect(await notes()).toHaveLength(2);
    const plan = run.kinds[0]?.plan as string;
    const applied = await rig.client.followTrigger(await rig.client.approve(rig.integration, plan, { origin: 'sdk' }));
    expect(applied).toMatchObject({ outcome: 'complete', kinds: [{ kind: 'scope:plain', deleted: 2 }] });
    expect(await notes()).toEqual([]);
  });

  it('6.1 a call that was received before a sync, and is applied after it, brings nothing back', async () => {
    await rig.client.register(rig.integration, [note('a')], wait);
    const received = await databaseClock(rig.db);
    expect(await sync([note('a', 'newer'), note('c')])).toMatchObject({ outcome: 'complete' });
    const call = {
      type: 'register',
      scope: 'plain',
      entities: ['a', 'b'].map((identifier) => ({ blueprint: 'note', identifier, fields: { title: 'older' } })),
    };
    const [earlier] = await rig.db.query<{ id: string }>(
      `insert into tidemark.inbox (integration, origin, type, call, received_at)
       values ($1, 'sdk', 'register', $2, $3) returning id`,
      [rig.integration, JSON.stringify(call), received],
    );
    await rig.client.register(rig.integration, [note('d')], wait);
    expect(await rig.client.call((earlier as { id: string }).id)).toMatchObject({
      state: 'applied',
      result: { created: 0, updated: 0, outdated: 2 },
    });
    expect(await notes()).toEqual(['a: newer', 'c: c', 'd: d']);
  });

  it('6.1 an unknown integration and an unknown call are refused', async () => {
    await expect(rig.client.register('nobody', [note('a')], wait)).rejects.toThrow(/no integration nobody/);
    await expect(rig.client.call('3f2b6b1e-0000-4000-8000-000000000000')).rejects.toMatchObject({
      name: 'NotFoundError',
      message: expect.stringContaining('no call'),
    });
  });
});
