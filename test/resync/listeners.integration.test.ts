import { afterEach, describe, expect, it } from 'vitest';
import type { RunReport } from '../../domain/run.ts';
import type { Delivery } from '../../sources/source.ts';
import { SECRET, signed } from '../support/github-deliveries.ts';
import { type ModuleRig, type ModuleRigOptions, rowsOf, startModuleRig } from '../support/module-rig.ts';
import { kindOf, TOKEN, until } from '../support/rig.ts';

let opened: ModuleRig | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

async function start(options: ModuleRigOptions): Promise<ModuleRig> {
  opened = await startModuleRig(options);
  return opened;
}

const outcomeOf = ({ outcome, reason }: RunReport) => ({ outcome, reason });
const COMPLETE = { outcome: 'complete', reason: null };

describe('what listeners return', () => {
  it('S0.11 S0.15 S0.22 S0.25 a list, a generator and one with cursors give the same state, and the source’s', async () => {
    const { rig, source, ids } = await start({ kinds: ['listed', 'paged', 'cursored'] });
    const kinds = ['listed', 'paged', 'cursored'];
    for (const kind of kinds) source.rows.set(kind, rowsOf(135));
    const first = await rig.resync();
    expect(outcomeOf(first)).toEqual(COMPLETE);
    for (const kind of kinds) {
      expect(kindOf(first, kind)).toMatchObject({ read: 135, created: 135, deleted: 0 });
      expect(await ids(kind)).toEqual(rowsOf(135).map(({ id }) => id));
    }
    for (const kind of kinds) {
      const rows = rowsOf(140).filter((_, index) => index !== 3);
      source.rows.set(kind, [{ id: '00000', name: 'renamed' }, ...rows.slice(1)]);
    }
    const second = await rig.resync();
    expect(outcomeOf(second)).toEqual(COMPLETE);
    for (const kind of kinds) {
      // The generators have no lookup: the second look lists the kind again, and that is no second reading.
      expect(kindOf(second, kind)).toMatchObject({ read: 139, created: 5, updated: 1, unchanged: 133, deleted: 1 });
      expect((await rig.entities()).get(`${kind}/00000`)?.title).toBe('renamed');
    }
  });

  it('S0.20 the first batch is written before the last page is asked for', async () => {
    const { rig, source, ids } = await start({ kinds: ['paged'] });
    source.rows.set('paged', rowsOf(300));
    let written = 0;
    source.intercept = async ({ page }) => {
      if (page < 29) return;
      await until(async () => (await ids('paged')).length >= 100);
      written = (await ids('paged')).length;
    };
    expect(outcomeOf(await rig.resync())).toEqual(COMPLETE);
    expect(written).toBeGreaterThanOrEqual(100);
    expect(written).toBeLessThan(300);
    expect(await ids('paged')).toHaveLength(300);
  });

  it('S0.11 6.2 a long list is written in parts, all observed when it was asked for', async () => {
    const { rig, source } = await start({ kinds: ['listed'] });
    source.rows.set('listed', rowsOf(2_345));
    const run = await rig.resync();
    expect(kindOf(run, 'listed')).toMatchObject({ state: 'complete', read: 2_345, created: 2_345 });
    const observed = await rig.db.query('select observed_at, count(*) from tidemark.claim group by observed_at');
    expect(observed).toHaveLength(1);
  });

  it('S0.12 an item that is no object fails its kind with its index; the other kinds go on', async () => {
    const { rig, source, ids } = await start({ kinds: ['listed', 'paged'] });
    source.rows.set('listed', [...rowsOf(2), 7 as never]);
    source.rows.set('paged', rowsOf(3));
    const run = await rig.resync();
    expect(run.outcome).toBe('incomplete');
    expect(kindOf(run, 'listed').error).toBe(
      'the listener of listed gave an item that is no object of JSON: item 2 is a number',
    );
    expect(kindOf(run, 'paged')).toMatchObject({ state: 'complete', created: 3 });
    expect(await ids('listed')).toEqual([]);
  });

  it('2.3 a listener that throws fails its kind; the pages before stand and nothing is deleted', async () => {
    const { rig, source, ids } = await start({ kinds: ['paged'] });
    source.rows.set('paged', rowsOf(200));
    await rig.resync();
    source.rows.set('paged', rowsOf(190, 'new'));
    source.intercept = ({ page }) => {
      if (page === 15) throw new Error('broken');
    };
    const run = await rig.resync();
    expect(run.outcome).toBe('failed');
    expect(kindOf(run, 'paged')).toMatchObject({ error: 'paged: answered 500', updated: 150, deleted: 0 });
    expect(await ids('paged')).toHaveLength(200);
  });
});

