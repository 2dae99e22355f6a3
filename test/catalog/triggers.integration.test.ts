import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importConfiguration } from '../../catalog/configurations.ts';
import type { Database } from '../../catalog/database.ts';
import { type BegunRun, beginRun, finishRun, planKinds, startKind } from '../../catalog/runs.ts';
import { insertTrigger, joinTriggers, lostTriggers, noticeUncovered, readTrigger } from '../../catalog/triggers.ts';
import { FULL, type Scope } from '../../domain/scope.ts';
import type { Action } from '../../domain/trigger.ts';
import { startCatalog, type TestCatalog } from '../support/catalog.ts';
import { until } from '../support/rig.ts';

const ONE: Scope = { kinds: ['one'], since: null };
const TWO: Scope = { kinds: ['two'], since: null };
const CHANGED_ONE: Scope = { kinds: ['one'], since: { last: true, time: null } };

describe('triggers and the runs that cover them', () => {
  let under: TestCatalog;
  let db: Database;

  beforeAll(async () => {
    under = await startCatalog();
    db = under.db;
  });
  beforeEach(async () => {
    await db.query('truncate tidemark.integration cascade');
    await configure('same');
  });
  afterAll(() => under?.close());

  const configure = (hash: string) =>
    importConfiguration(db, { integration: 'acme', document: {}, hash, origin: 'file' });

  const trigger = (scope: Scope = FULL, action: Action = 'resync', plan: string | null = null) =>
    insertTrigger(db, { integration: 'acme', origin: 'sdk', action, scope, plan, call: null });

  async function begin(): Promise<BegunRun> {
    const begun = await beginRun(db, 'acme', randomUUID());
    if (begun === null) throw new Error('no run began');
    return begun;
  }

  const abort = ({ run }: BegunRun) =>
    finishRun(db, run, { outcome: 'aborted', reason: 'newer', overtaken: true, handTriggersOver: true });

  const complete = ({ run }: BegunRun) =>
    finishRun(db, run, { outcome: 'complete', reason: null, overtaken: false, handTriggersOver: false });

  it.each<[string, Scope, Scope[], Scope]>([
    ['a full run, aborted while a trigger of one kind waits', FULL, [ONE, FULL], FULL],
    ['a run of one kind, aborted by a full trigger', ONE, [FULL], FULL],
    ['a run of one kind, aborted by a trigger of another', ONE, [TWO], { kinds: ['one', 'two'], since: null }],
    [
      'an incremental run of one kind, aborted by a full one of another',
      CHANGED_ONE,
      [TWO],
      { kinds: ['one', 'two'], since: null },
    ],
    ['an incremental run of one kind, aborted by one of the same', CHANGED_ONE, [CHANGED_ONE], CHANGED_ONE],
  ])('4.2 %s: the next run covers all of them', async (_, aborted, waiting, next) => {
    await trigger(aborted);
    const first = await begin();
    expect(first.task).toEqual({ action: 'resync', scope: aborted });
    for (const scope of waiting) await trigger(scope);
    await abort(first);
    const second = await begin();
    expect(second.task.scope).toEqual(next);
    expect(second.triggers).toBe(1 + waiting.length);
  });

  it('4.2 a run that ended as it should takes its scope with it', async () => {
    await trigger(FULL);
    const first = await begin();
    await trigger(ONE);
    await complete(first);
    expect((await begin()).task.scope).toEqual(ONE);
  });

  it('3.5 6.8 approvals and retries go before resyncs, each plan in a run of its own, all retries in one', async () => {
    await trigger(FULL);
    const proposing = await begin();
    for (const id of ['p1', 'p2']) {
      await db.query(
        `insert into tidemark.plan (id, integration, run_id, epoch, config_version, reason, claims, entities, started_at)
         values ($1, 'acme', $2, 1, $3, '', 1, 1, now())`,
        [id, proposing.run.runId, proposing.run.configVersion],
      );
    }
    await complete(proposing);
    await trigger(FULL);
    await trigger(FULL, 'apply', 'p2');
    await trigger(FULL, 'retry');
    await trigger(FULL, 'apply', 'p1');
    await trigger(FULL, 'apply', 'p2');
    await trigger(FULL, 'retry');
    const runs: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const begun = await begin();
      runs.push([begun.task.action, begun.plan, begun.triggers]);
      await complete(begun);
    }
    expect(runs).toEqual([
      ['apply', 'p2', 2],
      ['retry', null, 2],
      ['apply', 'p1', 1],
      ['resync', null, 1],
    ]);
    expect(await beginRun(db, 'acme', randomUUID())).toBeNull();
  });

  it('4.4 counts the resyncs in a row that triggers aborted; other runs in between do not matter', async () => {
    const next = async (): Promise<BegunRun> => {
      await trigger();
      return begin();
    };
    for (const before of [0, 1, 2]) {
      const run = await next();
      expect(run.abortsBefore).toBe(before);
      await abort(run);
    }
    await trigger(FULL, 'retry');
    const retry = await begin();
    expect(retry.task.action).toBe('retry');
    await complete(retry);
    const fourth = await next();
    expect(fourth.abortsBefore).toBe(3);
    await complete(fourth);
    const fifth = await next();
    expect(fifth.abortsBefore).toBe(0);
    // By a person's hand, not by a trigger.
    await finishRun(db, fifth.run, { outcome: 'aborted', reason: '', overtaken: false, handTriggersOver: false });
    expect((await next()).abortsBefore).toBe(0);
  });

  it('4.1 a run notices what it does not cover, each task once', async () => {
    await trigger(FULL);
    const { run } = await begin();
    expect(await noticeUncovered(db, run)).toEqual([]);
    await trigger(ONE);
    await trigger(ONE);
    await trigger(FULL, 'retry');
    const waiting = await noticeUncovered(db, run);
    expect(waiting).toHaveLength(2);
    expect(waiting).toEqual(
      expect.arrayContaining([
        { action: 'resync', scope: ONE },
        { action: 'retry', scope: FULL },
      ]),
    );
  });

  it('4.1 a trigger is lost when no run in progress covers or has noticed it; the oldest of each integration is named', async () => {
    const first = await trigger();
    expect(await lostTriggers(db, 3600)).toEqual([]);
    expect(await lostTriggers(db, 0)).toEqual([{ integration: 'acme', trigger: first }]);
    const begun = await begin();
    expect(await lostTriggers(db, 0)).toEqual([]);
    const second = await trigger();
    await trigger();
    expect(await lostTriggers(db, 0)).toEqual([{ integration: 'acme', trigger: second }]);
    await noticeUncovered(db, begun.run);
    expect(await lostTriggers(db, 0)).toEqual([]);
    await complete(begun);
    expect(await lostTriggers(db, 0)).toEqual([{ integration: 'acme', trigger: second }]);
  });

  describe('4.3 join', () => {
    async function running(scope = FULL): Promise<BegunRun> {
      await trigger(scope);
      const begun = await begin();
      await planKinds(db, begun.run, ['one', 'two']);
      return begun;
    }
    const coveredBy = async (id: string) => (await readTrigger(db, id))?.runId ?? null;

    it('4.3 a run that has not fetched yet covers a trigger of the same configuration, and is done with it at its end', async () => {
      const begun = await running();
      const id = await trigger(ONE);
      await joinTriggers(db, begun.run, [ONE]);
      expect(await coveredBy(id)).toBe(begun.run.runId);
      await complete(begun);
      expect(await readTrigger(db, id)).toMatchObject({ runId: begun.run.runId, done: true });
    });

    it('4.3 one that has begun to fetch covers none', async () => {
      const { run } = await running();
      const id = await trigger();
      await startKind(db, run, 'two');
      await joinTriggers(db, run, [FULL]);
      expect(await coveredBy(id)).toBeNull();
    });

    it('4.3 a first request that is about to leave is waited for', async () => {
      const { run } = await running();
      const id = await trigger();
      let joining: Promise<void> | undefined;
      await db.transaction(async (tx) => {
        await startKind(tx, run, 'one');
        joining = joinTriggers(db, run, [FULL]);
        await until(async () => {
          const waiting = await db.query(
            `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%kind_run%for update%'`,
          );
          return waiting.length > 0;
        });
      });
      await joining;
      expect(await coveredBy(id)).toBeNull();
    });

    it('4.3 a trigger of another configuration, scope or action is not covered', async () => {
      const { run } = await running(ONE);
      const others = [await trigger(TWO), await trigger(FULL, 'retry')];
      await configure('other');
      others.push(await trigger(ONE));
      await joinTriggers(db, run, [ONE]);
      expect(await Promise.all(others.map(coveredBy))).toEqual([null, null, null]);
    });
  });
});
