import { Client, Connection } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { type Generated, generated } from '../../examples/github-server/generated.ts';
import { Rig, type RigOptions, until } from '../support/rig.ts';

/** What a trigger asks for, what the run before it was about, and which of them gives way. */
describe('triggers of some kinds, of what changed, and of everything', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  });

  async function start(options: Partial<RigOptions> = {}): Promise<{ rig: Rig; source: Generated }> {
    const source = generated({ organizations: 1, repositories: 150, pullRequests: 0, repositoriesWithPulls: 0 });
    const { store, organizations } = source;
    const rig = await Rig.start({ store, organizations, resources: { 'pull-request': null }, ...options });
    closing.push(() => rig.close());
    return { rig, source };
  }

  async function temporal(rig: Rig): Promise<Client> {
    const connection = await Connection.connect({ address: rig.temporalAddress });
    closing.push(() => connection.close());
    return new Client({ connection });
  }

  interface Asked {
    readonly kinds?: readonly string[];
    readonly since?: string;
  }
  const trigger = (rig: Rig, asked: Asked = {}): Promise<string> =>
    rig.client.resync(rig.integration, { origin: 'sdk', ...asked });

  /** Triggers a run; it waits at page 2 of the repositories until it is let go on. */
  async function triggerAndHold(rig: Rig, asked: Asked = {}): Promise<{ trigger: string; release: () => void }> {
    let release: () => void = () => {};
    const gate = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    let held = false;
    rig.intercept = ({ route, page }) => {
      if (route !== 'repositories' || page !== 2) return undefined;
      held = true;
      return gate;
    };
    const id = await trigger(rig, asked);
    await until(() => held);
    return { trigger: id, release };
  }

  /** The run in progress has seen that the trigger waits. */
  const noticed = (rig: Rig, id: string): Promise<void> =>
    until(async () => {
      const rows = await rig.db.query('select from tidemark.trigger where id = $1 and noticed_by is not null', [id]);
      return rows.length > 0;
    });

  const follow = (rig: Rig, id: string) => rig.client.followTrigger(id);

  const summary = async (rig: Rig) =>
    (await rig.runs()).map(({ outcome, scope, kinds, triggers }) => ({
      outcome,
      scope,
      kinds: kinds.map(({ kind }) => kind),
      triggers: triggers.length,
    }));

  const EVERYTHING = { kinds: null, since: null };
  const BOTH = ['organization', 'repository'];

  it('4.2 a full run is not aborted by a trigger of one kind: that waits and runs after it', async () => {
    const { rig } = await start();
    const full = await triggerAndHold(rig);
    const narrow = await trigger(rig, { kinds: ['organization'] });
    await noticed(rig, narrow);
    full.release();
    const [first, second] = [await follow(rig, full.trigger), await follow(rig, narrow)];
    expect([first.outcome, second.outcome]).toEqual(['complete', 'complete']);
    expect(Date.parse(second.startedAt)).toBeGreaterThanOrEqual(Date.parse(String(first.finishedAt)));
    expect(await summary(rig)).toEqual([
      { outcome: 'complete', scope: EVERYTHING, kinds: BOTH, triggers: 1 },
      { outcome: 'complete', scope: { kinds: ['organization'], since: null }, kinds: ['organization'], triggers: 1 },
    ]);
  });

  it('4.2 a full run is not aborted by an incremental trigger', async () => {
    const { rig } = await start();
    const full = await triggerAndHold(rig);
    const narrow = await trigger(rig, { since: 'last' });
    await noticed(rig, narrow);
    full.release();
    expect((await follow(rig, narrow)).scope).toEqual({ kinds: null, since: { last: true, time: null } });
    expect((await summary(rig)).map(({ outcome }) => outcome)).toEqual(['complete', 'complete']);
  });

  it('4.2 a run of one kind is aborted by a full trigger: the next one is full', async () => {
    const { rig } = await start();
    const one = await triggerAndHold(rig, { kinds: ['repository'] });
    rig.intercept = undefined;
    await follow(rig, await trigger(rig));
    expect(await summary(rig)).toEqual([
      { outcome: 'aborted', scope: { kinds: ['repository'], since: null }, kinds: ['repository'], triggers: 0 },
      { outcome: 'complete', scope: EVERYTHING, kinds: BOTH, triggers: 2 },
    ]);
    expect((await follow(rig, one.trigger)).outcome).toBe('complete');
  });

  it('4.2 a full run, aborted by a full trigger while one of one kind waits: the next one is full and covers all', async () => {
    const { rig } = await start();
    await triggerAndHold(rig);
    const narrow = await trigger(rig, { kinds: ['repository'] });
    await noticed(rig, narrow);
    rig.intercept = undefined;
    await follow(rig, await trigger(rig));
    expect(await summary(rig)).toEqual([
      { outcome: 'aborted', scope: EVERYTHING, kinds: BOTH, triggers: 0 },
      { outcome: 'complete', scope: EVERYTHING, kinds: BOTH, triggers: 3 },
    ]);
  });

  it('4.2 an incremental run of one kind, aborted by a full trigger of another: both in full', async () => {
    const { rig } = await start();
    await triggerAndHold(rig, { kinds: ['repository'], since: 'last' });
    rig.intercept = undefined;
    await follow(rig, await trigger(rig, { kinds: ['organization'] }));
    expect(await summary(rig)).toEqual([
      {
        outcome: 'aborted',
        scope: { kinds: ['repository'], since: { last: true, time: null } },
        kinds: ['repository'],
        triggers: 0,
      },
      { outcome: 'complete', scope: { kinds: BOTH, since: null }, kinds: BOTH, triggers: 2 },
    ]);
  });

  it('3.6 a trigger that comes while a run deletes waits for that, and the next run follows at once', async () => {
    const { rig, source } = await start();
    await rig.resync();
    source.store.removeRepository(String(source.store.repositoriesOf('org-0')[0]?.full_name));
    // Another writer of the blueprint, from the second look on: the delete has to wait for it.
    let release: () => void = () => {};
    let writing: Promise<void> | undefined;
    rig.intercept = async ({ route }) => {
      if (route !== 'repository') return undefined;
      await new Promise<void>((locked) => {
        writing = rig.db.transaction(async (tx) => {
          await tx.query(`select pg_advisory_xact_lock(hashtextextended('catalog repository', 0))`);
          locked();
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        });
      });
      return undefined;
    };
    const first = await trigger(rig);
    await until(async () => {
      const waiting = await rig.db.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
            and query like '%pg_advisory_xact_lock%'`,
      );
      return waiting.length > 0;
    });
    rig.intercept = undefined;
    const second = await trigger(rig);
    await noticed(rig, second);
    expect((await rig.runs()).map(({ outcome }) => outcome)).toEqual(['complete', 'running']);
    release();
    await writing;
    const deleting = await follow(rig, first);
    expect(deleting).toMatchObject({ run: `${rig.integration}.2`, outcome: 'complete' });
    expect(deleting.kinds.map(({ deleted }) => deleted)).toEqual([0, 1]);
    expect(await follow(rig, second)).toMatchObject({ run: `${rig.integration}.3`, outcome: 'complete' });
    // It took the trigger up itself: nobody had to signal again.
    const [row] = await rig.db.query<{ execution: string }>(
      'select workflow_run_id as execution from tidemark.run where id = $1',
      [deleting.run],
    );
    const handle = (await temporal(rig)).workflow.getHandle(`resync/${rig.integration}`, row?.execution);
    expect((await handle.describe()).status.name).toBe('CONTINUED_AS_NEW');
  });

  it('4.3 onTrigger: queue: triggers wait behind the run, and one run covers them all', async () => {
    const { rig } = await start({ settings: { onTrigger: 'queue' } });
    const first = await triggerAndHold(rig);
    const waiting = await Promise.all([trigger(rig), trigger(rig), trigger(rig)]);
    for (const id of waiting) await noticed(rig, id);
    first.release();
    expect((await follow(rig, first.trigger)).run).toBe(`${rig.integration}.1`);
    for (const id of waiting) expect((await follow(rig, id)).run).toBe(`${rig.integration}.2`);
    expect(await summary(rig)).toMatchObject([
      { outcome: 'complete', triggers: 1 },
      { outcome: 'complete', triggers: 3 },
    ]);
  });

  it('4.3 onTrigger: join: a run that has asked the source for something already is not joined', async () => {
    const { rig } = await start({ settings: { onTrigger: 'join' } });
    const first = await triggerAndHold(rig);
    const late = await trigger(rig);
    await noticed(rig, late);
    first.release();
    expect((await follow(rig, late)).run).toBe(`${rig.integration}.2`);
    expect(await summary(rig)).toMatchObject([
      { outcome: 'complete', triggers: 1 },
      { outcome: 'complete', triggers: 1 },
    ]);
  });

  it('4.3 onTrigger: join: a run that has not asked for anything yet covers the trigger', async () => {
    const resources = { 'pull-request': null, organization: null };
    const { rig } = await start({ settings: { onTrigger: 'join' }, resources });
    const { workflow } = await temporal(rig);
    // Something else has the id of the kind's workflow: the run cannot start it yet.
    const workflowId = `resync/${rig.integration}/repository`;
    const other = await workflow.start('nobody', { workflowId, taskQueue: `nobody-${rig.integration}` });
    const first = await trigger(rig);
    await until(async () => (await rig.runs())[0]?.kinds[0]?.state === 'pending');
    const joining = await trigger(rig);
    await until(async () => (await rig.runs())[0]?.triggers.includes(joining) ?? false);
    expect(rig.server.requests).toEqual([]);
    await other.terminate();
    expect((await follow(rig, joining)).run).toBe(`${rig.integration}.1`);
    expect((await follow(rig, first)).run).toBe(`${rig.integration}.1`);
    expect(await summary(rig)).toMatchObject([{ outcome: 'complete', triggers: 2 }]);
  });

  it('4.5 without a worker a trigger can be committed all the same: the next worker takes it up', async () => {
    const { rig } = await start({ worker: false });
    await expect(trigger(rig)).rejects.toThrow(/no worker polls/);
    const id = await rig.client.resync(rig.integration, { origin: 'sdk', queue: true });
    expect(await rig.runs()).toEqual([]);
    await rig.startWorker();
    expect(await follow(rig, id)).toMatchObject({ run: `${rig.integration}.1`, outcome: 'complete', triggers: [id] });
  });
});
