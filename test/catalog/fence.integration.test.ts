import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../catalog/database.ts';
import { fenced } from '../../catalog/fence.ts';
import { migrate } from '../../catalog/migrate.ts';
import { readRun } from '../../catalog/reports.ts';
import { beginRun, finishRun } from '../../catalog/runs.ts';
import { packPage, readPages, stageBatch, toJson, unpackPage } from '../../catalog/staging.ts';
import { recordVerdicts } from '../../catalog/stale.ts';
import { insertTrigger, readTrigger } from '../../catalog/triggers.ts';
import { appliedBatch } from '../../catalog/upsert.ts';
import { catalogDestination } from '../../destinations/catalog.ts';
import type { Destination } from '../../destinations/destination.ts';
import { FULL } from '../../domain/scope.ts';
import { createTestDatabase, type TestDatabase } from '../support/environment/database.ts';
import { StagedRun } from '../support/staged-run.ts';

const RESYNC = { integration: 'acme', origin: 'sdk', action: 'resync', scope: FULL, plan: null, call: null } as const;

const ANYTHING_MAY_GO = {
  resources: ['thing'],
  limits: { maxShare: 1, maxCount: null, emptySource: 'delete' },
  removed: 'delete',
} as const;

describe('runs and their fence at the database', () => {
  let database: TestDatabase;
  let under: { db: Database; destination: Destination };

  beforeAll(async () => {
    database = await createTestDatabase();
    await Promise.all([migrate(database.url), migrate(database.url)]);
    const db = openDatabase({ url: database.url, onIdleError: () => {} });
    under = { db, destination: catalogDestination(db).create({}) };
  });
  beforeEach(() => under.db.query('truncate tidemark.integration, tidemark.entity, tidemark.claim cascade'));
  afterAll(async () => {
    await under.db.close();
    await database.drop();
  });

  it('5.1 a new epoch waits for a write in flight, and every later write of the old run is refused', async () => {
    const { run } = await StagedRun.begin(under);
    const order: string[] = [];
    let commit: () => void = () => {};
    let started: () => void = () => {};
    const inFlight = new Promise<void>((resolve) => {
      started = resolve;
    });
    const writing = fenced(under.db, run, async (tx) => {
      started();
      await new Promise<void>((resolve) => {
        commit = resolve;
      });
      await tx.query(`insert into tidemark.entity (blueprint, identifier, fields) values ('b', 'old', '{}')`);
      order.push('old write');
    });
    await inFlight;
    await insertTrigger(under.db, RESYNC);
    const beginning = beginRun(under.db, 'acme', randomUUID()).then((begun) => {
      order.push('new epoch');
      return begun;
    });
    await until(async () => {
      const waiting = await under.db.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%for update%'`,
      );
      return waiting.length > 0;
    });
    commit();
    await writing;
    expect((await beginning)?.run.epoch).toBe(run.epoch + 1);
    expect(order).toEqual(['old write', 'new epoch']);
    await expect(fenced(under.db, run, async () => {})).rejects.toThrow(/may not write any more: it has ended/);
  });

  it('5.2 two attempts of one batch: only the one that is named is read', async () => {
    const { run } = await StagedRun.begin(under);
    const stage = async (name: string): Promise<string> => {
      const attempt = randomUUID();
      const pages = [await packPage('2026-01-01 00:00:00+00', toJson([{ name }]))];
      const batch = {
        attempt,
        kind: 'thing',
        resource: 'thing',
        pass: 'read',
        pages,
        nextCursor: null,
        clock: null,
        modified: null,
      } as const;
      await fenced(under.db, run, (tx) => stageBatch(tx, run, batch));
      return attempt;
    };
    const named = await stage('named');
    await stage('zombie');
    const rows = [];
    for await (const page of readPages(under.db, named)) rows.push(...(await unpackPage(page)).rows);
    expect(rows).toEqual([{ name: 'named' }]);
    await expect(readPages(under.db, randomUUID()).next()).rejects.toMatchObject({ name: 'StagingLostError' });
  });

  it('5.2 2.2 a batch that was written says the same to whoever asks again, that its mapping failed included', async () => {
    const run = await StagedRun.begin(under);
    const staged = { ...(await run.stage([{ key: 'a' }, { key: 'b', rejected: true }])), failure: 'no query' };
    expect(await appliedBatch(under.db, staged.fetchAttempt)).toBeNull();
    const written = await under.destination.upsert(run.run, staged);
    expect(written).toMatchObject({ counts: { created: 1 }, quarantined: 1, failure: 'no query' });
    expect(await appliedBatch(under.db, staged.fetchAttempt)).toEqual(written);
    expect(await under.destination.upsert(run.run, { ...staged, entities: [], failure: null })).toEqual(written);
    await expect(appliedBatch(under.db, randomUUID())).rejects.toMatchObject({ name: 'StagingLostError' });
  });

  it('4.1 a workflow execution that asks twice gets the run that it began', async () => {
    const execution = randomUUID();
    await StagedRun.begin(under);
    const trigger = await insertTrigger(under.db, RESYNC);
    const first = await beginRun(under.db, 'acme', execution);
    expect(first).toMatchObject({ triggers: 2, origin: 'sdk' });
    expect((await readTrigger(under.db, trigger))?.runId).toBe(first?.run.runId);
    expect(await beginRun(under.db, 'acme', execution)).toEqual(first);
  });

  it('4.1 4.2 an aborted run hands its triggers to the next; a finished one is done with them', async () => {
    const first = await StagedRun.begin(under);
    const [trigger] = (await readRun(under.db, first.run.runId))?.triggers ?? [];
    await finishRun(under.db, first.run, {
      outcome: 'aborted',
      reason: 'newer',
      overtaken: true,
      handTriggersOver: true,
    });
    const second = await StagedRun.begin(under);
    expect(await readTrigger(under.db, String(trigger))).toMatchObject({ runId: second.run.runId, done: false });
    await second.end();
    expect(await readTrigger(under.db, String(trigger))).toMatchObject({ runId: second.run.runId, done: true });
    expect(await beginRun(under.db, 'acme', randomUUID())).toBeNull();
  });

  it('a run that was left without an end is closed as aborted by the next; the first word on an end stands', async () => {
    const first = await StagedRun.begin(under);
    const second = await StagedRun.begin(under);
    expect(await readRun(under.db, first.run.runId)).toMatchObject({
      outcome: 'aborted',
      reason: `left without an end; followed by ${second.run.runId}`,
      kinds: [{ state: 'aborted' }],
    });
    await first.end('complete');
    expect((await readRun(under.db, first.run.runId))?.outcome).toBe('aborted');
  });

  it('3.1 nothing is deleted when the configuration changed during the run', async () => {
    const first = await StagedRun.begin(under);
    await first.write([{ key: 'a' }]);
    await first.deleteUnseen();
    await first.end();
    const second = await StagedRun.begin(under);
    await under.db.query(
      `with v as (insert into tidemark.config_version (integration, document, hash, origin)
         values ('acme', '{}', 'other', 'api') returning id)
       update tidemark.integration set config_version = v.id from v`,
    );
    const { phase } = await second.deleteUnseen();
    expect(phase).toMatchObject({ kinds: [{ deleted: 0, held: null }], configurationChanged: true });
    expect(await under.db.query('select from tidemark.entity')).toHaveLength(1);
  });

  it('3.1 a repeated delete phase returns its first result, also when the configuration changed in between', async () => {
    const first = await StagedRun.begin(under);
    await first.write([{ key: 'a' }, { key: 'b' }]);
    await first.end();
    const second = await StagedRun.begin(under);
    const { phase } = await second.deleteUnseen();
    expect(phase.kinds).toMatchObject([{ deleted: 2 }]);
    await under.db.query(
      `with v as (insert into tidemark.config_version (integration, document, hash, origin)
         values ('acme', '{}', 'other', 'api') returning id)
       update tidemark.integration set config_version = v.id from v`,
    );
    expect(await under.destination.deleteStale(second.run, ANYTHING_MAY_GO)).toEqual(phase);
  });

  it('3.2 a record that a lookup found is not deleted unless what was found has been written', async () => {
    const first = await StagedRun.begin(under);
    await first.write([{ key: 'a' }, { key: 'b' }, { key: 'c' }]);
    await first.end();
    const second = await StagedRun.begin(under);
    await under.destination.findStale(second.run, { resources: ['thing'], configured: null });
    const lost = randomUUID();
    const written = await second.stage([{ key: 'c', identifier: 'renamed' }], { pass: 'lookup' });
    const verdict = (recordKey: string, attempt: string | null, word: 'gone' | 'present') =>
      recordVerdicts(under.db, second.run, { resource: 'thing', verdicts: [{ recordKey, verdict: word }], attempt });
    await verdict('a', lost, 'present');
    await verdict('b', null, 'gone');
    await verdict('c', written.fetchAttempt, 'present');
    await under.destination.upsert(second.run, written);
    const phase = await under.destination.deleteStale(second.run, ANYTHING_MAY_GO);
    expect(phase.kinds).toMatchObject([{ deleted: 2, unconfirmed: 1 }]);
    const left = await under.db.query<{ identifier: string }>('select identifier from tidemark.entity order by 1');
    expect(left.map(({ identifier }) => identifier)).toEqual(['a', 'renamed']);
  });

  it('5.1 a run that has ended may not write any more', async () => {
    const run = await StagedRun.begin(under);
    const staged = await run.stage([{ key: 'a' }]);
    await run.end('aborted');
    await expect(under.destination.upsert(run.run, staged)).rejects.toThrow(/may not write any more: it has ended/);
  });

  it('what a finished run staged is gone', async () => {
    const run = await StagedRun.begin(under);
    await run.write([{ key: 'a' }, { key: 'b', rejected: true }]);
    await run.stage([{ key: 'c' }]);
    await run.deleteUnseen();
    await run.end();
    for (const table of ['batch', 'staged_page', 'delete_candidate']) {
      expect(await under.db.query(`select from tidemark.${table}`)).toHaveLength(0);
    }
  });

  async function until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
  }
});
