import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GoneError, UsageError } from '../../domain/errors.ts';
import type { ExportLine } from '../../domain/export.ts';
import { Catalog, msinceOf } from './support.ts';

let catalog: Catalog;

beforeAll(async () => {
  catalog = await Catalog.open();
});
beforeEach(() => catalog.clear());
afterAll(() => catalog.close());

/** Blueprints, as the configuration of an integration would declare them. */
async function declare(blueprints: Readonly<Record<string, unknown>>): Promise<void> {
  await catalog.db.query(`insert into tidemark.integration (id) values ('acme')`);
  await catalog.db.query(
    `with v as (
       insert into tidemark.config_version (integration, document, hash, origin) values ('acme', $1, '', 'file') returning id)
     update tidemark.integration set config_version = v.id from v`,
    [JSON.stringify({ id: 'acme', blueprints, integration: {} })],
  );
}

describe('msince', () => {
  it('8.1 S2.3 takes the form of the seed and others of RFC 3339, and refuses anything else with the right form', async () => {
    await catalog.put('repo/a');
    for (const msince of ['2020-01-31T12:00:00Z', '2020-01-31T12:00:00', '2020-01-31T13:00:00.5+01:00']) {
      expect(await catalog.names({ msince })).toEqual(['repo/a']);
    }
    for (const msince of ['yesterday', '2020-01-31', '1580472000', '', '2020-02-31T12:00:00Z']) {
      const lines = catalog.lines({ msince });
      await expect(lines).rejects.toThrow(UsageError);
      await expect(lines).rejects.toThrow('YYYY-MM-DDThh:mm:ssZ');
    }
  });

  it('8.1 is inclusive, and an offset is the same instant', async () => {
    await catalog.put('repo/a');
    await catalog.db.transaction(async (tx) => {
      await tx.query('set local session_replication_role = replica');
      await tx.query(`update tidemark.entity set changed_at = '2026-01-31T12:00:00Z'`);
    });
    expect(await catalog.names({ msince: '2026-01-31T12:00:00Z' })).toEqual(['repo/a']);
    expect(await catalog.names({ msince: '2026-01-31T14:00:00+02:00' })).toEqual(['repo/a']);
    expect(await catalog.names({ msince: '2026-01-31T12:00:01Z' })).toEqual([]);
    expect(await catalog.names({ msince: '2026-01-31T12:00:00.001Z' })).toEqual([]);
  });
});

describe('what is selected', () => {
  it('8.2 S2.2 S2.4 only what was modified since; without msince everything', async () => {
    await catalog.put('repo/a', { fields: { title: 'A', 'properties.stars': 3 } });
    await catalog.put('repo/old');
    await catalog.age();
    await catalog.put('repo/a', { fields: { title: 'A2', 'properties.stars': 4 } });
    const msince = await catalog.recently();
    const [record, ...others] = await catalog.records({ msince });
    expect(others).toEqual([]);
    expect(record).toMatchObject({ blueprint: 'repo', identifier: 'a', title: 'A2', properties: { stars: 4 } });
    expect(Date.parse(record?.changedAt ?? '')).toBeGreaterThan(Date.parse(msince));
    expect(await catalog.names()).toEqual(['repo/a', 'repo/old']);
  });

  it('8.2 of one blueprint, when only that is asked for', async () => {
    await catalog.put('repo/a');
    await catalog.put('team/t');
    expect(await catalog.names({ blueprint: 'team' })).toEqual(['team/t']);
    expect(await catalog.names({ blueprint: 'team', msince: await catalog.recently() })).toEqual(['team/t']);
    expect(await catalog.names({ blueprint: 'nothing' })).toEqual([]);
  });

  describe('8.2 S2.5 an old record with', () => {
    beforeEach(async () => {
      await catalog.put('repo/a');
      await catalog.put('branch/a-main', { parent: 'repo/a', fields: { title: 'main' } });
      await catalog.put('branch/a-next', { parent: 'repo/a' });
      await catalog.put('repo/b');
      await catalog.put('branch/b-main', { parent: 'repo/b' });
      await catalog.age();
    });

    const selected = async () => {
      const records = await catalog.records({ msince: await catalog.recently() });
      return records.map(({ identifier, components }) => [identifier, components.map((each) => each.identifier)]);
    };

    it('old components is not selected', async () => {
      expect(await selected()).toEqual([]);
      expect(await catalog.names()).toEqual(['repo/a', 'repo/b']);
    });

    it('a component that changed is selected whole, with all its components', async () => {
      await catalog.put('branch/a-main', { parent: 'repo/a', fields: { title: 'trunk' } });
      expect(await selected()).toEqual([['a', ['a-main', 'a-next']]]);
    });

    it('a new component is selected', async () => {
      await catalog.put('branch/a-new', { parent: 'repo/a' });
      expect(await selected()).toEqual([['a', ['a-main', 'a-new', 'a-next']]]);
    });

    it('a component that is gone is selected', async () => {
      await catalog.remove('branch/a-next');
      expect(await selected()).toEqual([['a', ['a-main']]]);
    });

    it('a component that went over to another record is selected, as is the other', async () => {
      await catalog.put('branch/a-next', { parent: 'repo/b' });
      expect(await selected()).toEqual([
        ['a', ['a-main']],
        ['b', ['a-next', 'b-main']],
      ]);
    });
  });

  it('8.2 a component whose record is not there is exported by itself', async () => {
    await catalog.put('branch/lost', { parent: 'repo/none' });
    expect(await catalog.names()).toEqual(['branch/lost']);
  });

  it('8.2 components of a component, in a circle too, are each exported once', async () => {
    await catalog.put('a/1');
    await catalog.put('a/2', { parent: 'a/1' });
    await catalog.put('a/3', { parent: 'a/2' });
    await catalog.put('c/1', { parent: 'c/2' });
    await catalog.put('c/2', { parent: 'c/1' });
    const records = await catalog.records();
    const all = records.flatMap(({ identifier, blueprint, components }) => [
      blueprint + identifier,
      ...components.map((each) => each.blueprint + each.identifier),
    ]);
    expect(all.sort()).toEqual(['a1', 'a2', 'a3', 'c1', 'c2']);
  });
});

