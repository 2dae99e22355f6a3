import { expect, it } from 'vitest';
import type { DeleteLimits } from '../../domain/delete-guards.ts';
import { type MappedRecord, type RunOptions, StagedRun, type Target } from '../support/staged-run.ts';
import type { DestinationUnderTest } from './destination-suite.ts';

/** The limits that hold where a configuration sets none. */
const DEFAULTS: DeleteLimits = { maxShare: 0.3, maxCount: null, emptySource: 'hold' };

/** Guards, plans and the group `removed`, to be run within the suite of a destination. */
export function describeDeletes(current: () => DestinationUnderTest): void {
  const begin = (options?: RunOptions) => StagedRun.begin(current(), options);

  const records = (from: number, to: number): MappedRecord[] =>
    Array.from({ length: to - from }, (_, index) => ({
      key: `k${from + index}`,
      fields: { title: `T${from + index}` },
    }));

  const left = async (): Promise<number> => Object.keys(await current().read()).length;

  interface Complete extends Target {
    readonly limits?: Partial<DeleteLimits>;
    readonly configuration?: string;
  }

  /** A complete run that returns just these records; what became of its one kind. */
  async function complete(returned: readonly MappedRecord[], { limits, configuration, ...target }: Complete = {}) {
    const run = await begin({ ...(configuration ? { configuration } : {}) });
    await run.write(returned, target);
    const { phase } = await run.deleteUnseen({ limits: { ...DEFAULTS, ...limits } });
    await run.end(phase.kinds[0]?.held ? 'held' : 'complete');
    return { run, deleted: phase.kinds[0]?.deleted, held: phase.kinds[0]?.held ?? null };
  }

  /** The plan that a kind of a run was held as: the first kind's, if none is named. */
  const planOf = (run: StagedRun, position = 1): string => `${run.run.runId}.${position}`;

  async function approve(plan: string, options: RunOptions = {}) {
    const run = await begin({ ...options, approves: plan });
    const applied = await run.apply(plan);
    await run.end(applied.refusal === null ? 'complete' : 'failed');
    return applied;
  }

  it('3.3 share: at most 30 % of the claims go; above, the kind is held whole', async () => {
    await complete(records(0, 40));
    expect(await complete(records(0, 28))).toMatchObject({ deleted: 12, held: null });
    await current().reset();
    await complete(records(0, 40));
    expect(await complete(records(0, 27))).toMatchObject({
      deleted: 0,
      held: expect.stringMatching(/^13 of 40 claims would go, more than 30 %.*held as plan acme\.2\.1$/),
    });
    expect(await left()).toBe(40);
  });

  it('3.3 share: what a run created was not held before it', async () => {
    await complete(records(0, 20));
    // 10 of 20 go; of the 60 that there are afterwards it would be a sixth.
    expect(await complete(records(10, 60))).toMatchObject({
      deleted: 0,
      held: expect.stringContaining('10 of 20 claims'),
    });
  });

  it('3.3 fewer than ten may go whatever their share; the tenth may not', async () => {
    await complete(records(0, 11));
    expect(await complete(records(0, 2))).toMatchObject({ deleted: 9, held: null });
    await current().reset();
    await complete(records(0, 11));
    expect(await complete(records(0, 1))).toMatchObject({ deleted: 0, held: expect.stringContaining('10 of 11') });
  });

  it('3.3 deletes of the last 24 hours count with it, so that a kind cannot trickle away', async () => {
    await complete(records(0, 40));
    expect(await complete(records(0, 31))).toMatchObject({ deleted: 9, held: null });
    expect(await complete(records(0, 29))).toMatchObject({
      deleted: 0,
      held: expect.stringContaining('2 of 31 claims would go and 9 went in the last 24 hours'),
    });
    await current().db.query(`update tidemark.run set finished_at = finished_at - interval '25 hours'`);
    expect(await complete(records(0, 29))).toMatchObject({ deleted: 2, held: null });
  });

  it('3.3 deletes that a person approved do not count', async () => {
    await complete(records(0, 40));
    const { run } = await complete(records(0, 20));
    expect(await approve(planOf(run))).toMatchObject({ deleted: 20 });
    expect(await complete(records(0, 15))).toMatchObject({ deleted: 5, held: null });
  });

  it('3.3 number: more than deletes.maxCount are held, whatever their share', async () => {
    await complete(records(0, 40));
    const limits = { maxCount: 2 };
    expect(await complete(records(0, 37), { limits })).toMatchObject({
      deleted: 0,
      held: expect.stringContaining('3 claims'),
    });
    expect(await complete(records(0, 38), { limits })).toMatchObject({ deleted: 2, held: null });
  });

  it('3.3 empty: a kind without an admitted record is held, however few there were', async () => {
    await complete(records(0, 3));
    const none = expect.stringContaining('no record that the selector keeps; 3 claims would go');
    expect(await complete([])).toMatchObject({ deleted: 0, held: none });
    expect(await complete([], { ruledOut: 500 })).toMatchObject({ deleted: 0, held: none });
    expect(await left()).toBe(3);
    expect(await complete([], { limits: { emptySource: 'delete' } })).toMatchObject({ deleted: 3, held: null });
  });

  it('3.3 a record in quarantine is an admitted one', async () => {
    await complete(records(0, 3));
    expect(await complete([{ key: 'k0', rejected: true }])).toMatchObject({ deleted: 2, held: null });
  });

  it('3.3 a kind over its guard is held, the deletes of the others go on', async () => {
    const kinds = ['one', 'two'];
    const run = async (one: MappedRecord[], two: MappedRecord[]) => {
      const begun = await begin({ kinds });
      await begun.write(one, { kind: 'one' });
      await begun.write(
        two.map((record) => ({ ...record, blueprint: 'other' })),
        { kind: 'two' },
      );
      const { phase } = await begun.deleteUnseen({ kinds, limits: DEFAULTS });
      await begun.end();
      return phase.kinds;
    };
    await run(records(0, 40), records(0, 40));
    expect(await run(records(0, 10), records(0, 35))).toMatchObject([
      { kind: 'one', deleted: 0, held: expect.stringContaining('30 of 40') },
      { kind: 'two', deleted: 5, held: null },
    ]);
    expect(await left()).toBe(75);
  });

  it('3.3 claims that own nothing do not count: nobody would notice their end', async () => {
    for (const { key, fields = {} } of records(0, 20))
      await current().writeByHand({ blueprint: 'thing', identifier: key, fields });
    await complete(records(0, 21));
    expect(await complete(records(20, 21))).toMatchObject({ deleted: 0, held: null });
    expect(await left()).toBe(21);
  });

  /** A full run with two resources, of which the configuration then names only the first. */
  async function withoutSecond(removed: 'hold' | 'delete', returned = records(0, 3)) {
    const run = await begin({ kinds: ['one'] });
    await run.write(returned, { kind: 'one' });
    const { phase } = await run.deleteUnseen({ kinds: ['one'], configured: ['one'], limits: DEFAULTS, removed });
    await run.end();
    return { run, phase };
  }

  async function withSecond() {
    const kinds = ['one', 'two'];
    const run = await begin({ kinds });
    await run.write(records(0, 3), { kind: 'one' });
    await run.write([...records(2, 3), ...records(10, 14)], { kind: 'two', position: 1 });
    await run.deleteUnseen({ kinds, configured: kinds });
    await run.end();
  }

  it('3.4 claims of resources that are no longer configured are held, few as they may be, and every run says so', async () => {
    await withSecond();
    const first = await withoutSecond('hold');
    const held = /^4 claims are of resources that are no longer configured: two .*held as plan acme\.2\.removed$/;
    expect(first.phase.removed).toEqual({ deleted: 0, held: expect.stringMatching(held) });
    expect(first.phase.kinds).toMatchObject([{ kind: 'one', deleted: 0, held: null }]);
    expect((await withoutSecond('hold')).phase.removed.held).toContain('held as plan acme.3.removed');
    expect(await left()).toBe(7);
  });

  it('3.4 they go when a person approves; what another claim is on stays', async () => {
    await withSecond();
    const { run } = await withoutSecond('hold');
    expect(await approve(`${run.run.runId}.removed`)).toMatchObject({ kind: null, deleted: 4, refusal: null });
    expect(Object.keys(await current().read())).toEqual(['thing/k0', 'thing/k1', 'thing/k2']);
    expect((await withoutSecond('hold')).phase.removed).toEqual({ deleted: 0, held: null });
  });

  it('3.4 deletes.removed: delete lets them go unasked', async () => {
    await withSecond();
    expect((await withoutSecond('delete')).phase.removed).toEqual({ deleted: 4, held: null });
    expect(await left()).toBe(3);
  });

  it('2.9 3.4 a run of some kinds deletes only theirs, and leaves alone what is no longer configured', async () => {
    await withSecond();
    const run = await begin({ kinds: ['one'], scope: { kinds: ['one'], since: null } });
    await run.write(records(0, 1), { kind: 'one' });
    const { stale, phase } = await run.deleteUnseen({ kinds: ['one'], resources: ['one'], removed: 'delete' });
    expect(stale).toMatchObject([{ kind: 'one', candidates: 2 }]);
    expect(phase.removed).toEqual({ deleted: 0, held: null });
    expect(Object.keys(await current().read())).toEqual([
      'thing/k0',
      ...['k10', 'k11', 'k12', 'k13', 'k2'].map((key) => `thing/${key}`),
    ]);
  });

  it('3.5 an approval ends just what was planned and was not seen since, by whatever run', async () => {
    await complete(records(0, 40));
    const { run } = await complete(records(0, 20));
    const incomplete = await begin();
    await incomplete.write([...records(20, 23), ...records(50, 52)]);
    await incomplete.end('incomplete');
    const aborted = await begin();
    await aborted.write(records(23, 25));
    await aborted.end('aborted');
    expect(await approve(planOf(run))).toEqual({ kind: 'thing', deleted: 15, refusal: null });
    const keys = Object.keys(await current().read());
    expect(keys).toHaveLength(27);
    expect(keys).toEqual(expect.arrayContaining(['thing/k20', 'thing/k24', 'thing/k51']));
  });

  it('3.5 a planned record that lost its identity since was seen: it stays', async () => {
    await complete(records(0, 40));
    const { run } = await complete(records(0, 20));
    const incomplete = await begin();
    await incomplete.write([{ key: 'k20', rejected: true }]);
    await incomplete.end('incomplete');
    expect(await approve(planOf(run))).toMatchObject({ deleted: 19 });
    expect(await current().read()).toHaveProperty('thing/k20');
  });

  it('3.5 an approval that is repeated within its run, or by a second run, returns the first result', async () => {
    await complete(records(0, 40));
    const { run } = await complete(records(0, 20));
    const approval = await begin({ approves: planOf(run) });
    const first = await approval.apply(planOf(run));
    expect(first).toEqual({ kind: 'thing', deleted: 20, refusal: null });
    expect(await approval.apply(planOf(run))).toEqual(first);
    await approval.end();
    const before = await current().writes();
    expect(await approve(planOf(run))).toEqual(first);
    expect(await current().writes()).toBe(before);
  });

  it('3.5 a later complete run of the kind makes a plan void and proposes anew', async () => {
    await complete(records(0, 40));
    const { run } = await complete(records(0, 20));
    const again = await complete(records(0, 20));
    expect(again.held).toContain(`held as plan ${planOf(again.run)}`);
    expect(await approve(planOf(run))).toEqual({
      kind: 'thing',
      deleted: 0,
      refusal: `plan ${planOf(run)} is superseded: run ${again.run.run.runId}`,
    });
    expect(await approve(planOf(again.run))).toMatchObject({ deleted: 20, refusal: null });
  });

  it('3.5 a new configuration makes a plan void, also one that comes when its approval has begun', async () => {
    await complete(records(0, 40));
    const { run } = await complete(records(0, 20));
    const refused = { deleted: 0, refusal: expect.stringMatching(/superseded: the configuration has changed$/) };
    expect(await approve(planOf(run), { configuration: 'other' })).toMatchObject(refused);

    const again = await complete(records(0, 20), { configuration: 'other' });
    const approval = await begin({ approves: planOf(again.run), configuration: 'other' });
    await current().db.query(
      `with v as (insert into tidemark.config_version (integration, document, hash, origin)
         values ('acme', '{}', 'third', 'api') returning id)
       update tidemark.integration set config_version = v.id from v`,
    );
    expect(await approval.apply(planOf(again.run))).toMatchObject(refused);
    expect(await left()).toBe(40);
  });

  it('5.1 an approval that was overtaken deletes nothing', async () => {
    await complete(records(0, 40));
    const { run } = await complete(records(0, 20));
    const approval = await begin({ approves: planOf(run) });
    await begin();
    await expect(approval.apply(planOf(run))).rejects.toMatchObject({ name: 'StaleEpochError' });
    expect(await left()).toBe(40);
  });
}
