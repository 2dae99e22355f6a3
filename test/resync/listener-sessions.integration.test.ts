import { Client, Connection } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { type ModuleRig, type ModuleRigOptions, rowsOf, startModuleRig } from '../support/module-rig.ts';
import { kindOf, until } from '../support/rig.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** Readings whose place only their iterator knows, and what becomes of them when something ends early. */
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (let next = closing.pop(); next; next = closing.pop()) await next();
});

async function start(options: ModuleRigOptions): Promise<ModuleRig> {
  const opened = await startModuleRig(options);
  closing.push(() => opened.close());
  return opened;
}

async function workerProcess({ rig }: ModuleRig): Promise<WorkerProcess> {
  const started = await startWorkerProcess(rig);
  closing.push(() => started.kill('SIGKILL'));
  return started;
}

/** Answers page 25 only when it is let go: the reading is in the middle of its third batch then. */
function holdInTheMiddle({ source }: ModuleRig): { readonly reached: () => Promise<void>; readonly letGo: () => void } {
  let held = true;
  let reached = false;
  source.intercept = async ({ page }) => {
    if (page !== 25) return;
    reached = true;
    await until(() => !held);
  };
  closing.push(async () => {
    held = false;
  });
  return {
    reached: () => until(() => reached),
    letGo: () => {
      held = false;
    },
  };
}

const pagesBy = ({ source }: ModuleRig, pid: number): number[] =>
  source.asked.filter((asked) => asked.pid === pid).map(({ page }) => page);

describe('a worker that is killed', () => {
  it('S1.19 with cursors: another worker goes on at the cursor', async () => {
    const opened = await start({ kinds: ['cursored'], worker: false });
    const { rig, source, ids } = opened;
    source.rows.set('cursored', rowsOf(400));
    const middle = holdInTheMiddle(opened);
    const first = await workerProcess(opened);
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await middle.reached();
    await first.kill('SIGKILL');
    middle.letGo();
    const second = await workerProcess(opened);
    const run = await rig.client.followTrigger(trigger);
    expect(run).toMatchObject({ outcome: 'complete', warnings: [] });
    expect(kindOf(run, 'cursored')).toMatchObject({ read: 400, created: 400, deleted: 0 });
    // The batch of page 25 is asked for again, and none before it.
    expect(pagesBy(opened, second.pid)).toEqual(Array.from({ length: 20 }, (_, index) => 20 + index));
    expect(await ids('cursored')).toHaveLength(400);
  }, 120_000);

  it('S1.19 without cursors: the kind begins again in another worker and ends right, and says so', async () => {
    const opened = await start({ kinds: ['paged'], worker: false });
    const { rig, source, ids } = opened;
    source.rows.set('paged', rowsOf(400));
    const middle = holdInTheMiddle(opened);
    const first = await workerProcess(opened);
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await middle.reached();
    await first.kill('SIGKILL');
    middle.letGo();
    // The list has shifted meanwhile: going on by counting pages would miss a record.
    source.rows.set('paged', rowsOf(400).slice(1));
    const second = await workerProcess(opened);
    const run = await rig.client.followTrigger(trigger);
    expect(run.outcome).toBe('complete');
    expect(run.warnings).toEqual([
      'paged was begun again (1 of 3): the process that read it was lost; what it had read is counted twice',
    ]);
    expect(pagesBy(opened, second.pid)).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(kindOf(run, 'paged')).toMatchObject({ created: 400, read: 200 + 399 });
    // Row 0 was there when this run began: the next one settles it.
    await rig.resync();
    expect(await ids('paged')).toEqual(
      rowsOf(400)
        .slice(1)
        .map(({ id }) => id),
    );
  }, 180_000);

  it('a reading that is lost four times fails its kind, with what would help', async () => {
    const opened = await start({ kinds: ['paged'], worker: false });
    const { rig, source, ids } = opened;
    source.rows.set('paged', rowsOf(400));
    let worker = await rig.startWorker();
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    for (let loss = 1; loss <= 4; loss++) {
      const middle = holdInTheMiddle(opened);
      await middle.reached();
      const [stopping, next] = [worker.stop(), rig.startWorker()];
      await stopping;
      middle.letGo();
      worker = await next;
    }
    const run = await rig.client.followTrigger(trigger);
    expect(run.outcome).toBe('failed');
    expect(kindOf(run, 'paged').error).toBe(
      'the process that read paged was lost 4 times; pages with a cursor would let another one go on',
    );
    expect(run.warnings).toHaveLength(3);
    // What was read before stands.
    expect((await ids('paged')).length).toBeGreaterThanOrEqual(200);
  }, 180_000);
});

