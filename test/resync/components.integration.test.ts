import { afterEach, describe, expect, it } from 'vitest';
import type { ExportedRecord } from '../../domain/export.ts';
import type { RawRecord } from '../../domain/json.ts';
import { configureHttp, type HttpIntegration, httpRig } from '../support/http-rig.ts';
import { answer, type RestServer, serveRest, status } from '../support/rest-server.ts';
import { kindOf, type Rig } from '../support/rig.ts';

let rig: Rig | undefined;
let server: RestServer | undefined;
afterEach(async () => {
  await rig?.close();
  await server?.close();
  rig = undefined;
  server = undefined;
});

/** Repositories with their branches, listed and looked up. */
class Forge {
  readonly repositories = new Map<string, string[]>();

  record(name: string): RawRecord {
    return { name, branches: (this.repositories.get(name) ?? []).map((branch) => ({ name: branch, of: name })) };
  }

  async serve(): Promise<RestServer> {
    server = await serveRest(({ path }) => {
      const [, , name] = path.split('/');
      if (name === undefined) return answer([...this.repositories.keys()].map((each) => this.record(each)));
      return this.repositories.has(name) ? answer(this.record(name)) : status(404);
    });
    return server;
  }
}

function integrationOf(url: string, policy = {}): HttpIntegration {
  return {
    source: {
      url,
      kinds: {
        repository: {
          path: '/repositories',
          paging: 'none',
          recordKey: 'name',
          lookup: '/repositories/{key}',
        },
      },
    },
    resources: [
      {
        kind: 'repository',
        entity: { identifier: 'name', blueprint: '"repo"' },
        policy,
        components: [
          {
            items: 'branches',
            entity: { identifier: 'name & "/" & item.name', blueprint: '"branch"', title: 'item.name' },
          },
        ],
      },
    ],
    deletes: { maxShare: 1, emptySource: 'delete' },
  };
}

async function world(repositories: Readonly<Record<string, readonly string[]>>, policy = {}) {
  const forge = new Forge();
  for (const [name, branches] of Object.entries(repositories)) forge.repositories.set(name, [...branches]);
  const { url } = await forge.serve();
  rig = await httpRig(integrationOf(url, policy));
  return { forge, url, rig };
}

const names = async (of: Rig): Promise<string[]> => [...(await of.entities()).keys()].sort();

async function exported(of: Rig, msince?: string) {
  const records: [string, string[]][] = [];
  let next = '';
  for await (const line of of.client.export({ msince })) {
    if (line.type === 'entity') records.push([line.identifier, componentsOf(line)]);
    if (line.type === 'end') next = line.msince;
  }
  return { records, next };
}

const componentsOf = ({ components }: ExportedRecord): string[] => components.map(({ identifier }) => identifier);

describe('components of records', () => {
  it('8.2 S2.5 are written with their record and go when it lacks them; each change is one of the record', async () => {
    const { forge, rig } = await world({ a: ['main', 'next'], b: ['main'] });
    await rig.resync();
    expect(await names(rig)).toEqual(['branch/a/main', 'branch/a/next', 'branch/b/main', 'repo/a', 'repo/b']);
    expect((await rig.entities()).get('branch/a/main')).toMatchObject({
      title: 'main',
      parent: { blueprint: 'repo', identifier: 'a' },
    });
    const first = await exported(rig);
    expect(first.records).toEqual([
      ['a', ['a/main', 'a/next']],
      ['b', ['b/main']],
    ]);
    // The next msince is a second, in which this catalog was filled.
    await rig.db.query(
      `set session_replication_role = replica; update tidemark.entity set changed_at = now() - interval '1 hour'; reset session_replication_role`,
    );
    const since = await exported(rig, first.next);
    expect(since.records).toEqual([]);
    forge.repositories.get('a')?.splice(1, 1);
    forge.repositories.get('b')?.push('dev');
    const run = await rig.resync();
    expect(kindOf(run, 'repository')).toMatchObject({ read: 2, created: 1, deleted: 1, unchanged: 4 });
    expect((await exported(rig, first.next)).records.sort()).toEqual([
      ['a', ['a/main']],
      ['b', ['b/dev', 'b/main']],
    ]);
    forge.repositories.delete('b');
    await rig.resync();
    expect(await names(rig)).toEqual(['branch/a/main', 'repo/a']);
  });

  it('6.6 follow calls with raw records as well', async () => {
    const { forge, rig } = await world({ a: ['main'] });
    const options = { origin: 'sdk', wait: true } as const;
    await rig.client.registerRaw(rig.integration, 'repository', [forge.record('a')], options);
    expect(await names(rig)).toEqual(['branch/a/main', 'repo/a']);
    const before = forge.record('a');
    forge.repositories.set('a', ['trunk']);
    await rig.client.updateRawDiff(
      rig.integration,
      'repository',
      { before: [before], after: [forge.record('a')] },
      options,
    );
    expect(await names(rig)).toEqual(['branch/a/trunk', 'repo/a']);
    await rig.client.unregisterRaw(rig.integration, 'repository', [forge.record('a')], options);
    expect(await names(rig)).toEqual([]);
  });

  it('S2.9 S2.8 7.1 an empty strategy skips a record and its components', async () => {
    const { rig } = await world({ a: ['main', 'next'] }, { strategy: [] });
    const run = await rig.resync();
    expect(kindOf(run, 'repository')).toMatchObject({ created: 0, skipped: 3 });
    expect(await names(rig)).toEqual([]);
  });

  it('S2.9 S2.11 S2.13 7.1 what the strategy skips is skipped with its components, which count as seen', async () => {
    const { forge, url, rig } = await world({ known: ['main'] });
    await rig.resync();
    forge.repositories.set('new', ['main']);
    await configureHttp(rig, integrationOf(url, { strategy: ['update'] }));
    const updates = await rig.resync();
    // Without create: the unknown record is skipped whole; of the known one nothing may be created either.
    expect(kindOf(updates, 'repository')).toMatchObject({ created: 0, skipped: 2, unchanged: 2, deleted: 0 });
    expect(await names(rig)).toEqual(['branch/known/main', 'repo/known']);
    await configureHttp(rig, integrationOf(url, { strategy: ['create'] }));
    forge.repositories.set('known', ['main', 'next']);
    const creates = await rig.resync();
    // Without update: the known record is ignored with its components, a new one of them too.
    expect(kindOf(creates, 'repository')).toMatchObject({ created: 2, skipped: 3, updated: 0, deleted: 0 });
    expect(await names(rig)).toEqual(['branch/known/main', 'branch/new/main', 'repo/known', 'repo/new']);
  });
});
