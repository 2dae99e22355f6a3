import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Generated, generated } from '../../examples/github-server/generated.ts';
import { startEmbeddedPostgres } from '../../workers/servers/embedded-postgres.ts';
import { temporalBinary } from '../../workers/servers/temporal-binary.ts';
import { startTemporalServer } from '../../workers/servers/temporal-server.ts';
import { Rig, type RigOptions, until } from '../support/rig.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** Each test kills a part in mid-run, for real, and looks at the catalog afterwards. */
describe('crashes', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  });

  async function folder(): Promise<string> {
    const directory = await mkdtemp(path.join(tmpdir(), 'tidemark crash '));
    closing.push(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }

  async function start(options: Partial<RigOptions> = {}): Promise<{ rig: Rig; source: Generated }> {
    const source = generated({ organizations: 1, repositories: 1500, pullRequests: 0, repositoriesWithPulls: 0 });
    const resources = { 'pull-request': null };
    const rig = await Rig.start({
      store: source.store,
      organizations: source.organizations,
      resources,
      worker: false,
      ...options,
    });
    closing.push(() => rig.close());
    return { rig, source };
  }

  async function worker(rig: Rig): Promise<WorkerProcess> {
    const started = await startWorkerProcess(rig);
    closing.push(() => started.kill('SIGKILL'));
    return started;
  }

  /** Triggers and waits until the source was asked for page 6: in the middle of the listing. */
  async function triggerToTheMiddle(rig: Rig): Promise<string> {
    rig.intercept = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return undefined;
    };
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => rig.server.requests.some((request) => request.page === 6));
    return trigger;
  }

  /** The catalog holds the source's repositories, each once, as they are now. */
  async function expectCatalogEqualsSource(rig: Rig, source: Generated): Promise<void> {
    const entities = [...(await rig.entities()).values()].filter((entity) => entity.blueprint === 'repository');
    const held = entities.map(({ identifier, title, properties }) => [identifier, title, properties.language]);
    const wanted = source.store
      .repositoriesOf('org-0')
      .map((record) => [record.full_name, record.name, record.language]);
    expect(held.sort()).toEqual(wanted.sort());
  }

  it('S1.19 kill -9 of the worker in mid-run: a new worker ends the run, and every entity is right', async () => {
    const { rig, source } = await start();
    const first = await worker(rig);
    const trigger = await triggerToTheMiddle(rig);
    await first.kill('SIGKILL');
    await worker(rig);
    const run = await rig.client.followTrigger(trigger);
    expect(run).toMatchObject({ outcome: 'complete', triggers: [trigger] });
    expect(await rig.runs()).toHaveLength(1);
    expect(run.kinds.find(({ kind }) => kind === 'repository')).toMatchObject({
      read: 1500,
      created: 1500,
      deleted: 0,
    });
    await expectCatalogEqualsSource(rig, source);
  }, 120_000);

  it('SIGTERM of the worker in mid-run: it ends by itself, and the next one goes on', async () => {
    const { rig, source } = await start();
    const first = await worker(rig);
    const trigger = await triggerToTheMiddle(rig);
    await first.kill('SIGTERM');
    expect(first.output()).toContain('stopping');
    await worker(rig);
    const run = await rig.client.followTrigger(trigger);
    expect(run.outcome).toBe('complete');
    await expectCatalogEqualsSource(rig, source);
  }, 120_000);

  it('S1.19 kill -9 of the Temporal server in mid-run: started again on its file, the run goes on to its end', async () => {
    const directory = await folder();
    const binary = await temporalBinary({ env: process.env, log: () => {} });
    const begin = (port?: number) =>
      startTemporalServer({ binary, directory, env: process.env, log: () => {}, ...(port ? { port } : {}) });
    let server = await begin();
    closing.push(() => server.stop());
    const { rig, source } = await start({ temporalAddress: server.address });
    await worker(rig);
    const trigger = await triggerToTheMiddle(rig);
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    server = await begin(Number(server.address.split(':')[1]));
    const run = await rig.client.followTrigger(trigger);
    expect(run).toMatchObject({ outcome: 'complete', triggers: [trigger] });
    await expectCatalogEqualsSource(rig, source);
  }, 120_000);

  it('S1.19 kill -9 of PostgreSQL in mid-run: restarted, the run goes on to its end', async () => {
    const directory = await folder();
    const begin = (port?: number) => startEmbeddedPostgres({ directory, log: () => {}, ...(port ? { port } : {}) });
    let postgres = await begin();
    closing.push(() => postgres.stop());
    const { rig, source } = await start({ databaseUrl: postgres.url });
    await worker(rig);
    const trigger = await triggerToTheMiddle(rig);
    process.kill(postgres.pid, 'SIGKILL');
    await postgres.exited;
    postgres = await begin(postgres.port);
    const run = await rig.client.followTrigger(trigger);
    expect(run).toMatchObject({ outcome: 'complete', triggers: [trigger] });
    await expectCatalogEqualsSource(rig, source);
  }, 120_000);
});
