import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../config/load.ts';
import type { RawRecord } from '../../domain/json.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { Rig } from '../support/rig.ts';

const wait = { origin: 'sdk', wait: true } as const;

describe('raw calls and the mapping', () => {
  let rig: Rig;
  let other: string;
  const source = generated({ organizations: 1, repositories: 2, pullRequests: 0, repositoriesWithPulls: 0 });

  /** Two mappings of repositories, one of organizations; the same for another integration. */
  beforeAll(async () => {
    rig = await Rig.start({ store: source.store, organizations: source.organizations });
    other = `${rig.integration}-b`;
    const document = JSON.parse(rig.configurationText());
    const { resources, ...rest } = document.integrations[rig.integration];
    const [organization, repository] = resources;
    repository.selector.query = '$not(archived = true)';
    const short = { ...repository, entity: { identifier: 'name', blueprint: '"short"' } };
    document.integrations = {
      [rig.integration]: { ...rest, resources: [organization, repository, short] },
      [other]: { ...rest, resources: [repository] },
    };
    const file = { file: 'test.yaml', text: JSON.stringify(document) };
    await rig.client.importConfiguration(loadConfiguration(file, configurationContext({})));
  });
  beforeEach(() =>
    rig.db.query('delete from tidemark.entity; delete from tidemark.claim; delete from tidemark.tombstone'),
  );
  afterAll(() => rig?.close());

  const row = (name: string, more: RawRecord = {}): RawRecord => ({
    node_id: `R_${name}`,
    full_name: `acme/${name}`,
    name,
    ...more,
  });
  const keys = async () => [...(await rig.entities()).keys()].sort();
  const register = (rows: RawRecord[], kind = 'repository', integration = rig.integration) =>
    rig.client.registerRaw(integration, kind, rows, wait);
  const unregister = (rows: RawRecord[], integration = rig.integration) =>
    rig.client.unregisterRaw(integration, 'repository', rows, wait);

  it('S0.40 all mappings of the kind apply', async () => {
    await register([row('a')]);
    expect(await keys()).toEqual(['repository/acme/a', 'short/a']);
    expect(await unregister([row('a')])).toMatchObject({ result: { deleted: 2 } });
  });

  it('S0.29 the kind selects the mapping; an unknown one is refused, with those that there are', async () => {
    await register([{ node_id: 'O_1', login: 'a', full_name: 'acme/a', name: 'a' }], 'organization');
    expect(await keys()).toEqual(['organization/a']);
    await expect(register([row('a')], 'branch')).rejects.toThrow(
      'has no kind branch; it has: organization, repository',
    );
  });

  it('S0.4 S0.5 an entity goes when every integration that created or changed it let go', async () => {
    await rig.db.query(
      `insert into tidemark.entity (blueprint, identifier, fields) values ('repository', 'acme/hand', '{"title": "x"}')`,
    );
    await register([row('a')], 'repository', other);
    // Neither has made it: nothing happens.
    await unregister([row('a'), row('hand')]);
    expect(await keys()).toEqual(['repository/acme/a', 'repository/acme/hand']);
    await register([row('a', { language: 'Go' })]);
    await unregister([row('a')], other);
    expect(await keys()).toContain('repository/acme/a');
    await unregister([row('a')]);
    expect(await keys()).toEqual(['repository/acme/hand']);
  });

  it('6.5 the query rules out what is registered, and is ignored for what is unregistered', async () => {
    await register([row('a'), row('b', { archived: true })]);
    expect(await keys()).toEqual(['repository/acme/a', 'short/a']);
    expect(await unregister([row('a', { archived: true })])).toMatchObject({ result: { deleted: 2 } });
  });

  it('6.6 a record without a key of its own is known by what it maps to', async () => {
    await register([row('a'), row('b')]);
    const { node_id: _, ...keyless } = row('a');
    expect(await unregister([keyless])).toMatchObject({ result: { deleted: 2 } });
    expect(await keys()).toEqual(['repository/acme/b', 'short/b']);
  });

  it('6.6 a renamed record in a difference: the former entity goes, the new one comes', async () => {
    await register([row('a')]);
    const difference = { before: [row('a')], after: [row('a', { full_name: 'acme/z', name: 'z' })] };
    const report = await rig.client.updateRawDiff(rig.integration, 'repository', difference, wait);
    expect(report).toMatchObject({ result: { created: 2, deleted: 2 } });
    expect(await keys()).toEqual(['repository/acme/z', 'short/z']);
  });

  it('1.4 a record that has no identity after a difference is quarantined, and its entities stay', async () => {
    await register([row('a')]);
    const difference = { before: [row('a')], after: [{ node_id: 'R_a' }] };
    const report = await rig.client.updateRawDiff(rig.integration, 'repository', difference, wait);
    expect(report).toMatchObject({ state: 'applied', result: { deleted: 0, quarantined: 2 } });
    expect(await keys()).toEqual(['repository/acme/a', 'short/a']);
    const quarantined = await rig.client.quarantine(rig.integration, 10);
    expect(quarantined.map(({ key, stage }) => ({ key, stage }))).toEqual(
      Array(2).fill({ key: 'R_a', stage: 'identifier' }),
    );
    // With neither key nor identity there is nothing to unregister.
    expect(await unregister([{ nothing: true }])).toMatchObject({ result: { deleted: 0, unidentified: 2 } });
  });

  it('S0.13 S0.33 S0.41 S0.44 the calls of a web hook of ones own, and a resync of all after it', async () => {
    const hook = { origin: 'webhook', wait: true } as const;
    const [first] = source.store.repositories();
    await rig.client.registerRaw(rig.integration, 'repository', [row('a'), first as RawRecord], hook);
    await rig.client.updateRawDiff(rig.integration, 'repository', { before: [row('a')], after: [row('b')] }, hook);
    await rig.client.unregisterRaw(rig.integration, 'repository', [row('b')], hook);
    expect(await keys()).toEqual([`repository/${first?.full_name}`, `short/${first?.name}`]);
    const trigger = await rig.client.syncRawAll(rig.integration, { origin: 'webhook' });
    const run = await rig.client.followTrigger(trigger);
    expect(run).toMatchObject({ outcome: 'complete', action: 'resync', scope: { kinds: null, since: null } });
    expect(await keys()).toHaveLength(1 + 2 * 2);
  });
});
