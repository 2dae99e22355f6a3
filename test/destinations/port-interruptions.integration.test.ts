import { afterEach, describe, expect, it } from 'vitest';
import { PortRig, type PortRigOptions } from '../support/port/rig.ts';
import type { PortRequest } from '../support/port/server.ts';
import { kindOf, until } from '../support/rig.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** Requests that are cut off, lost, late, or left behind by a process that was killed. */
describe('interrupted calls to Port', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  });

  async function start(options: PortRigOptions = {}): Promise<PortRig> {
    const world = await PortRig.start(options);
    closing.push(() => world.close());
    return world;
  }

  /** Port holds just what the source has, as it is now. */
  function expectMirror(world: PortRig): void {
    const { source } = world;
    const repositories = [...world.held()].filter(([key]) => key.startsWith('repository/'));
    const found = repositories.map(([key, { title, properties }]) => [key, title, (properties as Props).language]);
    const wanted = source.store
      .repositoriesOf('org-0')
      .map(({ full_name, name, language }) => [`repository/${full_name}`, name, language]);
    expect(found.sort()).toEqual(wanted.sort());
  }

  const isRepositories = ({ route, path }: PortRequest): boolean => route === 'upsert' && path.includes('/repository/');

  it('5.3 calls that are cut off before, and answers that are lost after they took effect, are made again', async () => {
    const world = await start({ size: { repositories: 200 } });
    const { rig, port } = world;
    let calls = 0;
    port.intercept = (request) => {
      if (!isRepositories(request)) return undefined;
      calls += 1;
      if (calls % 4 === 1) return { type: 'cut' };
      return calls % 4 === 3 ? { type: 'lost' } : undefined;
    };
    const run = await rig.resync();
    expect(run).toMatchObject({ outcome: 'complete' });
    expect(kindOf(run, 'repository')).toMatchObject({ created: 200, unchanged: 0 });
    expectMirror(world);
  });

  it('5.3 what nobody knows is written again: a run without answers is incomplete, the next one makes up for it', async () => {
    const world = await start();
    const { rig, port } = world;
    port.intercept = (request) => (isRepositories(request) ? { type: 'lost' } : undefined);
    const first = await rig.resync();
    expect(first.outcome).toBe('incomplete');
    expect(kindOf(first, 'repository')).toMatchObject({ state: 'failed', created: 0 });
    expect(kindOf(first, 'repository').error).toContain('on each of 5 tries');

    port.intercept = null;
    const before = port.calls('upsert').filter(isRepositories).length;
    await world.expireRequests();
    const second = await rig.resync();
    expect(second.outcome).toBe('complete');
    expect(kindOf(second, 'repository')).toMatchObject({ created: 30, unchanged: 0 });
    expect(port.calls('upsert').filter(isRepositories).length).toBeGreaterThan(before);
    expectMirror(world);
    const calls = world.entityCalls();
    expect(kindOf(await rig.resync(), 'repository')).toMatchObject({ unchanged: 30, created: 0, updated: 0 });
    expect(world.entityCalls()).toBe(calls);
  });

  it('5.3 a request of an old run that arrives late is waited for: the newer content wins', async () => {
    const world = await start({ size: { repositories: 5 } });
    const { rig, port, source } = world;
    await rig.resync();
    const [one] = source.store.repositoriesOf('org-0');
    source.store.putRepository({ ...one, language: 'OLD' });
    let arrive = (): void => {};
    const until5 = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    // Every try of the old run hangs in the network, and takes effect later.
    port.intercept = (request) => (isRepositories(request) ? { type: 'late', until: until5 } : undefined);
    const old = await rig.resync();
    expect(old.outcome).toBe('incomplete');

    port.intercept = null;
    source.store.putRepository({ ...one, language: 'NEW' });
    const calls = port.calls('upsert').filter(isRepositories).length;
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    // The new run has read and mapped the record, and does not send it while the old request may still arrive.
    await until(async () => {
      const rows = await rig.db.query<{ fields: Record<string, string> }>(
        `select fields from tidemark.entity where identifier = $1`,
        [one?.full_name],
      );
      return rows[0]?.fields['properties.language'] === 'NEW';
    });
    expect(port.calls('upsert').filter(isRepositories)).toHaveLength(calls);
    arrive();
    await until(() => languageOf(world.held().get(`repository/${one?.full_name}`)) === 'OLD');
    await world.expireRequests();
    const run = await rig.client.followTrigger(trigger);
    expect(run.outcome).toBe('complete');
    expectMirror(world);
  });

  it('5.1 a run that was overtaken sends nothing more, and its answers still count', async () => {
    const world = await start({ size: { repositories: 400 } });
    const { rig, port } = world;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    port.intercept = async (request) => {
      if (isRepositories(request)) await held;
      return undefined;
    };
    const first = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => port.calls('upsert').filter(isRepositories).length === 4);
    const second = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(async () => (await rig.runs()).length === 2);
    expect(port.calls('upsert').filter(isRepositories)).toHaveLength(4);
    release();
    const run = await rig.client.followTrigger(second);
    expect(run.outcome).toBe('complete');
    expect((await rig.client.followTrigger(first)).run).toBe(run.run);
    expect((await rig.runs())[0]?.outcome).toBe('aborted');
    // 80 were answered to the old run and are not sent again.
    expect(port.writes).toBe(401);
    expectMirror(world);
  });

  it('3.6 remote deletes stop between calls when a trigger comes, and the next run makes the rest', async () => {
    const world = await start({
      size: { repositories: 700 },
      settings: { deletes: { maxShare: 1 } },
    });
    const { rig, port, source } = world;
    expect((await rig.resync()).outcome).toBe('complete');
    for (const { full_name } of source.store.repositoriesOf('org-0').slice(0, 600)) {
      source.store.removeRepository(String(full_name));
    }
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    port.intercept = async ({ route }) => {
      if (route === 'delete') await held;
      return undefined;
    };
    await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => port.calls('delete').length === 4);
    const second = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(async () => (await rig.runs()).length === 3);
    expect(port.calls('delete')).toHaveLength(4);
    release();
    const run = await rig.client.followTrigger(second);
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository').deleted).toBe(200);
    expectMirror(world);
  });

  it('5.3 a worker that is killed in mid-send leaves nothing behind: another one ends the run', async () => {
    const world = await start({ size: { repositories: 300 }, worker: false });
    const { rig, port } = world;
    const process = async (): Promise<WorkerProcess> => {
      const started = await startWorkerProcess(rig);
      closing.push(() => started.kill('SIGKILL'));
      return started;
    };
    let hanging = true;
    port.intercept = async (request) => {
      if (isRepositories(request) && port.calls('upsert').filter(isRepositories).length > 6) {
        await until(() => !hanging, 60_000);
      }
      return undefined;
    };
    const first = await process();
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => port.calls('upsert').filter(isRepositories).length > 6, 60_000);
    await first.kill('SIGKILL');
    hanging = false;
    await process();
    // Its last requests are known to be under way until they expire.
    const expiring = setInterval(() => void world.expireRequests(), 1_000);
    const run = await rig.client.followTrigger(trigger).finally(() => clearInterval(expiring));
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ read: 300, created: 300 });
    expectMirror(world);
  }, 120_000);
});

const languageOf = (entity: Record<string, unknown> | undefined): unknown =>
  (entity?.properties as Props | undefined)?.language;

interface Props {
  readonly language: unknown;
}
