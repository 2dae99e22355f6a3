import { afterEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../config/load.ts';
import { GitHubStore } from '../../examples/github-server/store.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { kindOf, Rig, TOKEN } from '../support/rig.ts';

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

/** A Tidemark of its own: database, worker and server. Programs feed it by calls. */
class Instance {
  readonly rig: Rig;
  readonly url: string;

  private constructor(rig: Rig, url: string) {
    this.rig = rig;
    this.url = url;
  }

  static async start(): Promise<Instance> {
    const rig = await Rig.start({ store: new GitHubStore(), organizations: ['nobody'] });
    rigs.push(rig);
    return new Instance(rig, (await rig.startServer()).url);
  }

  /** Has it read services and their ports from another one. */
  async reads(other: Instance, policy: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const peer = {
      source: { type: 'tidemark', baseUrl: other.url, accessToken: TOKEN, blueprints: ['service'] },
      resources: [
        {
          kind: 'service',
          entity: {
            identifier: 'identifier',
            blueprint: 'blueprint',
            title: 'title',
            properties: { tier: 'properties.tier' },
            modifiedAt: 'modifiedAt',
          },
          policy,
        },
      ],
      deletes: { maxShare: 1, emptySource: 'delete' },
      checkpointOverlap: '0s',
    };
    const text = JSON.stringify({ integrations: { peer } });
    await this.rig.client.importConfiguration(loadConfiguration({ file: 'test.yaml', text }, configurationContext({})));
  }

  async sync(since?: string) {
    const trigger = await this.rig.client.resync('peer', { origin: 'sdk', since });
    const run = await this.rig.client.followTrigger(trigger);
    expect(run).toMatchObject({ outcome: 'complete', reason: null });
    return kindOf(run, 'service');
  }

  async put(...identifiers: readonly string[]): Promise<void> {
    const entities = identifiers.map((identifier) => ({ blueprint: 'service', identifier, title: identifier }));
    await this.rig.client.register(this.rig.integration, entities, { origin: 'sdk', wait: true });
  }

  async remove(...identifiers: readonly string[]): Promise<void> {
    const entities = identifiers.map((identifier) => ({ blueprint: 'service', identifier }));
    await this.rig.client.unregister(this.rig.integration, entities, { origin: 'sdk', wait: true });
  }

  /** One call of a program: these records, with this content. */
  async write(records: readonly { identifier: string; title: string; tier: string }[]): Promise<void> {
    const entities = records.map(({ identifier, title, tier }) => {
      return { blueprint: 'service', identifier, title, properties: { tier } };
    });
    await this.rig.client.register(this.rig.integration, entities, { origin: 'sdk', wait: true });
  }

  async names(): Promise<string[]> {
    return (await this.rig.client.entities({ limit: 10_000 })).map(({ identifier }) => identifier).sort();
  }
}

describe('8.6 two Tidemarks', () => {
  it('one reads the other: everything first, then what changed; and what is gone there', async () => {
    const [a, b] = [await Instance.start(), await Instance.start()];
    await a.put(...Array.from({ length: 1_250 }, (_, n) => `a${String(n).padStart(4, '0')}`));
    await b.reads(a);
    expect(await b.sync()).toMatchObject({ pages: 2, read: 1_250, created: 1_250 });
    await a.put('new');
    await a.remove('a0000');
    expect(await b.sync('last')).toMatchObject({ created: 1, deleted: 1 });
    expect(await b.sync()).toMatchObject({ read: 1_250, created: 0, updated: 0, deleted: 0 });
    expect(await b.names()).toEqual(await a.names());
  });

  it('that read each other hold the same, send nothing back, and keep nothing alive for each other', async () => {
    const [a, b] = [await Instance.start(), await Instance.start()];
    await a.put('a1', 'a2', 'both');
    await b.put('b1', 'both');
    await a.reads(b);
    await b.reads(a);
    await a.sync();
    await b.sync();
    expect(await a.names()).toEqual(['a1', 'a2', 'b1', 'both']);
    expect(await b.names()).toEqual(['a1', 'a2', 'b1', 'both']);
    // Only what each holds by itself is read from it: no echo.
    expect(await a.sync()).toMatchObject({ read: 2, created: 0, updated: 0 });
    expect(await b.sync()).toMatchObject({ read: 3, created: 0, updated: 0 });
    await a.remove('a1', 'both');
    await b.remove('b1');
    for (let round = 0; round < 2; round++) {
      await a.sync();
      await b.sync();
    }
    // What its true source deleted is gone everywhere; what one of two sources deleted is not.
    expect(await a.names()).toEqual(['a2', 'both']);
    expect(await b.names()).toEqual(['a2', 'both']);
  });

  describe('7.4 with NEWER', () => {
    const edit = (at: Instance, identifier: string, content: { title?: string; properties?: Record<string, string> }) =>
      at.rig.client.edit({ blueprint: 'service', identifier }, content);

    const contents = async (at: Instance): Promise<unknown[]> =>
      (await at.rig.client.entities({ limit: 100 })).map(({ identifier, title, properties }) => {
        return { identifier, title, tier: properties.tier ?? null };
      });

    /** Two that hold the same records, each half of them its own, and have edited every field. */
    async function pair(): Promise<[Instance, Instance]> {
      const [a, b] = [await Instance.start(), await Instance.start()];
      await a.put('a1', 'a2', 'a3');
      await b.put('b1', 'b2', 'b3');
      await a.reads(b, { resolution: 'newer' });
      await b.reads(a, { resolution: 'newer' });
      for (const name of ['a1', 'a2', 'a3']) await edit(a, name, { title: 'begin', properties: { tier: 'begin' } });
      for (const name of ['b1', 'b2', 'b3']) await edit(b, name, { title: 'begin', properties: { tier: 'begin' } });
      await a.sync();
      await b.sync();
      return [a, b];
    }

    it('random edits of both sides come to the same, the later edit of each field', async () => {
      const [a, b] = await pair();
      const expected = new Map<string, { title: string; tier: string }>();
      const random = randomFrom(7);
      for (let n = 0; n < 100; n++) {
        const name = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'][random(6)] as string;
        const field = random(2) === 0 ? 'title' : 'tier';
        const value = `edit ${n}`;
        const before = expected.get(name) ?? { title: 'begin', tier: 'begin' };
        expected.set(name, { ...before, [field]: value });
        await edit(
          random(2) === 0 ? a : b,
          name,
          field === 'title' ? { title: value } : { properties: { tier: value } },
        );
        if (n % 25 === 24) await (random(2) === 0 ? a : b).sync();
      }
      for (const at of [a, b, a]) await at.sync();
      const wanted = [...expected].map(([identifier, content]) => ({ identifier, ...content })).sort(byIdentifier);
      expect(await contents(a)).toEqual(wanted);
      expect(await contents(b)).toEqual(wanted);
      // Nothing is left to say to each other.
      expect(await a.sync()).toMatchObject({ created: 0, updated: 0 });
      expect(await b.sync()).toMatchObject({ created: 0, updated: 0 });
    });

    it('8.6 500 random edits and deletes, 20 syncs each way: equal at the end, and what its source deleted is gone', async () => {
      const [a, b] = [await Instance.start(), await Instance.start()];
      await a.reads(b, { resolution: 'newer' });
      await b.reads(a, { resolution: 'newer' });
      const random = randomFrom(11);
      const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
      const sides: [Side, Side] = [
        { at: a, own: Array.from({ length: 20 }, (_, n) => `a${n}`), syncs: 0 },
        { at: b, own: Array.from({ length: 20 }, (_, n) => `b${n}`), syncs: 0 },
      ];
      // Sources that both sides have: one's delete is not the other's.
      const shared = ['s0', 's1', 's2', 's3'];
      let step = 0;
      /** When the record's source last wrote or deleted it; when people last edited it, here and on the other side. */
      const written = new Map<string, { step: number; deleted: boolean }>();
      const edited = { own: new Set<string>(), other: new Map<string, number>() };

      async function change({ at, own }: Side): Promise<void> {
        step += 1;
        const names = random(8) === 0 ? shared : own;
        const chosen = pick(['edit', 'edit', 'edit', 'edit', 'write', 'remove']);
        if (chosen !== 'edit') {
          const identifier = pick(names);
          written.set(identifier, { step, deleted: chosen === 'remove' });
          if (chosen === 'remove') return at.remove(identifier);
          return at.write([{ identifier, title: `written ${step}`, tier: pick(['gold', 'silver']) }]);
        }
        // Half of a source's records are edited on their own side as well: people then keep them there (1.2).
        const identifier = pick(
          (await at.names()).filter((name) => !own.includes(name) || Number(name.slice(1)) % 2 === 0),
        );
        if (identifier === undefined) return;
        if (own.includes(identifier)) edited.own.add(identifier);
        else edited.other.set(identifier, step);
        await edit(
          at,
          identifier,
          random(2) === 0 ? { title: `edit ${step}` } : { properties: { tier: `edit ${step}` } },
        );
      }

      for (const { at, own } of sides) {
        await at.write(own.map((identifier) => ({ identifier, title: 'begin', tier: 'begin' })));
        for (const identifier of own) written.set(identifier, { step, deleted: false });
      }
      while (sides.some(({ syncs }) => syncs < 18)) {
        const side = pick(sides.filter(({ syncs }) => syncs < 18));
        side.syncs += 1;
        const until = ((sides[0].syncs + sides[1].syncs) * 500) / 36;
        while (step < until) await change(pick(sides));
        await side.at.sync(side.syncs === 1 ? undefined : 'last');
      }
      for (const { at } of [...sides, ...sides]) await at.sync('last');

      const held = await contents(a);
      expect(await contents(b)).toEqual(held);
      const names = (held as { identifier: string }[]).map(({ identifier }) => identifier);
      const own = sides.flatMap((side) => side.own);
      const deleted = own.filter((name) => written.get(name)?.deleted && !edited.own.has(name));
      const editedLater = (name: string) => (edited.other.get(name) ?? 0) > (written.get(name)?.step ?? 0);
      expect(names.filter((name) => deleted.includes(name) && !editedLater(name))).toEqual([]);
      expect(deleted.filter((name) => !editedLater(name)).length).toBeGreaterThan(3);
      expect(names).toEqual(expect.arrayContaining(own.filter((name) => !written.get(name)?.deleted)));
      expect(names).toEqual(expect.arrayContaining([...edited.own]));
      // Nothing is left to say to each other, also not in full.
      for (const { at } of sides) expect(await at.sync()).toMatchObject({ created: 0, updated: 0, deleted: 0 });
    }, 180_000);

    it('8.6 edits of the same time come to the same on both sides', async () => {
      const [a, b] = await pair();
      await edit(a, 'a1', { title: 'of a' });
      await edit(b, 'a1', { title: 'of b' });
      const times = `jsonb_set(field_times, '{title}', '"2099-01-01T00:00:00.000Z"')`;
      for (const { rig } of [a, b]) {
        await rig.db.query(
          `update tidemark.entity set field_times = ${times}, modified_at = '2099-01-01' where identifier = 'a1'`,
        );
      }
      for (const at of [b, a, b]) await at.sync();
      const [title] = (await contents(a)) as { title: string }[];
      expect(title).toMatchObject({ identifier: 'a1', title: 'of b' });
      expect(await contents(b)).toEqual(await contents(a));
    });
  });
});

interface Side {
  readonly at: Instance;
  /** The records of its own source. */
  readonly own: readonly string[];
  syncs: number;
}

/** A fixed series of numbers below what is asked for. */
function randomFrom(start: number): (below: number) => number {
  let seed = start;
  return (below) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
}

const byIdentifier = (a: { identifier: string }, b: { identifier: string }): number =>
  a.identifier < b.identifier ? -1 : 1;
