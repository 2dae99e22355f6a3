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

  async names(): Promise<string[]> {
    return (await this.rig.client.entities({ limit: 10_000 })).map(({ identifier }) => identifier).sort();
  }
}

describe('8.6 two Tidemarks', () => {
  it('one reads the other: everything first, then what changed; what is gone there goes in a full run', async () => {
    const [a, b] = [await Instance.start(), await Instance.start()];
    await a.put(...Array.from({ length: 1_250 }, (_, n) => `a${String(n).padStart(4, '0')}`));
    await b.reads(a);
    expect(await b.sync()).toMatchObject({ pages: 2, read: 1_250, created: 1_250 });
    await a.put('new');
    await a.remove('a0000');
    expect(await b.sync('last')).toMatchObject({ created: 1, deleted: 0 });
    expect(await b.sync()).toMatchObject({ read: 1_250, created: 0, updated: 0, deleted: 1 });
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

  it('7.4 with NEWER hold the later of two edits, whichever side reads first', async () => {
    const [a, b] = [await Instance.start(), await Instance.start()];
    const edit = (at: Instance, identifier: string, title: string) =>
      at.rig.client.edit({ blueprint: 'service', identifier }, { title });
    await a.put('x', 'y');
    await a.reads(b, { resolution: 'newer' });
    await b.reads(a, { resolution: 'newer' });
    await b.sync();
    await edit(a, 'x', 'from a, first');
    await edit(b, 'x', 'from b, later');
    await edit(b, 'y', 'from b, first');
    await edit(a, 'y', 'from a, later');
    for (let round = 0; round < 2; round++) {
      await a.sync();
      await b.sync();
    }
    for (const instance of [a, b]) {
      const titles = (await instance.rig.client.entities({ limit: 10 })).map(({ title }) => title);
      expect(titles.sort()).toEqual(['from a, later', 'from b, later']);
    }
  });
});