describe('which listeners are called', () => {
  const KINDS = ['special', 'other'];

  it('S0.14 S0.16 S0.17 S0.18 S0.19 S0.24 the one of the kind and the one of every kind, at each resync, joined', async () => {
    const { rig, source, ids } = await start({ module: 'generic.ts', kinds: KINDS });
    source.rows.set('special', rowsOf(2));
    source.rows.set('extra', [{ id: 'x', name: 'from the generic one' }]);
    source.rows.set('other', rowsOf(4));
    for (let resync = 1; resync <= 2; resync++) {
      expect(outcomeOf(await rig.resync())).toEqual(COMPLETE);
      expect(source.said.filter((line) => line === 'special listener: special')).toHaveLength(resync);
      expect(source.said.filter((line) => line === 'generic listener: special')).toHaveLength(resync);
      expect(source.said.filter((line) => line === 'generic listener: other')).toHaveLength(resync);
    }
    expect(source.said).not.toContain('special listener: other');
    expect(await ids('special')).toEqual(['00000', '00001', 'x']);
    expect(await ids('other')).toHaveLength(4);
  });

  it('S0.19 an empty list of one listener deletes nothing; of all of them it is held', async () => {
    const { rig, source, ids } = await start({ module: 'generic.ts', kinds: KINDS });
    source.rows.set('special', rowsOf(2));
    source.rows.set('other', rowsOf(1));
    // The generic listener returns [] for the kind, here and in the next resync.
    expect(outcomeOf(await rig.resync())).toEqual(COMPLETE);
    expect(kindOf(await rig.resync(), 'special')).toMatchObject({ unchanged: 2, deleted: 0 });
    expect(await ids('special')).toHaveLength(2);
    source.rows.set('special', []);
    expect((await rig.resync()).outcome).toBe('held');
    expect(await ids('special')).toHaveLength(2);
  });

  it('S0.27 a resync of one kind calls only what reads that kind', async () => {
    const { rig, source } = await start({ module: 'generic.ts', kinds: KINDS });
    source.rows.set('other', rowsOf(1));
    expect((await rig.resync({ kinds: ['other'] })).outcome).toBe('complete');
    expect(source.said).toEqual(['generic listener: other']);
  });

  it('S3.9 S3.19 two integrations over one module run side by side, each with its own settings', async () => {
    const { rig, source, configure } = await start({ kinds: ['paged'], settings: { name: 'one' } });
    const other = `${rig.integration}-two`;
    await configure({ integration: other, kinds: ['paged'], settings: { name: 'two' } });
    source.rows.set('paged', rowsOf(60));
    // Neither gets on before both are in the middle.
    const middle = (from: string) => source.asked.some((asked) => asked.from === from && asked.page >= 3);
    source.intercept = ({ page }) => (page < 4 ? undefined : until(() => middle('one') && middle('two')));
    const trigger = await rig.client.resync(other, { origin: 'api' });
    const own = await rig.resync();
    const others = await rig.client.followTrigger(trigger);
    expect([own.outcome, others.outcome]).toEqual(['complete', 'complete']);
    for (const from of ['one', 'two']) {
      const pages = source.asked.filter((asked) => asked.from === from).map(({ page }) => page);
      expect(pages).toEqual([0, 1, 2, 3, 4, 5]);
    }
    expect(source.said).toContain(`first start ${own.run} by sdk`);
    expect(source.said).toContain(`first start ${others.run} by api`);
  });
});

describe('hooks', () => {
  it('run in order, before the first kind and after a complete run', async () => {
    const { rig, source } = await start({ kinds: ['listed', 'paged'] });
    source.rows.set('listed', rowsOf(1));
    let beforeReading: string[] = [];
    source.intercept = ({ kind }) => {
      if (kind === 'listed') beforeReading = [...source.said];
    };
    const { run } = await rig.resync();
    expect(beforeReading.filter((line) => line.includes('start'))).toEqual([
      `first start ${run} by sdk`,
      `second start ${run}`,
    ]);
    expect(source.said.slice(-2)).toEqual([`first complete ${run}`, `second complete ${run}`]);
  });

  it('one that throws at the start prevents the run; after an incomplete run none is called', async () => {
    const { rig, source, configure } = await start({ kinds: ['listed'], settings: { refuse: true } });
    source.rows.set('listed', rowsOf(1));
    expect(outcomeOf(await rig.resync())).toEqual({
      outcome: 'failed',
      reason: 'onResyncStart failed: not today',
    });
    expect(source.asked).toEqual([]);
    await configure({ kinds: ['listed'] });
    source.rows.set('listed', ['no object' as never]);
    expect((await rig.resync()).outcome).toBe('failed');
    expect(source.said.filter((line) => line.includes('complete'))).toEqual([]);
  });

  it('one that throws at the end leaves a warning: the run was complete', async () => {
    const { rig, source } = await start({ kinds: ['listed'], settings: { failComplete: true } });
    source.rows.set('listed', rowsOf(1));
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(run.warnings).toEqual(['onResyncComplete failed: nobody home']);
    expect(source.said.filter((line) => line.includes('complete'))).toEqual([`first complete ${run.run}`]);
  });
});

