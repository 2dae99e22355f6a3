import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importConfiguration } from '../../catalog/configurations.ts';
import { listPlans, planEntities, readPlan, rejectPlan } from '../../catalog/plans.ts';
import { lastCompleteRun, readRun } from '../../catalog/reports.ts';
import type { Scope } from '../../domain/scope.ts';
import { startCatalog, type TestCatalog } from '../support/catalog.ts';
import { type MappedRecord, StagedRun } from '../support/staged-run.ts';

const DEFAULTS = { maxShare: 0.3, maxCount: null, emptySource: 'hold' } as const;
const KINDS = ['one', 'two'];

describe('plans of held deletes', () => {
  let under: TestCatalog;
  beforeAll(async () => {
    under = await startCatalog();
  });
  beforeEach(() => under.db.query('truncate tidemark.integration, tidemark.entity, tidemark.claim cascade'));
  afterAll(() => under.close());

  const records = (kind: string, count: number): MappedRecord[] =>
    Array.from({ length: count }, (_, index) => ({ key: `${kind}${index}`, blueprint: kind }));

  interface Returned {
    /** How many records of each kind; the kinds that are named are those that are read. */
    readonly [kind: string]: number;
  }

  /** A run that returns so many records of each kind and comes to its end. */
  async function complete(returned: Returned, { since = null }: { since?: Scope['since'] } = {}): Promise<StagedRun> {
    const kinds = Object.keys(returned);
    const whole = kinds.length === KINDS.length;
    const run = await StagedRun.begin(under, { kinds, scope: { kinds: whole ? null : kinds, since } });
    for (const kind of kinds) await run.write(records(kind, returned[kind] as number), { kind });
    const configured = whole ? KINDS : null;
    if (since === null) await run.deleteUnseen({ kinds, configured, limits: DEFAULTS });
    else await run.finishKinds(kinds);
    await run.end();
    return run;
  }

  const plans = async () =>
    (await listPlans(under.db, 'acme', 10)).map(({ plan, state, why }) => `${plan} ${state}${why ? `: ${why}` : ''}`);

  it('3.5 a plan says what it would delete, why, and on whose word', async () => {
    await complete({ one: 40, two: 40 });
    const run = await complete({ one: 20, two: 40 });
    expect(await listPlans(under.db, 'acme', 10)).toEqual([
      {
        plan: 'acme.2.1',
        integration: 'acme',
        run: 'acme.2',
        epoch: 2,
        configVersion: run.run.configVersion,
        kind: 'one',
        reason: '20 of 40 claims would go, more than 30 % (deletes.maxShare)',
        claims: 20,
        entities: 20,
        state: 'open',
        why: null,
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
        decidedAt: null,
        appliedRun: null,
      },
    ]);
    expect((await readRun(under.db, 'acme.2'))?.kinds).toMatchObject([
      { kind: 'one', plan: 'acme.2.1', held: expect.stringContaining('held as plan acme.2.1') },
      { kind: 'two', plan: null, held: null },
    ]);
    const entities = await planEntities(under.db, 'acme.2.1', 2);
    expect(entities).toEqual([
      { blueprint: 'one', identifier: 'one20' },
      { blueprint: 'one', identifier: 'one21' },
    ]);
  });

  it('3.5 2.9 a complete run of one kind makes its plan void, the plan of another kind stays open', async () => {
    await complete({ one: 40, two: 40 });
    await complete({ one: 20, two: 20 });
    await complete({ one: 40 });
    expect(await plans()).toEqual(['acme.2.2 open', 'acme.2.1 superseded: run acme.3']);
  });

  it('3.5 a run in which the kind is not complete, and an incremental one, make no plan void', async () => {
    await complete({ one: 40, two: 40 });
    await complete({ one: 20, two: 40 });
    const incomplete = await StagedRun.begin(under, { kinds: KINDS });
    await incomplete.write(records('one', 25), { kind: 'one' });
    await incomplete.finishKinds(['two']);
    await incomplete.end('incomplete');
    await complete({ one: 0, two: 0 }, { since: { last: true, time: null } });
    expect(await plans()).toEqual(['acme.2.1 open']);
  });

  it('3.4 3.5 the group removed has a plan of its own; it goes void when a complete run proposes it anew', async () => {
    await complete({ one: 3, two: 3 });
    const withoutTwo = async () => {
      const run = await StagedRun.begin(under, { kinds: ['one'] });
      await run.write(records('one', 3), { kind: 'one' });
      await run.deleteUnseen({ kinds: ['one'], configured: ['one'], limits: DEFAULTS, removed: 'hold' });
      await run.end('held');
    };
    await withoutTwo();
    await complete({ one: 3 });
    expect(await plans()).toEqual(['acme.2.removed open']);
    await withoutTwo();
    expect(await plans()).toEqual(['acme.4.removed open', 'acme.2.removed superseded: run acme.4 has read every kind']);
    expect((await readRun(under.db, 'acme.4'))?.removed).toMatchObject({ deleted: 0, plan: 'acme.4.removed' });
  });

  it('3.5 a new configuration makes every plan void at once', async () => {
    await complete({ one: 40, two: 40 });
    await complete({ one: 20, two: 20 });
    await importConfiguration(under.db, { integration: 'acme', document: {}, hash: 'other', origin: 'file' });
    const void_ = 'superseded: the configuration has changed';
    expect((await plans()).sort()).toEqual([`acme.2.1 ${void_}`, `acme.2.2 ${void_}`]);
    expect(await planEntities(under.db, 'acme.2.1', 10)).toEqual([]);
  });

  it('3.5 a rejected plan keeps its entities and cannot be approved; the next complete run proposes them anew', async () => {
    await complete({ one: 40, two: 40 });
    await complete({ one: 20, two: 40 });
    await rejectPlan(under.db, 'acme', 'acme.2.1');
    await rejectPlan(under.db, 'acme', 'acme.2.1');
    expect(await readPlan(under.db, 'acme', 'acme.2.1')).toMatchObject({
      state: 'rejected',
      why: 'rejected by a person',
      decidedAt: expect.any(String),
    });
    const approval = await StagedRun.begin(under, { approves: 'acme.2.1' });
    expect(await approval.apply('acme.2.1')).toEqual({
      kind: 'one',
      deleted: 0,
      refusal: 'plan acme.2.1 is rejected: rejected by a person',
    });
    await approval.end('failed');
    expect(await under.db.query('select from tidemark.entity')).toHaveLength(80);
    await complete({ one: 20, two: 40 });
    expect(await plans()).toEqual(['acme.4.1 open', 'acme.2.1 rejected: rejected by a person']);
  });

  it('3.5 an applied plan names its run, and cannot be rejected any more', async () => {
    await complete({ one: 40, two: 40 });
    await complete({ one: 20, two: 40 });
    const approval = await StagedRun.begin(under, { approves: 'acme.2.1' });
    await approval.apply('acme.2.1');
    await approval.end();
    expect(await readPlan(under.db, 'acme', 'acme.2.1')).toMatchObject({ state: 'applied', appliedRun: 'acme.3' });
    expect(await readRun(under.db, 'acme.3')).toMatchObject({
      action: 'apply',
      plan: 'acme.2.1',
      kinds: [{ kind: 'one', state: 'complete', deleted: 20 }],
    });
    await expect(rejectPlan(under.db, 'acme', 'acme.2.1')).rejects.toThrow(
      'plan acme.2.1 is applied and cannot be rejected: approved',
    );
  });

  it('3.5 a plan that there is not, or that is of another integration, is not found', async () => {
    await complete({ one: 40, two: 40 });
    await complete({ one: 20, two: 40 });
    await StagedRun.begin(under, { integration: 'other' });
    for (const [integration, plan] of [
      ['acme', 'acme.9.9'],
      ['other', 'acme.2.1'],
    ] as const) {
      await expect(readPlan(under.db, integration, plan)).rejects.toMatchObject({
        name: 'NotFoundError',
        message: `${integration} has no plan ${plan}; \`tidemark plans ${integration}\` lists them`,
      });
      await expect(rejectPlan(under.db, integration, plan)).rejects.toMatchObject({ name: 'NotFoundError' });
    }
    expect(await plans()).toEqual(['acme.2.1 open']);
  });

  it('2.9 only a full run of all kinds is the last complete one', async () => {
    const full = await complete({ one: 3, two: 3 });
    await complete({ one: 3 });
    await complete({ one: 0, two: 0 }, { since: { last: true, time: null } });
    expect((await lastCompleteRun(under.db, 'acme'))?.run).toBe(full.run.runId);
  });

  it('1.4 3.5 deletes that unidentified records hold are a plan as well', async () => {
    await complete({ one: 40, two: 3 });
    const run = await StagedRun.begin(under, { kinds: KINDS });
    await run.write([...records('one', 39), { key: 'new', rejected: true }], { kind: 'one' });
    await run.write(records('two', 3), { kind: 'two' });
    await run.deleteUnseen({ kinds: KINDS, limits: DEFAULTS });
    await run.end('held');
    expect(await listPlans(under.db, 'acme', 1)).toMatchObject([
      { kind: 'one', claims: 1, reason: 'unidentified records: 1', state: 'open' },
    ]);
  });
});