describe('references', () => {
  const declared = { repo: { relations: { owner: { target: 'team' }, uses: { target: 'repo', many: true } } } };

  it('8.2 S2.6 what a selected record refers to is exported whatever its time, once, and circles end', async () => {
    await declare({ ...declared, team: { relations: { lead: { target: 'user' } } } });
    await catalog.put('team/core', { fields: { 'relations.lead': 'ann' } });
    await catalog.put('user/ann', { fields: { 'relations.home': 'new' } });
    await catalog.put('user/core');
    await catalog.put('repo/old', { fields: { 'relations.uses': ['new', 'older'] } });
    await catalog.put('repo/older', { fields: { 'relations.uses': ['old'], 'relations.owner': 'core' } });
    await catalog.put('repo/apart');
    await catalog.age();
    await catalog.put('repo/new', { fields: { 'relations.uses': ['old', 'missing'], 'relations.owner': 'core' } });
    await catalog.put('repo/newer', { fields: { 'relations.uses': ['new', 'old'], 'relations.owner': 'core' } });
    const records = await catalog.records({ msince: await catalog.recently() });
    const names = (referenced: boolean) =>
      records
        .filter((each) => each.referenced === referenced)
        .map(({ blueprint, identifier }) => `${blueprint}/${identifier}`);
    expect(names(false)).toEqual(['repo/new', 'repo/newer']);
    expect(names(true).sort()).toEqual(['repo/old', 'repo/older', 'team/core', 'user/ann']);
  });

  it('8.2 S2.6 also what a component refers to; of a component that is referred to, its record', async () => {
    await declare({ branch: { relations: { base: { target: 'branch' } } } });
    await catalog.put('repo/fork');
    await catalog.put('repo/upstream');
    await catalog.put('branch/up-main', { parent: 'repo/upstream' });
    await catalog.age();
    await catalog.put('branch/fork-main', { parent: 'repo/fork', fields: { 'relations.base': 'up-main' } });
    const [selected, referenced] = await catalog.records({ msince: await catalog.recently() });
    expect(selected).toMatchObject({ identifier: 'fork', referenced: false });
    expect(referenced).toMatchObject({
      identifier: 'upstream',
      referenced: true,
      components: [{ identifier: 'up-main' }],
    });
  });

  it('8.2 of other blueprints than the one that was asked for', async () => {
    await declare(declared);
    await catalog.put('team/core');
    await catalog.put('repo/a', { fields: { 'relations.owner': 'core' } });
    expect(await catalog.names({ blueprint: 'repo' })).toEqual(['repo/a', 'team/core']);
  });

  it('8.2 a relation that no blueprint declares may point to any', async () => {
    await catalog.put('team/core');
    await catalog.put('user/core');
    await catalog.age();
    await catalog.put('repo/a', { fields: { 'relations.owner': 'core' } });
    const names = await catalog.names({ msince: await catalog.recently() });
    expect(names).toEqual(['repo/a', 'team/core', 'user/core']);
  });
});

