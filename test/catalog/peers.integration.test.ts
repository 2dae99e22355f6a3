import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { editEntity } from '../../catalog/edits.ts';
import type { StagedGone } from '../../catalog/mapped-batch.ts';
import { databaseClock } from '../../catalog/staging.ts';
import type { Fields } from '../../domain/entity.ts';
import { startCatalog, type TestCatalog } from '../support/catalog.ts';
import { type MappedRecord, StagedRun } from '../support/staged-run.ts';

describe('8.6 what another Tidemark says is gone', () => {
  let under: TestCatalog;
  beforeAll(async () => {
    under = await startCatalog();
  });
  beforeEach(() =>
    under.db.query('truncate tidemark.integration, tidemark.entity, tidemark.claim, tidemark.entity_tombstone cascade'),
  );
  afterAll(() => under.close());

  const RECORD: MappedRecord = { key: 'a', fields: { title: 'A', 'properties.tier': 'gold' } };
  const PAST = '2020-01-01T00:00:00.000Z';

  /** A run that deletes nothing by absence. */
  async function run(records: readonly MappedRecord[], gone: readonly StagedGone[] = [], integration = 'acme') {
    const begun = await StagedRun.begin(under, { integration });
    await begun.write(records, { gone });
    await begun.end('complete');
    const [kind] = await under.db.query<{ deleted: number }>(
      'select deleted from tidemark.kind_run where run_id = $1',
      [begun.run.runId],
    );
    return kind?.deleted;
  }

  const goneAt = async (at: string): Promise<StagedGone[]> => [
    { key: 'a', at, observedAt: await databaseClock(under.db) },
  ];

  const edit = (title: string) =>
    editEntity(under.db, { blueprint: 'thing', identifier: 'a' }, { title } as unknown as Fields);

  /** When a person last edited it. */
  async function editTime(): Promise<string> {
    const [row] = await under.db.query<{ at: string }>(
      `select field_times ->> 'title' as at from tidemark.entity where identifier = 'a'`,
    );
    return (row as { at: string }).at;
  }

  const plus = (time: string, milliseconds: number): string => new Date(Date.parse(time) + milliseconds).toISOString();

  const fields = async (): Promise<unknown[]> =>
    (await under.db.query<{ fields: unknown }>('select fields from tidemark.entity')).map((row) => row.fields);

  it('goes at once, is counted, and keeps its time', async () => {
    await run([RECORD, { key: 'b' }]);
    expect(await run([], await goneAt(PAST))).toBe(1);
    expect(await fields()).toEqual([{}]);
    expect(await under.db.query('select identifier, deleted_at from tidemark.entity_tombstone')).toEqual([
      { identifier: 'a', deleted_at: new Date(PAST) },
    ]);
    expect(await run([], await goneAt(PAST))).toBe(0);
  });

  it('6.2 a record that was observed later stays', async () => {
    const gone = await goneAt(PAST);
    await run([RECORD]);
    expect(await run([], gone)).toBe(0);
    expect(await fields()).toEqual([RECORD.fields]);
  });

  it('5.1 5.2 a run that was overtaken ends nothing; a batch that comes twice counts once', async () => {
    await run([RECORD]);
    const old = await StagedRun.begin(under);
    const stale = await old.stage([], { gone: await goneAt(PAST) });
    const young = await StagedRun.begin(under);
    await expect(under.destination.upsert(old.run, stale)).rejects.toMatchObject({ name: 'StaleEpochError' });
    expect(await fields()).toEqual([RECORD.fields]);
    const staged = await young.stage([], { gone: await goneAt(PAST) });
    for (let time = 0; time < 2; time++) await under.destination.upsert(young.run, staged);
    expect(await under.db.query('select deleted from tidemark.kind_run where run_id = $1', [young.run.runId])).toEqual([
      { deleted: 1 },
    ]);
  });

  it('1.2 what another source has here as well stays, with what that says', async () => {
    await run([RECORD]);
    await run([{ key: 'x', identifier: 'a', fields: { title: 'mine' } }], [], 'other');
    await edit('by hand');
    expect(await run([], await goneAt('2099-01-01T00:00:00.000Z'))).toBe(0);
    expect(await fields()).toEqual([{ title: 'mine' }]);
  });

  it.each([
    ['later than', 1, []],
    ['at the time of', 0, []],
    ['earlier than', -1, [{ title: 'by hand', 'properties.tier': 'gold' }]],
  ])("7.4 a delete %s a person's edit", async (_, distance, left) => {
    await run([RECORD]);
    await edit('by hand');
    await run([], await goneAt(plus(await editTime(), distance)));
    expect(await fields()).toEqual(left);
  });

  it.each([
    ['later than', 1, 1],
    ['at the time of', 0, 0],
    ['earlier than', -1, 0],
  ])('7.4 an edit elsewhere %s the delete here', async (_, distance, left) => {
    await run([RECORD], [], 'source');
    await run([], await goneAt(PAST), 'source');
    await run([{ ...RECORD, editedAt: plus(PAST, distance) }]);
    expect(await fields()).toHaveLength(left);
  });

  it('edits elsewhere keep nothing alive that its source here has deleted; a source elsewhere does', async () => {
    for (const editedAt of [PAST, null]) {
      await run([RECORD], [], 'source');
      await run([{ ...RECORD, editedAt }]);
      const begun = await StagedRun.begin(under, { integration: 'source' });
      await begun.deleteUnseen();
      await begun.end();
      expect(await fields()).toHaveLength(editedAt === null ? 1 : 0);
    }
  });
});