describe('a reading that nobody waits for any more', () => {
  it('S1.7 a newer trigger ends it: its signal fires and its `finally` runs, at once', async () => {
    const opened = await start({ kinds: ['paged'] });
    const { rig, source } = opened;
    source.rows.set('paged', rowsOf(400));
    const middle = holdInTheMiddle(opened);
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await middle.reached();
    const second = await rig.client.resync(rig.integration, { origin: 'sdk' });
    const { run } = (await rig.runs())[0] as { run: string };
    await until(() => source.said.includes(`finally ${run}`));
    expect(source.said).toContain(`abort ${run}`);
    middle.letGo();
    const run2 = await rig.client.followTrigger(second);
    expect(run2).toMatchObject({ outcome: 'complete', triggers: expect.arrayContaining([trigger, second]) });
    // The one that came to its end by itself cleaned up as well.
    await until(() => source.said.includes(`finally ${run2.run}`));
  });

  it('one that waits between two batches is ended when its run is terminated by hand', async () => {
    const opened = await start({ kinds: ['paged'] });
    const { rig, source } = opened;
    source.rows.set('paged', rowsOf(400));
    const connection = await Connection.connect({ address: rig.temporalAddress });
    closing.push(() => connection.close());
    const workflow = new Client({ connection }).workflow.getHandle(`resync/${rig.integration}`);
    // Nothing can be written: the reading waits until one of the batches before it is.
    const trigger = await rig.db.transaction(async (tx) => {
      await tx.query('lock table tidemark.entity in exclusive mode');
      const id = await rig.client.resync(rig.integration, { origin: 'sdk' });
      await until(() => source.asked.length === 30);
      await workflow.terminate();
      const { run } = (await rig.runs())[0] as { run: string };
      await until(async () => {
        // A transaction that does nothing would be ended.
        await tx.query('select');
        return source.said.includes(`finally ${run}`);
      });
      expect(source.said).toContain(`abort ${run}`);
      return id;
    });
    expect((await rig.client.followTrigger(trigger)).outcome).toBe('aborted');
    expect(source.asked).toHaveLength(30);
  }, 120_000);

  it('a worker that stops lets its readings clean up', async () => {
    const opened = await start({ kinds: ['paged'], worker: false });
    const { rig, source } = opened;
    source.rows.set('paged', rowsOf(400));
    const middle = holdInTheMiddle(opened);
    const worker = await rig.startWorker();
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await middle.reached();
    await worker.stop();
    middle.letGo();
    const { run } = (await rig.runs())[0] as { run: string };
    await until(() => source.said.includes(`finally ${run}`));
    await rig.startWorker();
    expect((await rig.client.followTrigger(trigger)).outcome).toBe('complete');
  }, 120_000);
});

describe('several workers', () => {
  it('a reading stays with the process that holds it; S3.9 settings are the same in each', async () => {
    const opened = await start({ kinds: ['paged', 'listed'], settings: { name: 'acme' }, worker: false });
    const { rig, source } = opened;
    source.rows.set('paged', rowsOf(600));
    source.rows.set('listed', rowsOf(30));
    const processes = [await workerProcess(opened), await workerProcess(opened)];
    const readers = new Set<number>();
    // Once more until each of them has begun a reading.
    while (readers.size < processes.length) {
      source.asked.length = 0;
      const run = await rig.resync();
      expect(run).toMatchObject({ outcome: 'complete', warnings: [] });
      const asked = source.asked.filter(({ kind }) => kind === 'paged');
      expect(asked.map(({ page }) => page)).toEqual(Array.from({ length: 60 }, (_, index) => index));
      expect(new Set(asked.map(({ pid }) => pid)).size).toBe(1);
      expect(new Set(source.asked.map(({ from }) => from))).toEqual(new Set(['acme']));
      for (const { pid } of source.asked) readers.add(pid);
    }
    expect([...readers].sort()).toEqual(processes.map(({ pid }) => pid).sort());
  }, 180_000);
});
