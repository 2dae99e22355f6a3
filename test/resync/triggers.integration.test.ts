import { Client, Connection } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { insertTrigger, readTrigger } from '../../catalog/triggers.ts';
import { FULL } from '../../domain/scope.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { kindOf, Rig, until } from '../support/rig.ts';

describe('triggers', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  async function start(settings = {}): Promise<{ rig: Rig; source: ReturnType<typeof generated> }> {
    const source = generated({ organizations: 1, repositories: 600, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({
      store: source.store,
      organizations: source.organizations,
      settings,
      resources: { 'pull-request': null },
    });
    return { rig, source };
  }

  /** Triggers a run and waits until it hangs on page 2 of the source. */
  async function triggerUntilItHangs(rig: Rig): Promise<string> {
    rig.intercept = ({ page }) => (page === 2 ? { fault: 'hang' } : undefined);
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => rig.server.requests.some((request) => request.page === 2));
    return trigger;
  }

  const slowly = (ms: number) => async () => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return undefined;
  };

  /** Follows every trigger to its run and looks at what all runs did. */
  async function outcomes(rig: Rig, triggers: readonly string[]) {
    const covering = await Promise.all(triggers.map((trigger) => rig.client.followTrigger(trigger)));
    const runs = await rig.runs();
    return {
      covering: new Set(covering.map((run) => run.run)),
      complete: runs.filter((run) => run.outcome === 'complete'),
      others: runs.filter((run) => run.outcome !== 'complete'),
      deleted: runs.filter((run) => run.outcome !== 'complete').flatMap((run) => run.kinds.map((kind) => kind.deleted)),
      last: runs.at(-1),
    };
  }

  it('4.2 4.4 ten triggers at once: exactly one complete run, no trigger lost', async () => {
    const { rig, source } = await start();
    await rig.resync();
    source.store.removeRepository(String(source.store.repositoriesOf('org-0')[0]?.full_name));
    rig.intercept = slowly(30);
    const triggers = await Promise.all(
      Array.from({ length: 10 }, () => rig.client.resync(rig.integration, { origin: 'sdk' })),
    );
    const { covering, complete, others, deleted, last } = await outcomes(rig, triggers);
    expect(complete).toHaveLength(2);
    expect(others.every((run) => run.outcome === 'aborted')).toBe(true);
    expect(deleted.every((count) => count === 0)).toBe(true);
    expect(covering).toEqual(new Set([last?.run]));
    expect(last?.outcome).toBe('complete');
    expect((await rig.entities()).size).toBe(600);
  });

  it('S1.7 S1.8 S1.21 S1.26 S1.28 4.4 ten triggers spread over a run: each aborts the one before, the last run is complete', async () => {
    const { rig, source } = await start({ starvationGuard: 0 });
    await rig.resync();
    source.store.removeRepository(String(source.store.repositoriesOf('org-0')[0]?.full_name));
    rig.intercept = slowly(60);
    const triggers: string[] = [];
    for (let round = 0; round < 10; round++) {
      const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
      triggers.push(trigger);
      await until(async () => (await readTrigger(rig.db, trigger))?.runId !== null);
      const seen = rig.server.requests.length;
      await until(() => rig.server.requests.length >= seen + 2);
    }
    const { covering, complete, others, deleted, last } = await outcomes(rig, triggers);
    expect(complete).toHaveLength(2);
    expect(others).toHaveLength(9);
    expect(others.every((run) => run.outcome === 'aborted' && run.reason === 'a newer trigger came in')).toBe(true);
    expect(deleted.every((count) => count === 0)).toBe(true);
    expect(covering).toEqual(new Set([last?.run]));
    expect(last?.triggers).toHaveLength(10);
    expect((await rig.entities()).size).toBe(600);
  });

  it('S1.27 5.4 a source that hangs for ever: the next run asks it within 5 s of the trigger', async () => {
    const { rig } = await start();
    rig.intercept = ({ page }) => (page === 3 ? { fault: 'hang' } : undefined);
    await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => rig.server.requests.some((request) => request.page === 3));
    rig.intercept = undefined;
    const hanging = rig.server.requests.length;
    const triggered = Date.now();
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => rig.server.requests.length > hanging);
    expect((rig.server.requests[hanging]?.time ?? Number.POSITIVE_INFINITY) - triggered).toBeLessThan(5_000);
    expect((await rig.client.followTrigger(trigger)).outcome).toBe('complete');
  });

  it('4.1 a trigger whose signal was lost is taken up by the sweep', async () => {
    const { rig } = await start();
    const trigger = await insertTrigger(rig.db, {
      integration: rig.integration,
      origin: 'sdk',
      action: 'resync',
      scope: FULL,
      plan: null,
      call: null,
    });
    expect((await rig.client.followTrigger(trigger)).outcome).toBe('complete');
  });

  it('4.4 any number of waiting triggers ends in one complete run', async () => {
    const { rig } = await start();
    await rig.db.query(
      `insert into tidemark.trigger (integration, origin) select $1, 'api' from generate_series(1, 3000)`,
      [rig.integration],
    );
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(run.triggers).toHaveLength(3001);
    expect(await rig.runs()).toHaveLength(1);
  });

  it('4.1 a late or repeated signal of a trigger that is done or covered aborts nothing', async () => {
    const { rig } = await start();
    const done = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await rig.client.followTrigger(done);
    rig.intercept = slowly(50);
    const covered = await rig.client.resync(rig.integration, { origin: 'sdk' });
    const seen = rig.server.requests.length;
    await until(() => rig.server.requests.length > seen);
    const connection = await Connection.connect({ address: rig.temporalAddress });
    const handle = new Client({ connection }).workflow.getHandle(`resync/${rig.integration}`);
    await handle.signal('trigger', { trigger: done });
    await handle.signal('trigger', { trigger: covered });
    await rig.client.followTrigger(covered);
    await connection.close();
    expect((await rig.runs()).map((run) => run.outcome)).toEqual(['complete', 'complete']);
  });

  it('a run whose workflow was terminated by hand does not stay "running", and is not started again', async () => {
    const { rig } = await start();
    const trigger = await triggerUntilItHangs(rig);
    const connection = await Connection.connect({ address: rig.temporalAddress });
    await new Client({ connection }).workflow.getHandle(`resync/${rig.integration}`).terminate();
    await connection.close();
    const run = await rig.client.followTrigger(trigger);
    expect(run).toMatchObject({ outcome: 'aborted', reason: 'its workflow ended as TERMINATED' });
    expect(await rig.runs()).toHaveLength(1);
  });

  it('a kind that is terminated by hand has failed, and nothing is deleted', async () => {
    const { rig } = await start();
    const trigger = await triggerUntilItHangs(rig);
    const connection = await Connection.connect({ address: rig.temporalAddress });
    await new Client({ connection }).workflow.getHandle(`resync/${rig.integration}/repository`).terminate();
    await connection.close();
    const run = await rig.client.followTrigger(trigger);
    expect(run.outcome).toBe('incomplete');
    expect(kindOf(run, 'repository')).toMatchObject({ state: 'failed', error: expect.stringMatching(/terminated/i) });
  });

  it('a run that is cancelled in the Temporal UI ends as aborted and deletes nothing', async () => {
    const { rig } = await start();
    const trigger = await triggerUntilItHangs(rig);
    const connection = await Connection.connect({ address: rig.temporalAddress });
    const handle = new Client({ connection }).workflow.getHandle(`resync/${rig.integration}`);
    await handle.cancel();
    expect(await rig.client.followTrigger(trigger)).toMatchObject({ outcome: 'aborted', reason: 'it was cancelled' });
    await expect(handle.result()).rejects.toThrow('cancelled');
    await connection.close();
    expect(await rig.runs()).toHaveLength(1);
  });

  it('4.5 without a worker the caller is told so, and nothing is triggered', async () => {
    const source = generated({ organizations: 1, repositories: 1, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({ store: source.store, organizations: source.organizations, worker: false });
    await expect(rig.client.resync(rig.integration, { origin: 'sdk' })).rejects.toThrow(
      /no worker polls.*nothing was triggered/,
    );
    expect(await rig.db.query('select from tidemark.trigger')).toHaveLength(0);
  });

  it('an unknown integration is a usage error that names those there are', async () => {
    const { rig } = await start();
    await expect(rig.client.resync('nobody', { origin: 'sdk' })).rejects.toThrow(
      `there is no integration nobody; configured are: ${rig.integration}`,
    );
  });
});