describe('the clock', () => {
  it('8.3 every change of an entity moves changed_at, whoever makes it', async () => {
    const changedAt = async (): Promise<number> => {
      const [row] = await catalog.db.query<{ at: Date }>('select changed_at as at from tidemark.entity');
      return (row as { at: Date }).at.getTime();
    };
    await catalog.put('repo/a');
    await catalog.age();
    const first = await changedAt();
    await catalog.put('repo/a', { fields: { title: 'A' } });
    const second = await changedAt();
    expect(second).toBeGreaterThan(first);
    await catalog.db.query(`update tidemark.entity set changed_at = '2000-01-01', fields = '{}'`);
    expect(await changedAt()).toBeGreaterThanOrEqual(second);
  });

  it('8.3 hands out a time from which nothing is missed that a long transaction commits later', async () => {
    await catalog.put('repo/seen');
    let begun: () => void = () => {};
    let goOn: () => void = () => {};
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const mayGoOn = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const writing = catalog.db.transaction(async (tx) => {
      await catalog.put('repo/long', {}, tx);
      begun();
      await mayGoOn;
      await catalog.put('repo/later', {}, tx);
    });
    await isBegun;
    // Time goes by: without the lock, the next msince would be after the change.
    await catalog.db.query('select pg_sleep(2.1)');
    const first = await catalog.lines();
    expect(first.filter(({ type }) => type === 'entity')).toHaveLength(1);
    goOn();
    await writing;
    const msince = msinceOf(first);
    expect(msince).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await catalog.names({ msince })).toEqual(expect.arrayContaining(['repo/long', 'repo/later']));
  });

  it('8.3 a chain of exports beside many writers misses no change', async () => {
    const seen = new Map<string, number>();
    const take = (lines: readonly ExportLine[]): string => {
      for (const line of lines) if (line.type === 'entity') seen.set(line.identifier, Number(line.properties.n));
      return msinceOf(lines);
    };
    let isWriting = true;
    const writers = [0, 1, 2].map(async (writer) => {
      for (let n = 1; n <= 60; n++) {
        await catalog.db.transaction(async (tx) => {
          await catalog.put(`repo/${writer}`, { fields: { 'properties.n': n } }, tx);
          await tx.query('select pg_sleep($1)', [((n * 7 + writer) % 5) / 100]);
          await catalog.put(`repo/${writer}-${n}`, { fields: { 'properties.n': n } }, tx);
        });
      }
    });
    const all = Promise.all(writers).then(() => {
      isWriting = false;
    });
    let msince = take(await catalog.lines());
    while (isWriting) msince = take(await catalog.lines({ msince }));
    await all;
    take(await catalog.lines({ msince }));
    const held = (await catalog.records()).map(
      ({ identifier, properties }) => [identifier, Number(properties.n)] as const,
    );
    expect(held).toHaveLength(183);
    expect([...seen].sort()).toEqual([...held].sort());
  });
});

describe('what is gone', () => {
  it('8.2 8.4 is told of when asked, a component with its record; what is there again is not', async () => {
    for (const name of ['repo/a', 'repo/b', 'repo/c', 'repo/d']) await catalog.put(name);
    await catalog.put('branch/x', { parent: 'repo/a' });
    await catalog.remove('repo/d');
    await catalog.age();
    await catalog.remove('repo/b');
    await catalog.remove('repo/c');
    await catalog.remove('branch/x');
    await catalog.put('repo/c');
    const msince = await catalog.recently();
    expect(await catalog.gone({ msince })).toEqual(['repo/b', 'branch/x']);
    expect(await catalog.gone()).toEqual(['repo/d', 'repo/b', 'branch/x']);
    expect(await catalog.gone({ msince, blueprint: 'repo' })).toEqual(['repo/b']);
    expect((await catalog.lines({ msince })).some(({ type }) => type === 'tombstone')).toBe(false);
    const lines = await catalog.lines({ msince, deleted: true });
    expect(lines.find((line) => line.type === 'tombstone' && line.identifier === 'x')).toMatchObject({
      parent: { blueprint: 'repo', identifier: 'a' },
    });
  });

  it('8.4 an msince from before what is kept is refused where it is told of: read in full', async () => {
    await catalog.put('repo/a');
    await catalog.remove('repo/a');
    const old = '2020-01-01T00:00:00Z';
    await expect(catalog.lines({ msince: old, deleted: true })).rejects.toThrow(GoneError);
    await expect(catalog.lines({ msince: old, deleted: true })).rejects.toThrow('read in full, without msince');
    expect(await catalog.names({ msince: old })).toEqual([]);
    expect(await catalog.gone()).toEqual(['repo/a']);
  });

  it('8.4 goes a day after its time, and what has gone is not promised again', async () => {
    const age = (days: number) =>
      catalog.db.query(`update tidemark.entity_tombstone set changed_at = now() - $1 * interval '1 day'`, [days]);
    await catalog.put('repo/a');
    await catalog.remove('repo/a');
    await age(30.5);
    await catalog.client.forgetExpired();
    expect(await catalog.gone()).toEqual(['repo/a']);
    await age(32);
    await catalog.client.forgetExpired();
    expect(await catalog.gone()).toEqual([]);
    await catalog.db.query(`update tidemark.tombstone_keeping set keep = '90 days'`);
    const msince = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    await expect(catalog.lines({ msince: msince(33), deleted: true })).rejects.toThrow(GoneError);
    expect(await catalog.gone({ msince: msince(31) })).toEqual([]);
  });
});

