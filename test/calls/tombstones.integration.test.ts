import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../catalog/database.ts';
import { fenced } from '../../catalog/fence.ts';
import { acceptCalls, toInboxRow, waitingCalls } from '../../catalog/inbox.ts';
import { forgetScopeTombstones } from '../../catalog/live.ts';
import type { LiveChange, LiveEnd } from '../../catalog/live-change.ts';
import type { StagedEntity } from '../../catalog/mapped-batch.ts';
import { databaseClock } from '../../catalog/staging.ts';
import { writeMapped } from '../../catalog/write-batch.ts';
import type { Destination } from '../../destinations/destination.ts';
import { startCatalog, type TestCatalog } from '../support/catalog.ts';
import { until } from '../support/rig.ts';
import { type MappedRecord, StagedRun } from '../support/staged-run.ts';

const BOTH = { create: true, update: true };

describe('what was observed live, against what a page says', () => {
  let under: TestCatalog;
  let db: Database;
  let destination: Destination;
  beforeAll(async () => {
    under = await startCatalog();
    db = under.db;
    destination = under.destination;
  });
  beforeEach(() =>
    db.query('truncate tidemark.integration, tidemark.entity, tidemark.claim, tidemark.tombstone cascade'),
  );
  afterAll(() => under?.close());

  const begin = () => StagedRun.begin({ db, destination });
  const catalog = async () => {
    const rows = await db.query<{ identifier: string; title: string | null }>(
      `select identifier, fields ->> 'title' as title from tidemark.entity order by 1`,
    );
    return rows.map(({ identifier, title }) => `${identifier}: ${title}`);
  };
  const tombstones = () =>
    db.query('select record_key as key, identifier from tidemark.tombstone order by record_key, identifier');
  const page = (key: string, identifier: string, observedAt: string, title = 'page'): MappedRecord => ({
    key,
    identifier,
    observedAt,
    fields: { title },
  });

  async function live({ entities = [], ends = [], strategy = BOTH }: Partial<Live>): Promise<Record<string, number>> {
    const written = {
      resource: 'thing',
      kind: 'thing',
      position: 0,
      strategy,
      policy: null,
      entities,
      quarantined: [],
    };
    const change: LiveChange = { writes: [written], ends, unidentified: 0 };
    const call = { type: 'event', event: 'x', payload: {} } as const;
    const [id] = (await acceptCalls(db, [
      toInboxRow({ integration: 'acme', origin: 'sdk', delivery: null, call }),
    ])) as [string];
    const {
      calls: [waiting],
    } = await waitingCalls(db, 'acme', 1);
    const seq = waiting?.seq as number;
    await destination.applyLive({ integration: 'acme', resources: ['thing'] }, [{ seq, change }]);
    const [row] = await db.query<{ result: Record<string, number> }>(
      'select result from tidemark.inbox where id = $1',
      [id],
    );
    return Object.fromEntries(Object.entries(row?.result ?? {}).filter(([, count]) => count > 0));
  }
  interface Live {
    readonly entities: readonly StagedEntity[];
    readonly ends: readonly LiveEnd[];
    readonly strategy: typeof BOTH;
  }
  const entity = (recordKey: string, identifier: string, observedAt: string): StagedEntity => ({
    recordKey,
    locator: null,
    blueprint: 'thing',
    identifier,
    fields: { title: 'live' } as never,
    modifiedAt: null,
    raw: null,
    failed: [],
    observedAt,
  });
  const gone = (recordKey: string, observedAt: string, identifier: string | null = null): LiveEnd => ({
    resource: 'thing',
    kind: 'thing',
    recordKey,
    identity: identifier === null ? null : { blueprint: 'thing', identifier },
    kept: [],
    observedAt,
    tombstone: true,
  });

  it('6.2 at the same moment a live observation beats a page, in either order, with and without a key', async () => {
    const run = await begin();
    const now = await databaseClock(db);
    await live({ entities: [entity('r1', 'a', now), entity('', 'b', now)] });
    await run.write([
      page('r1', 'a', now),
      page('r1', 'former', now),
      page('', 'b', now),
      page('r2', 'c', now),
      page('', 'd', now),
    ]);
    expect(await catalog()).toEqual(['a: live', 'b: live', 'c: page', 'd: page']);
    await live({ entities: [entity('r2', 'c', now)], ends: [gone('', now, 'd')] });
    expect(await catalog()).toEqual(['a: live', 'b: live', 'c: live']);
  });

  it('6.4 a delete of what is not known leaves a tombstone: an older page cannot bring it, a newer one can', async () => {
    const run = await begin();
    const [older, now] = [await databaseClock(db), await databaseClock(db)];
    expect(await live({ ends: [gone('r1', now), gone('', now, 'b')] })).toEqual({});
    await run.write([page('r1', 'a', older), page('r1', 'other', older), page('r2', 'b', older), page('', 'b', older)]);
    expect(await catalog()).toEqual([]);
    const newer = await databaseClock(db);
    await run.write([page('r1', 'a', newer), page('r2', 'b', newer)]);
    expect(await catalog()).toEqual(['a: page', 'b: page']);
  });

  it('6.4 what is deleted by its identity alone stays deleted as the record with a key that it was', async () => {
    const run = await begin();
    const older = await databaseClock(db);
    await run.write([page('r1', 'a', older)]);
    expect(await live({ ends: [gone('', await databaseClock(db), 'a')] })).toEqual({ deleted: 1 });
    await run.write([page('r1', 'former', older)]);
    expect(await catalog()).toEqual([]);
  });

  it('5.5 6.4 a page that is being written beside a delete does not survive it', async () => {
    const run = await begin();
    const staged = await run.stage([page('r1', 'a', await databaseClock(db))]);
    // Something must have come in before: pages look for what is live only then.
    await live({});
    const change = { ends: [gone('r1', await databaseClock(db))] };
    let applied = false;
    let applying: Promise<unknown> = Promise.resolve();
    await fenced(db, run.run, async (tx) => {
      await writeMapped(tx, { ...run.run, destination: 'catalog', batch: staged, live: false });
      applying = live(change).then(() => {
        applied = true;
      });
      await until(async () => {
        const waiting = await db.query(`select from pg_locks where locktype = 'advisory' and not granted`);
        return applied || waiting.length > 0;
      });
    });
    await applying;
    expect(await catalog()).toEqual([]);
  });

  it('6.4 a tombstone goes when a run that began after it is complete, and a day has passed', async () => {
    const before = await begin();
    await live({ ends: [gone('r1', await databaseClock(db))] });
    const age = () => db.query(`update tidemark.tombstone set created_at = created_at - interval '24 hours'`);
    await before.deleteUnseen();
    await before.end();
    expect(await tombstones()).toHaveLength(1);
    const after = await begin();
    await after.deleteUnseen();
    await after.end();
    expect(await tombstones()).toHaveLength(1);
    await age();
    const later = await begin();
    await later.end('aborted');
    expect(await tombstones()).toHaveLength(1);
    const last = await begin();
    await last.deleteUnseen();
    expect(await tombstones()).toEqual([]);
  });

  it('6.4 tombstones of a scope, which no run reads, go after a day, unless an older call waits', async () => {
    await begin();
    const call = { type: 'event', event: 'x', payload: {} } as const;
    await acceptCalls(db, [toInboxRow({ integration: 'acme', origin: 'sdk', delivery: null, call })]);
    await db.query(
      `insert into tidemark.tombstone (destination, integration, resource, record_key, blueprint, identifier, kind,
                                       observed_at, created_at)
       select 'catalog', 'acme', kind, '', '', key, kind, clock_timestamp(), clock_timestamp() - age
         from (values ('scope:a', 'old', interval '25 hours'), ('scope:a', 'new', interval '1 hour'),
                      ('thing', 'other', interval '25 hours')) t (kind, key, age)`,
    );
    await forgetScopeTombstones(db, 'acme');
    expect(await tombstones()).toHaveLength(3);
    await live({});
    await forgetScopeTombstones(db, 'acme');
    expect(await tombstones()).toEqual([
      { key: '', identifier: 'new' },
      { key: '', identifier: 'other' },
    ]);
  });

  it('6.2 a call that was received before a run and is applied after it still counts as older', async () => {
    const received = await databaseClock(db);
    const run = await begin();
    await run.write([page('r1', 'a', await databaseClock(db)), page('', 'b', await databaseClock(db))]);
    expect(await live({ entities: [entity('r1', 'former', received), entity('', 'b', received)] })).toEqual({
      outdated: 2,
    });
    expect(await live({ ends: [gone('r1', received), gone('', received, 'b')] })).toEqual({});
    expect(await catalog()).toEqual(['a: page', 'b: page']);
  });

  it('7.1 a strategy holds for calls as well', async () => {
    await begin();
    const now = await databaseClock(db);
    const only = (method: 'create' | 'update') => ({ create: method === 'create', update: method === 'update' });
    expect(await live({ entities: [entity('r1', 'a', now)], strategy: only('update') })).toEqual({ skipped: 1 });
    expect(await live({ entities: [entity('r1', 'a', now)], strategy: only('create') })).toEqual({ created: 1 });
    expect(await live({ entities: [entity('r2', 'a', now)], strategy: only('create') })).toEqual({ skipped: 1 });
    expect(await catalog()).toEqual(['a: live']);
  });
});
