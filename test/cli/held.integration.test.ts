import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IntegrationStatus } from '../../client/client.ts';
import type { Plan } from '../../domain/plan.ts';
import type { QuarantinedRecord } from '../../domain/quarantine.ts';
import type { RunReport } from '../../domain/run.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { Rig, type RigOptions } from '../support/rig.ts';
import { type Ended, tidemark } from '../support/tidemark.ts';

/** The program, as a person at a terminal or a script runs it, against servers that run elsewhere. */
describe('the command line and what waits for a person', () => {
  let folder: string;
  let rig: Rig;
  let id: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-cli-'));
  });
  afterEach(async () => {
    await rig.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(options: Partial<RigOptions> = {}) {
    const source = generated({ organizations: 1, repositories: 40, pullRequests: 0, repositoriesWithPulls: 0 });
    const { store, organizations } = source;
    rig = await Rig.start({ store, organizations, resources: { 'pull-request': null }, ...options });
    id = rig.integration;
    return source;
  }

  const run = (...args: string[]): Promise<Ended> =>
    tidemark(folder, args, {
      DATABASE_URL: rig.databaseUrl,
      TEMPORAL_ADDRESS: rig.temporalAddress,
      TIDEMARK_TASK_QUEUE: rig.taskQueue,
    });

  /** The one JSON document that a command writes to stdout. */
  async function answer<T>(code: number, ...args: string[]): Promise<T> {
    const ended = await run(...args, '--json');
    expect(ended.code, ended.stderr).toBe(code);
    return JSON.parse(ended.stdout) as T;
  }

  /** 25 of 40 repositories vanish after the first resync. */
  async function synced() {
    const { store } = await start();
    expect(await rig.resync()).toMatchObject({ outcome: 'complete' });
    const gone = store.repositoriesOf('org-0').slice(0, 25);
    for (const { full_name } of gone) store.removeRepository(String(full_name));
    return gone.map(({ full_name }) => String(full_name));
  }

  it('3.3 3.5 resync --wait ends with 4 and says what to type; plans, approve and status follow', async () => {
    const gone = await synced();
    const plan = `${id}.2.2`;
    const held = await run('resync', id, '--wait');
    expect(held.code, held.stderr).toBe(4);
    expect(held.stdout).toMatch(new RegExp(`^${id}: held \\(run ${id}\\.2, [\\d.]+ s\\)$`, 'm'));
    expect(held.stdout).toMatch(/^ {2}repository +complete +15 +0 +0 +15 +0$/m);
    expect(held.stdout).toContain(`repository: 25 of 40 claims would go, more than 30 % (deletes.maxShare)`);
    expect(held.stdout).toContain(
      `look: tidemark plans ${id} ${plan}; then: tidemark approve ${id} ${plan}, or tidemark reject ${id} ${plan}`,
    );

    const plans = await run('plans', id);
    expect(plans).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${plan}  open  repository: 25 entities.`),
    });
    const planned = await run('plans', id, plan);
    expect(planned.stdout.trim().split('\n').slice(1)).toEqual(gone.sort().map((name) => `repository  ${name}`));
    const status = await run('status', id);
    expect(status.stdout).toContain(`held: ${plan}  open  repository`);
    expect(status.stdout).toContain(`last run: ${id}: held`);

    const approved = await run('approve', id, plan);
    expect(approved.code, approved.stderr).toBe(0);
    expect(approved.stdout).toMatch(new RegExp(`^${id}: plan ${plan} applied \\(run ${id}\\.3, `, 'm'));
    expect((await rig.entities()).size).toBe(16);
    const again = await run('approve', id, plan);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain(`run ${id}.3`);
    expect((await run('plans', id)).stdout).toContain(`${plan}  applied`);
    expect((await run('status', id)).stdout).not.toContain('held:');
  }, 120_000);

  it('3.5 the same as JSON: one document on stdout, the rest on stderr', async () => {
    await synced();
    const held = await answer<RunReport>(4, 'resync', id, '--wait');
    expect(held).toMatchObject({ outcome: 'held', kinds: [{}, { kind: 'repository', deleted: 0 }] });
    const [plan] = await answer<Plan[]>(0, 'plans', id);
    expect(plan).toMatchObject({ kind: 'repository', state: 'open', entities: 25, run: held.run });
    expect(await answer<unknown[]>(0, 'plans', id, String(plan?.plan), '--limit', '3')).toHaveLength(3);
    expect(await answer<Plan>(0, 'reject', id, String(plan?.plan))).toMatchObject({
      ...plan,
      state: 'rejected',
      why: expect.any(String),
      decidedAt: expect.any(String),
    });
    const [status] = await answer<IntegrationStatus[]>(0, 'status', id);
    expect(status).toMatchObject({ lastRun: { outcome: 'held' }, openPlans: [] });

    await answer(4, 'resync', id, '--wait');
    const [next] = await answer<Plan[]>(0, 'plans', id);
    const approved = await answer<RunReport>(0, 'approve', id, String(next?.plan));
    expect(approved).toMatchObject({
      outcome: 'complete',
      action: 'apply',
      plan: next?.plan,
      kinds: [{ deleted: 25 }],
    });
    expect(await answer<RunReport>(0, 'resync', id, '--kind', 'repository', '--wait')).toMatchObject({
      outcome: 'complete',
      scope: { kinds: ['repository'], since: null },
      kinds: [{ kind: 'repository', read: 15 }],
    });
  }, 120_000);

  it('3.5 reject says so; a plan that is rejected, void or not there is wrong usage, with a word on what is right', async () => {
    await synced();
    await rig.resync();
    const plan = `${id}.2.2`;
    const rejected = await run('reject', id, plan);
    expect(rejected).toMatchObject({ code: 0, stdout: expect.stringContaining('rejected: rejected by a person') });
    const twice = await run('reject', id, plan);
    expect(twice.code).toBe(0);

    const wrong: [string[], string][] = [
      [['approve', id, plan], `plan ${plan} is rejected and cannot be approved: rejected by a person`],
      [['approve', id, 'nonsense'], `${id} has no plan nonsense; \`tidemark plans ${id}\` lists them`],
      [['reject', id, `${id}.9.1`], `${id} has no plan ${id}.9.1; \`tidemark plans ${id}\` lists them`],
      [['plans', id, 'nonsense'], `${id} has no plan nonsense`],
      [['plans', 'nobody'], `there is no integration nobody; configured are: ${id}`],
      [['resync', id, '--kind', 'branch'], `${id} has no kind branch; it has: organization, repository`],
      [['resync', id, '--since', 'yesterday'], '"yesterday" is not a time'],
    ];
    for (const [args, text] of wrong) {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stdout }, args.join(' ')).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(text);
      expect(stderr).not.toMatch(/\n {4}at /);
    }
    expect(await rig.runs()).toHaveLength(2);
    expect((await rig.entities()).size).toBe(41);
  }, 120_000);

  it('6.8 quarantine lists what could not be identified, and --retry maps it anew', async () => {
    const entity = { identifier: 'id % 20 = 0 ? null : full_name', blueprint: '"repository"', title: 'name' };
    await start({ resources: { organization: null, 'pull-request': null, repository: { entity } } });
    await rig.resync();
    const records = await answer<QuarantinedRecord[]>(0, 'quarantine', id);
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({ kind: 'repository', stage: 'identifier', reason: expect.any(String) });
    const listed = await run('quarantine', id, '--limit', '1');
    expect(listed.stdout).toContain(`repository ${records[0]?.key}: identifier: `);
    expect(listed.stdout).toContain(String(records[0]?.raw));
    expect(listed.stdout).not.toContain(`repository ${records[1]?.key}: `);
    expect((await run('status', id)).stdout).toContain('in quarantine: 2 record(s)');

    await rig.configure({ ...rig.resources, repository: {} });
    const retried = await run('quarantine', id, '--retry');
    expect(retried.code, retried.stderr).toBe(0);
    expect(retried.stdout).toContain(`${id}: retry of the quarantine complete (run ${id}.2,`);
    expect(await run('quarantine', id)).toMatchObject({ code: 0, stdout: `${id}: nothing lies in quarantine\n` });
    const nothing = await answer<RunReport>(0, 'quarantine', id, '--retry');
    expect(nothing).toMatchObject({ outcome: 'complete', reason: 'nothing lies in quarantine' });
    expect((await rig.entities()).size).toBe(40);
  }, 120_000);

  it('4.5 without a worker: exit 1 and how to start one; --queue triggers all the same', async () => {
    await start({ worker: false });
    const refused = await run('resync', id);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('nothing was triggered: start one with `tidemark worker`');
    const { trigger } = await answer<{ trigger: string }>(0, 'resync', id, '--queue');
    await rig.startWorker();
    expect(await rig.client.followTrigger(trigger)).toMatchObject({ outcome: 'complete', triggers: [trigger] });
  }, 120_000);
});