describe('records by themselves', () => {
  const wait = { origin: 'webhook', wait: true } as const;

  it('3.2 a record that the listing lacks is looked up by its record key before it is deleted', async () => {
    const { rig, source, ids } = await start({ kinds: ['keyed'] });
    source.rows.set('keyed', rowsOf(12));
    await rig.resync();
    source.rows.set('keyed', rowsOf(10));
    source.hidden.set('00010', { id: '00010', name: 'not listed' });
    source.said.length = 0;
    const run = await rig.resync();
    expect(source.said.filter((line) => line.startsWith('lookup')).sort()).toEqual(['lookup 00010', 'lookup 00011']);
    expect(kindOf(run, 'keyed')).toMatchObject({ deleted: 1, updated: 1 });
    expect(await ids('keyed')).toEqual(rowsOf(11).map(({ id }) => id));
    expect((await rig.entities()).get('keyed/00010')?.title).toBe('not listed');
  });

  it('S0.33 S0.41 S0.44 an event becomes the calls that its listeners make, applied together', async () => {
    const { rig, source } = await start({ kinds: ['keyed'] });
    source.rows.set('keyed', rowsOf(2));
    await rig.resync();
    const event = (name: string, payload: object) =>
      rig.client.accept(rig.integration, { type: 'event', event: name, payload: payload as never }, wait);
    const renamed = await event('renamed', { row: { id: '00000', name: 'renamed' } });
    expect(renamed).toMatchObject({ state: 'applied', result: { updated: 1 } });
    const mixed = await event('mixed', {
      before: [{ id: '00001' }],
      after: [{ id: 'new', name: 'new' }],
      kind: 'keyed',
      gone: { id: '00000' },
    });
    expect(mixed).toMatchObject({ state: 'applied', result: { created: 1, deleted: 2 } });
    expect([...(await rig.entities()).keys()]).toEqual(['keyed/new']);
    expect(await event('nobody', {})).toMatchObject({
      state: 'ignored',
      reason: 'the module has no listener for the event nobody',
    });
    expect(await event('renamed', {})).toMatchObject({
      state: 'failed',
      reason:
        'the listener of the event renamed failed: registerRaw of keyed gave an item that is no object of JSON: item 0 is nothing',
    });
    expect(await event('mixed', { before: [], after: [], kind: 'nothing', gone: {} })).toMatchObject({
      state: 'failed',
      reason: 'the listener of the event mixed named the kind nothing, which is not configured',
    });
    expect([...(await rig.entities()).keys()]).toEqual(['keyed/new']);
  });
});

describe('over HTTP', () => {
  it('S0.26 S0.27 a POST to a route of the module leads to a complete resync', async () => {
    const { rig, source, ids } = await start({ kinds: ['listed', 'paged'] });
    source.rows.set('listed', rowsOf(3));
    const server = await rig.startServer();
    const post = (path: string, token = TOKEN) =>
      fetch(`${server.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    expect((await post('/integration/my-custom-resync', 'wrong')).status).toBe(401);
    for (const path of ['/integration/my-custom-resync', `/integration/${rig.integration}/my-custom-resync`]) {
      const answer = await post(path);
      expect(answer.status).toBe(200);
      const run = await rig.client.followTrigger((await answer.json()) as string);
      expect(run).toMatchObject({ outcome: 'complete', scope: { kinds: null } });
    }
    expect(await ids('listed')).toHaveLength(3);
  });

  it('S0.33 a signed webhook reaches the module; one without the secret does not', async () => {
    const { rig, ids } = await start({ kinds: ['keyed'], settings: { webhookSecret: SECRET } });
    const server = await rig.startServer();
    const payload = { row: { id: 'by webhook', name: 'new' } };
    const deliver = ({ headers, body }: Delivery) =>
      fetch(`${server.url}/v1/webhooks/${rig.integration}`, { method: 'POST', headers: headers as never, body });
    const event = { 'x-event-name': 'renamed' };
    expect((await deliver(signed(JSON.stringify(payload), event, 'guessed'))).status).toBe(401);
    expect((await deliver(signed(JSON.stringify(payload), event))).status).toBe(202);
    await until(async () => (await ids('keyed')).length > 0);
    expect(await ids('keyed')).toEqual(['by webhook']);
  });
});