describe('the stream', () => {
  const fill = (count: number) =>
    catalog.db.query(
      `insert into tidemark.entity (destination, blueprint, identifier, fields)
       select 'catalog', 'repo', to_char(n, 'fm00000'), jsonb_build_object('relations.owner', 'core') from generate_series(1, $1) n`,
      [count],
    );

  it('8.5 goes by pages: who takes no more reads no further', async () => {
    await fill(1000);
    const lines = catalog.client.export()[Symbol.asyncIterator]();
    await lines.next();
    await catalog.remove('repo/00999');
    let rest = 1;
    for (let next = await lines.next(); !next.done; next = await lines.next()) {
      if (next.value.type === 'entity') rest += 1;
    }
    // Written meanwhile on a page that was not read yet: it was not in memory.
    expect(rest).toBe(999);
  });

  it('8.5 a page is small where records are large', async () => {
    await catalog.db.query(
      `insert into tidemark.entity (destination, blueprint, identifier, fields)
       select 'catalog', 'repo', n::text, jsonb_build_object('title',
                (select string_agg(md5(random()::text), '') from generate_series(1, 30000) where n > 0))
         from generate_series(1, 20) n`,
    );
    const pages: number[] = [0];
    for (const line of await catalog.lines()) {
      if (line.type === 'cursor') pages.push(0);
      else if (line.type === 'entity') pages.push((pages.pop() as number) + 1);
    }
    expect(pages.length).toBeGreaterThan(3);
    expect(pages.reduce((sum, size) => sum + size)).toBe(20);
  });

  it.each([
    ['of everything', false],
    ['of what changed', true],
  ])(
    '8.5 an export %s goes on after any of its cursors, with nothing twice and nothing missing',
    async (_, isSince) => {
      await catalog.put('team/core');
      for (let n = 0; n < 450; n++) await catalog.put(`repo/gone-${n}`);
      await catalog.age();
      await catalog.db.query(`delete from tidemark.entity where identifier like 'gone-%'`);
      await fill(650);
      const options = { deleted: true, ...(isSince ? { msince: await catalog.recently() } : {}) };
      const whole = await catalog.lines(options);
      const content = (lines: readonly ExportLine[]) => lines.filter(({ type }) => type !== 'cursor');
      const cursors = whole.flatMap((line, index) => (line.type === 'cursor' ? [{ index, cursor: line.cursor }] : []));
      expect(cursors.length).toBeGreaterThan(4);
      expect(content(whole)).toHaveLength(651 + 450 + 1);
      for (const { index, cursor } of cursors) {
        const rest = await catalog.lines({ ...options, cursor });
        expect(content(rest)).toEqual(content(whole.slice(index)));
      }
    },
  );

  it('8.5 refuses a cursor that is none, one of another export, and one that is too old', async () => {
    await fill(300);
    const cursor = (await catalog.lines()).find((line) => line.type === 'cursor')?.cursor as string;
    await expect(catalog.lines({ cursor: 'nonsense' })).rejects.toThrow('not one that an export handed out');
    await expect(catalog.lines({ cursor, blueprint: 'repo' })).rejects.toThrow('an export of another blueprint');
    await catalog.db.query(`update tidemark.export set started_at = now() - interval '25 hours'`);
    await catalog.client.forgetExpired();
    await expect(catalog.lines({ cursor })).rejects.toThrow(GoneError);
  });
});
