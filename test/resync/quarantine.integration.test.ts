import { afterEach, describe, expect, it } from 'vitest';
import type { RawRecord } from '../../domain/json.ts';
import type { RunReport } from '../../domain/run.ts';
import { type Generated, generated } from '../../examples/github-server/generated.ts';
import { kindOf, Rig } from '../support/rig.ts';

describe('6.8 quarantine', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  /** A mapping of repositories by which the identifiers of these cannot be evaluated. */
  const broken = (records: readonly RawRecord[]) => {
    const names = records.map(({ full_name }) => JSON.stringify(full_name)).join(', ');
    const identifier = `full_name in [${names}] ? null : full_name`;
    const properties = { language: 'language' };
    return { repository: { entity: { identifier, blueprint: '"repository"', title: 'name', properties } } };
  };

  /** A source of ten repositories, read: the first three of them lie in quarantine. */
  async function synced(): Promise<{ rig: Rig; source: Generated; bad: RawRecord[] }> {
    const source = generated({ organizations: 1, repositories: 10, pullRequests: 0, repositoriesWithPulls: 0 });
    const { store, organizations } = source;
    const bad = store.repositoriesOf('org-0').slice(0, 3);
    const resources = { organization: null, 'pull-request': null, ...broken(bad) };
    rig = await Rig.start({ store, organizations, resources });
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ created: 7, quarantined: 3 });
    return { rig, source, bad };
  }

  const retry = async (rig: Rig): Promise<RunReport> =>
    rig.client.followTrigger(await rig.client.retryQuarantine(rig.integration, { origin: 'sdk' }));

  const keysOf = (records: readonly RawRecord[]): string[] => records.map(({ node_id }) => String(node_id)).sort();

  const inQuarantine = async (rig: Rig): Promise<string[]> =>
    (await rig.client.quarantine(rig.integration, 100)).map(({ key }) => key).sort();

  const entityKey = ({ full_name }: RawRecord): string => `repository/${full_name}`;

  it('6.8 keeps the raw record, where it failed and why, and when it was first and last seen', async () => {
    const { rig, bad } = await synced();
    const [first] = await rig.client.quarantine(rig.integration, 1);
    const again = await rig.resync();
    expect(kindOf(again, 'repository')).toMatchObject({ unchanged: 7, quarantined: 3 });
    const listed = await rig.client.quarantine(rig.integration, 100);
    expect(listed.map(({ key }) => key).sort()).toEqual(keysOf(bad));
    for (const record of listed) {
      expect(record).toMatchObject({ kind: 'repository', resource: 'repository', stage: 'identifier' });
      expect(record.reason).toContain('identifier');
      expect(JSON.parse(record.raw)).toEqual(bad.find(({ node_id }) => node_id === record.key));
      expect(record.firstSeen).toBe(first?.firstSeen);
      expect(record.lastSeen > record.firstSeen).toBe(true);
    }
    expect((await rig.client.status(rig.integration))[0]?.quarantined).toBe(3);
  });

  it('6.8 a retry with a mended mapping brings the entities with their original observation, and what fails stays', async () => {
    const { rig, source, bad } = await synced();
    const before = await rig.client.quarantine(rig.integration, 100);
    // Only the source's next answer would tell; a retry asks nobody.
    source.store.putRepository({ ...(bad[0] as RawRecord), language: 'COBOL' });
    source.store.removeRepository(String(source.store.repositoriesOf('org-0')[5]?.full_name));
    await rig.configure({ ...rig.resources, ...broken(bad.slice(2)) });
    const requests = rig.server.requests.length;
    const run = await retry(rig);
    expect(rig.server.requests).toHaveLength(requests);
    expect(run).toMatchObject({ outcome: 'complete', action: 'retry' });
    expect(run.kinds).toMatchObject([
      { kind: 'repository', state: 'complete', read: 3, created: 2, quarantined: 1, deleted: 0 },
    ]);
    const entities = await rig.entities();
    expect(entities.size).toBe(9);
    expect(entities.get(entityKey(bad[0] as RawRecord))?.properties.language).toBe(bad[0]?.language);
    const claims = await rig.db.query<{ key: string; observed: Date }>(
      'select record_key as key, observed_at as observed from tidemark.claim where record_key = any ($1) order by 1',
      [keysOf(bad.slice(0, 2))],
    );
    expect(claims.map(({ key, observed }) => [key, new Date(observed).getTime()])).toEqual(
      keysOf(bad.slice(0, 2)).map((key) => [
        key,
        Math.floor(Date.parse(String(before.find((record) => record.key === key)?.lastSeen))),
      ]),
    );
    const left = await rig.client.quarantine(rig.integration, 100);
    const stays = before.filter(({ key }) => key === bad[2]?.node_id);
    // By the mapping of today.
    expect(left).toEqual(stays.map((record) => ({ ...record, reason: left[0]?.reason })));
    expect(left[0]?.reason).not.toBe(stays[0]?.reason);

    // The next resync sees what has changed since. While one record has no identity it could be the one that is gone.
    const next = kindOf(await rig.resync(), 'repository');
    expect(next).toMatchObject({ created: 0, updated: 1, quarantined: 1, unidentified: 1, deleted: 0 });
    await rig.configure({ ...rig.resources, repository: {} });
    expect(kindOf(await rig.resync(), 'repository')).toMatchObject({ created: 1, quarantined: 0, deleted: 1 });
  });

  it('6.8 a retry by the same mapping changes nothing, how often it may be', async () => {
    const { rig, bad } = await synced();
    const before = await rig.client.quarantine(rig.integration, 100);
    for (let times = 0; times < 2; times++) {
      expect(await retry(rig)).toMatchObject({ outcome: 'complete', kinds: [{ quarantined: 3, created: 0 }] });
    }
    expect(await rig.client.quarantine(rig.integration, 100)).toEqual(before);
    expect(await inQuarantine(rig)).toEqual(keysOf(bad));
  });

  it('6.8 a retry of more records than one activity takes up', async () => {
    const { rig } = await synced();
    await rig.db.query(
      `insert into tidemark.quarantine (integration, resource, key, kind, stage, reason, raw, first_seen, last_seen, last_epoch)
       select integration, resource, 'copy ' || n, kind, stage, reason,
              raw::jsonb || jsonb_build_object('node_id', 'copy ' || n, 'full_name', 'org-0/copy-' || n), first_seen, last_seen, last_epoch
         from generate_series(1, 450) n, (select * from tidemark.quarantine limit 1) q`,
    );
    const run = await retry(rig);
    expect(run.kinds).toMatchObject([{ read: 453, created: 450, quarantined: 3 }]);
    expect(await inQuarantine(rig)).toHaveLength(3);
    expect((await rig.entities()).size).toBe(457);
  });

  it('6.8 a retry with nothing to do is complete and says so', async () => {
    const { rig, source } = await synced();
    for (const { full_name } of source.store.repositoriesOf('org-0').slice(0, 3))
      source.store.removeRepository(String(full_name));
    await rig.resync();
    expect(await inQuarantine(rig)).toEqual([]);
    expect(await retry(rig)).toMatchObject({ outcome: 'complete', reason: 'nothing lies in quarantine', kinds: [] });
  });

  it('6.8 a record that the mended query rules out leaves the quarantine', async () => {
    const { rig, source } = await synced();
    const selector = { organizations: source.organizations, query: 'false' };
    await rig.configure({ ...rig.resources, repository: { selector } });
    expect(await retry(rig)).toMatchObject({ outcome: 'complete', kinds: [{ read: 3, ruledOut: 3, deleted: 0 }] });
    expect(await inQuarantine(rig)).toEqual([]);
    expect((await rig.entities()).size).toBe(7);
  });

  it('6.8 3.5 a retry makes no plan void', async () => {
    const { rig, source } = await synced();
    source.store.removeRepository(String(source.store.repositoriesOf('org-0')[5]?.full_name));
    const held = await rig.resync();
    expect(held.outcome).toBe('held');
    expect(await retry(rig)).toMatchObject({ outcome: 'complete', kinds: [{ quarantined: 3, deleted: 0 }] });
    const plan = String(kindOf(held, 'repository').plan);
    expect(await rig.client.plans(rig.integration, 10)).toMatchObject([{ plan, state: 'open' }]);
    const approval = await rig.client.approve(rig.integration, plan, { origin: 'sdk' });
    expect((await rig.client.followTrigger(approval)).kinds).toMatchObject([{ deleted: 1 }]);
  });
});
