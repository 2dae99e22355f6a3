import { randomUUID } from 'node:crypto';
import { Client, Connection, type ScheduleHandle, ScheduleNotFoundError } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { TidemarkClient } from '../../client/client.ts';
import { intervalVariable } from '../../config/settings.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { Rig, type RigOptions, until } from '../support/rig.ts';
import { tidemark } from '../support/tidemark.ts';

const DEFAULT = 'TIDEMARK_SCHEDULED_RESYNC_INTERVAL';

describe('scheduled resyncs', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  });

  async function start(interval: string | null, options: Partial<RigOptions> = {}) {
    const source = generated({ organizations: 1, repositories: 3, pullRequests: 0, repositoriesWithPulls: 0 });
    const rig = await Rig.start({
      store: source.store,
      organizations: source.organizations,
      resources: { 'pull-request': null },
      settings: interval === null ? {} : { scheduledResyncInterval: interval },
      ...options,
    });
    closing.push(() => rig.close());
    const connection = await Connection.connect({ address: rig.temporalAddress });
    closing.push(() => connection.close());
    const temporal = new Client({ connection });
    const schedule = temporal.schedule.getHandle(`schedule/${rig.integration}`);
    // The server outlives the test, and would go on with it.
    closing.push(() => rig.client.schedule(rig.integration, null));
    return { rig, temporal, schedule };
  }

  /** Milliseconds between two triggers; `null`: there is no schedule. */
  async function every(schedule: ScheduleHandle): Promise<number | null> {
    try {
      return (await schedule.describe()).spec.intervals?.[0]?.every ?? null;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    }
  }

  const becomes = (schedule: ScheduleHandle, hours: number | null): Promise<void> =>
    until(async () => (await every(schedule)) === (hours === null ? null : hours * 3_600_000));

  const reconfigure = (rig: Rig, settings: Record<string, unknown>): Promise<void> =>
    rig.configure(rig.resources, settings);

  async function schedules(temporal: Client, integration: string): Promise<string[]> {
    const ids = [];
    for await (const { scheduleId } of temporal.schedule.list()) ids.push(scheduleId);
    return ids.filter((id) => id.includes(integration));
  }

  it('S1.3 S1.4 by configuration: every 2 s a resync, complete, whose trigger is the schedule', async () => {
    const { rig, temporal } = await start('2s');
    await until(async () => (await rig.runs()).filter(({ outcome }) => outcome === 'complete').length >= 2);
    // The latest may have begun meanwhile.
    const run = (await rig.runs()).find(({ outcome }) => outcome === 'complete');
    expect(run).toMatchObject({ action: 'resync', scope: { kinds: null, since: null } });
    expect((await rig.entities()).size).toBe(4);
    const origins = await rig.db.query('select distinct origin from tidemark.trigger');
    expect(origins).toEqual([{ origin: 'schedule' }]);
    const found = `WorkflowId = "resync/${rig.integration}" AND TidemarkTrigger = "schedule"`;
    await until(async () => (await temporal.workflow.count(found)).count >= 1);
  });

  it('S1.3 a changed interval changes the schedule, the same file again does not double it, without one it goes', async () => {
    const { rig, temporal, schedule } = await start('2h');
    await becomes(schedule, 2);
    const { policies, spec, action } = await schedule.describe();
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
    expect(spec.intervals?.[0]?.offset).toBeLessThan(7_200_000);
    expect(action).toMatchObject({ workflowType: 'scheduledTriggerWorkflow', taskQueue: rig.taskQueue });

    await reconfigure(rig, { scheduledResyncInterval: '2h' });
    await reconfigure(rig, { scheduledResyncInterval: '3h' });
    await reconfigure(rig, { scheduledResyncInterval: '3h' });
    await becomes(schedule, 3);
    await until(async () => (await schedules(temporal, rig.integration)).length > 0);
    expect(await schedules(temporal, rig.integration)).toEqual([`schedule/${rig.integration}`]);

    await reconfigure(rig, {});
    await becomes(schedule, null);
    expect((await rig.client.status(rig.integration))[0]).toMatchObject({ schedule: null, warnings: [] });
    expect(rig.lines.filter((line) => line.startsWith(rig.integration))).toEqual([
      `${rig.integration}: a resync is scheduled every 2h`,
      `${rig.integration}: a resync is scheduled every 3h`,
      `${rig.integration}: no resync is scheduled any more`,
    ]);
  });

  it('S1.3 by environment: the default where the file sets none', async () => {
    const { schedule } = await start(null, { env: { [DEFAULT]: '3h' } });
    await becomes(schedule, 3);
  });

  it("S1.3 by environment: an integration's own variable wins over the file; changed with the next worker", async () => {
    const { rig, schedule } = await start('2h', { worker: false });
    const own = intervalVariable(rig.integration);
    const worker = await rig.startWorker({ [own]: '5h', [DEFAULT]: '3h' });
    await becomes(schedule, 5);
    await worker.stop();
    await rig.startWorker({ [own]: '6h' });
    await becomes(schedule, 6);
  });

  it('S1.3 a variable that is no duration leaves the schedule as it is, and the log says so', async () => {
    const { rig, schedule } = await start('2h');
    await becomes(schedule, 2);
    await rig.startWorker({ [intervalVariable(rig.integration)]: 'often' });
    await until(() => rig.lines.some((line) => line.includes('its schedule stays as it is: ')));
    expect(rig.lines.join('\n')).toContain(`set by ${intervalVariable(rig.integration)}`);
    expect(await every(schedule)).toBe(7_200_000);
  });

  it('S1.3 workers that start at once make one schedule, and none fails', async () => {
    const { rig, temporal, schedule } = await start('2h', { worker: false });
    await Promise.all([rig.startWorker(), rig.startWorker(), rig.startWorker()]);
    const line = `${rig.integration}: a resync is scheduled every 2h`;
    await until(() => rig.lines.filter((each) => each === line).length === 3);
    await until(async () => (await schedules(temporal, rig.integration)).length > 0);
    expect(await schedules(temporal, rig.integration)).toHaveLength(1);
    expect(await every(schedule)).toBe(7_200_000);
    expect(rig.lines.filter((each) => each.includes('sweep'))).toEqual([]);
  });

  it('integrations with the same interval do not all begin at the same moment', async () => {
    const { rig, temporal } = await start(null, { worker: false });
    const offsets = new Set();
    for (const name of ['spread-a', 'spread-b', 'spread-c']) {
      closing.push(() => rig.client.schedule(name, null));
      expect(await rig.client.schedule(name, 7200)).toBe(true);
      offsets.add((await temporal.schedule.getHandle(`schedule/${name}`).describe()).spec.intervals?.[0]?.offset);
    }
    expect(offsets.size).toBe(3);
  });

  it('a schedule that a person paused stays paused when its interval changes', async () => {
    const { rig, schedule } = await start('2h');
    await becomes(schedule, 2);
    await schedule.pause('maintenance');
    await reconfigure(rig, { scheduledResyncInterval: '3h' });
    await becomes(schedule, 3);
    expect((await schedule.describe()).state).toMatchObject({ paused: true, note: 'maintenance' });
    const [status] = await rig.client.status(rig.integration);
    expect(status?.schedule).toEqual({ intervalSeconds: 10_800, nextRun: null });
  });

  it('4.1 the same trigger committed twice is one trigger, and aborts nothing', async () => {
    const { rig } = await start(null);
    const id = randomUUID();
    const trigger = () => rig.client.resync(rig.integration, { origin: 'schedule', id });
    expect(await trigger()).toBe(id);
    const run = await rig.client.followTrigger(id);
    expect(await trigger()).toBe(id);
    expect(run.triggers).toEqual([id]);
    await rig.resync();
    expect((await rig.runs()).map(({ outcome }) => outcome)).toEqual(['complete', 'complete']);
  });

  it('S1.10 an interval that is shorter than the last complete run: the status and the log warn', async () => {
    const { rig } = await start('2h');
    // A source that takes its time.
    rig.intercept = () => new Promise((resolve) => setTimeout(resolve, 1_200, undefined));
    expect((await rig.resync()).outcome).toBe('complete');
    expect((await rig.client.status(rig.integration))[0]?.warnings).toEqual([]);

    await reconfigure(rig, { scheduledResyncInterval: '1s', onTrigger: 'queue' });
    const warns = expect.stringMatching(
      /^a resync is scheduled every 1s, and the last complete run took [\d.]+ s: .*SCHEDULED_RESYNC_INTERVAL\); 2h is/,
    );
    // Until the worker has changed the schedule, the status has what Temporal says of the old one.
    const warnings = async () => (await rig.client.status(rig.integration))[0]?.warnings ?? [];
    await until(async () => (await warnings()).length > 0);
    expect(await warnings()).toEqual([warns]);
    await until(() =>
      rig.lines.some((line) => line.startsWith(`${rig.integration}: a resync is scheduled every 1s, and`)),
    );
  });

  describe('the status', () => {
    it('has the next time from Temporal, and without Temporal the interval alone', async () => {
      const { rig, schedule } = await start('2h');
      await becomes(schedule, 2);
      const [status] = await rig.client.status(rig.integration);
      expect(status?.schedule?.intervalSeconds).toBe(7200);
      const next = Date.parse(String(status?.schedule?.nextRun));
      expect(next).toBeGreaterThan(Date.now() - 60_000);
      expect(next).toBeLessThan(Date.now() + 7_200_000);

      const { databaseUrl, taskQueue } = rig;
      const env = { [intervalVariable(rig.integration)]: '4h' };
      const reading = await TidemarkClient.connect({ databaseUrl, temporal: null, taskQueue, env });
      closing.push(() => reading.close());
      const [read] = await reading.status(rig.integration);
      expect(read?.schedule).toEqual({ intervalSeconds: 14_400, nextRun: null });
    });

    it('without Temporal and the variable that the interval comes from: it is not known, and why', async () => {
      const { rig } = await start(`\${env:PACE}`, { env: { PACE: '2h' } });
      const { databaseUrl, taskQueue } = rig;
      const reading = await TidemarkClient.connect({ databaseUrl, temporal: null, taskQueue });
      closing.push(() => reading.close());
      const [read] = await reading.status(rig.integration);
      expect(read?.schedule).toBeNull();
      expect(read?.warnings).toEqual([expect.stringMatching(/^its schedule is not known here: .* PACE is not set/)]);
    });

    it('tidemark status says it, also when Temporal does not answer', async () => {
      const { rig, schedule } = await start('2h');
      await becomes(schedule, 2);
      const status = (address: string) =>
        tidemark('.', ['status', rig.integration, '--config', 'none.yaml'], {
          DATABASE_URL: rig.databaseUrl,
          TEMPORAL_ADDRESS: address,
        });
      const whole = await status(rig.temporalAddress);
      expect(whole.stdout).toMatch(/^ {2}schedule: every 2h, next at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/m);
      const half = await status('127.0.0.1:9');
      expect(half.code).toBe(0);
      expect(half.stdout).toMatch(/^ {2}schedule: every 2h$/m);
      expect(half.stderr).toContain(
        'when the next resync is due is not known: Temporal does not answer at 127.0.0.1:9',
      );
    });
  });
});
