import { afterEach, describe, expect, it } from 'vitest';
import { type Generated, generated } from '../../examples/github-server/generated.ts';
import { kindOf, Rig, type RigOptions } from '../support/rig.ts';

describe('a resync', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  async function start(
    sizes: Parameters<typeof generated>[0],
    options: Partial<RigOptions> = {},
  ): Promise<{ rig: Rig; source: Generated }> {
    const source = generated(sizes);
    const organizations = [...source.organizations, source.pullsOrganization];
    // Pull requests are listed by repository: so the lists of org-0 and org-1 are read for kind repository alone.
    const pulls = { selector: { organizations: [source.pullsOrganization], state: 'all' } };
    rig = await Rig.start({ store: source.store, organizations, resources: { 'pull-request': pulls }, ...options });
    return { rig, source };
  }

  const SMALL = { organizations: 2, repositories: 230, pullRequests: 60, repositoriesWithPulls: 3 };

  it('S1.5 S3.25 reads every kind, creates what is new, and a second run writes nothing', async () => {
    const { rig, source } = await start(SMALL);
    const first = await rig.resync();
    expect(first.outcome).toBe('complete');
    expect(kindOf(first, 'organization')).toMatchObject({ state: 'complete', read: 3, created: 3 });
    expect(kindOf(first, 'repository')).toMatchObject({ state: 'complete', read: 233, created: 233 });
    expect(kindOf(first, 'pull-request')).toMatchObject({ state: 'complete', read: 60, created: 60 });

    const second = await rig.resync();
    for (const kind of second.kinds)
      expect(kind).toMatchObject({ created: 0, updated: 0, deleted: 0, unchanged: kind.read });

    const entities = await rig.entities();
    expect(entities.size).toBe(296);
    const pull = [...entities.values()].find((entity) => entity.blueprint === 'pullRequest');
    const repository = entities.get(`repository/${pull?.relations.repository}`);
    expect(entities.get(`organization/${repository?.relations.organization}`)?.title).toBe(source.pullsOrganization);
  });

  it('S0.23 S1.6 3.2 deletes what is gone from the source once the source said so, and nothing else', async () => {
    const { rig, source } = await start(SMALL);
    await rig.resync();
    await rig.db.query(
      `insert into tidemark.entity (blueprint, identifier, fields) values ('repository', 'by/hand', '{}')`,
    );
    const gone = source.store.repositoriesOf('org-0').slice(3, 8);
    for (const { full_name } of gone) source.store.removeRepository(String(full_name));
    const before = rig.server.requests.length;
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ deleted: 5, created: 0, updated: 0, unchanged: 228 });
    const lookedUp = rig.server.requests.slice(before).filter((request) => request.route === 'repository');
    expect(lookedUp.map((request) => request.status)).toEqual([404, 404, 404, 404, 404]);
    const entities = await rig.entities();
    expect(entities.has('repository/by/hand')).toBe(true);
    for (const { full_name } of gone) expect(entities.has(`repository/${full_name}`)).toBe(false);
    expect(entities.size).toBe(296 - 5 + 1);
  });

  it('3.2 above the lookup limit a second listing settles the deletes', async () => {
    const { rig, source } = await start(SMALL, { settings: { deletes: { lookupLimit: 3 } } });
    await rig.resync();
    for (const { full_name } of source.store.repositoriesOf('org-0').slice(0, 5))
      source.store.removeRepository(String(full_name));
    const before = rig.server.requests.length;
    const run = await rig.resync();
    expect(kindOf(run, 'repository')).toMatchObject({ deleted: 5, read: 228 });
    const requests = rig.server.requests.slice(before);
    expect(requests.filter((request) => request.route === 'repository')).toEqual([]);
    const firstPages = requests.filter(
      ({ route, params, page }) => route === 'repositories' && params.organization === 'org-0' && page === 1,
    );
    expect(firstPages.length).toBe(2);
  });

  it.each([
    ['a lookup', 200, 'a record that no list shows any more is not deleted while it is there', 0],
    ['a second listing', 0, 'both listings have to miss it', 1],
  ])('3.7 with %s (lookupLimit %i) %s', async (_, lookupLimit, __, deleted) => {
    const { rig, source } = await start({ ...SMALL, organizations: 1 }, { settings: { deletes: { lookupLimit } } });
    await rig.resync();
    const hidden = source.store.repositoriesOf('org-0')[3];
    const inList = `${JSON.stringify(hidden)},`;
    const key = `repository/${hidden?.full_name}`;
    const hiddenFrom = (lists: number) => {
      rig.intercept = ({ route, page, params }) => {
        if (route !== 'repositories' || page !== 1 || params.organization !== 'org-0' || lists-- <= 0) return undefined;
        return {
          fault: 'alter',
          alter: (answer) => ({ ...answer, body: answer.body.toString().replace(inList, '') }),
        };
      };
    };
    hiddenFrom(1);
    expect(kindOf(await rig.resync(), 'repository')).toMatchObject({ deleted: 0, held: null });
    expect((await rig.entities()).has(key)).toBe(true);
    hiddenFrom(Number.POSITIVE_INFINITY);
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository').deleted).toBe(deleted);
    expect((await rig.entities()).has(key)).toBe(deleted === 0);
  });

  it('1.5 a value that became null at the source is null in the catalog', async () => {
    const { rig, source } = await start(SMALL);
    const repository = source.store.repositoriesOf('org-0').find((record) => record.license !== null);
    const key = `repository/${repository?.full_name}`;
    await rig.resync();
    expect((await rig.entities()).get(key)?.properties.license).toEqual(expect.any(String));
    source.store.putRepository({ ...repository, license: null });
    const run = await rig.resync();
    expect(kindOf(run, 'repository').updated).toBe(1);
    expect((await rig.entities()).get(key)?.properties).toHaveProperty('license', null);
  });

  it('a renamed record: its old entity goes, the new one comes', async () => {
    const { rig, source } = await start(SMALL);
    await rig.resync();
    const repository = source.store.repositoriesOf('org-1')[0];
    source.store.putRepository({ ...repository, name: 'renamed', full_name: 'org-1/renamed' });
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ created: 1, deleted: 1 });
    const entities = await rig.entities();
    expect(entities.has('repository/org-1/renamed')).toBe(true);
    expect(entities.has(`repository/${repository?.full_name}`)).toBe(false);
  });

  it('3.2 a record that is missed because another was removed from page 1 while the list was read is not deleted', async () => {
    const { rig, source } = await start({ ...SMALL, organizations: 1 });
    await rig.resync();
    const listed = source.store.repositoriesOf('org-0').map((record) => String(record.full_name));
    const removed = listed[10] as string;
    const missed = listed[100] as string;
    let done = false;
    rig.intercept = ({ route, page }) => {
      if (route !== 'repositories' || page !== 2 || done) return;
      done = true;
      source.store.removeRepository(removed);
      return undefined;
    };
    const before = rig.server.requests.length;
    const run = await rig.resync();
    expect(done).toBe(true);
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ deleted: 0 });
    // It was really missed: only the second look asked for it, by its id.
    const id = source.store.repository(missed)?.id;
    expect(rig.server.requests.slice(before).map((request) => request.path)).toContain(`/repositories/${id}`);
    expect((await rig.entities()).has(`repository/${missed}`)).toBe(true);

    // The other one was on page 1 when that was read; the next run finds it gone.
    expect(kindOf(await rig.resync(), 'repository')).toMatchObject({ deleted: 1 });
    const entities = await rig.entities();
    expect(entities.has(`repository/${missed}`)).toBe(true);
    expect(entities.has(`repository/${removed}`)).toBe(false);
  });

  it('S1.18 S1.20 S1.22 S1.23 S1.24 S1.25 S1.30 S1.31 2.3 a kind that fails for good stops alone, and nothing is deleted in its run', async () => {
    const { rig, source } = await start({ ...SMALL, organizations: 1, repositories: 450 });
    await rig.resync();
    const names = source.store.repositoriesOf('org-0').map((record) => String(record.full_name));
    for (const record of source.store.repositoriesOf('org-0'))
      source.store.putRepository({ ...record, language: 'COBOL' });
    source.store.removePullRequest(String(source.store.repositoriesOf('org-pulls')[0]?.full_name), 1);
    const gone = names[5] as string;
    source.store.removeRepository(gone);
    let failing = true;
    rig.intercept = ({ route, page }) =>
      failing && route === 'repositories' && page === 3
        ? { fault: 'answer', status: 500, body: { message: 'Server Error' } }
        : undefined;
    const before = rig.server.requests.length;
    const run = await rig.resync();
    expect(run.outcome).toBe('incomplete');
    expect(kindOf(run, 'repository')).toMatchObject({ state: 'failed', read: 200, updated: 200, deleted: 0 });
    expect(kindOf(run, 'repository').error).toContain('500');
    expect(kindOf(run, 'organization')).toMatchObject({ state: 'complete', read: 2 });
    expect(kindOf(run, 'pull-request')).toMatchObject({ state: 'complete', read: 59, deleted: 0 });
    const repositoryPages = rig.server.requests
      .slice(before)
      .filter(({ route, params }) => route === 'repositories' && params.organization !== source.pullsOrganization)
      .map(({ page }) => page);
    expect(repositoryPages).toEqual([1, 2, 3, 3, 3, 3, 3]);
    const afterFailure = await rig.entities();
    expect(afterFailure.has(`repository/${gone}`)).toBe(true);
    expect(afterFailure.get(`repository/${names[50]}`)?.properties.language).toBe('COBOL');
    expect(afterFailure.get(`repository/${names[350]}`)?.properties.language).not.toBe('COBOL');

    failing = false;
    const clean = await rig.resync();
    expect(clean.outcome).toBe('complete');
    expect(kindOf(clean, 'repository').deleted).toBe(1);
    expect(kindOf(clean, 'pull-request').deleted).toBe(1);
    const entities = await rig.entities();
    expect(entities.has(`repository/${gone}`)).toBe(false);
    expect(entities.get(`repository/${names[350]}`)?.properties.language).toBe('COBOL');
  });

  it('2.5 a second look that fails leaves the candidates in place and the run incomplete', async () => {
    const { rig, source } = await start(SMALL);
    await rig.resync();
    const gone = String(source.store.repositoriesOf('org-0')[0]?.full_name);
    source.store.removeRepository(gone);
    rig.intercept = ({ route }) => (route === 'repository' ? { fault: 'answer', status: 403 } : undefined);
    const run = await rig.resync();
    expect(run.outcome).toBe('incomplete');
    expect(run.reason).toContain('second look');
    expect((await rig.entities()).has(`repository/${gone}`)).toBe(true);
    rig.intercept = undefined;
    const clean = await rig.resync();
    expect(clean.outcome).toBe('complete');
    expect((await rig.entities()).has(`repository/${gone}`)).toBe(false);
  });

  it('3.2 a record that the second look found, but could not map, is not deleted', async () => {
    const { rig, source } = await start(SMALL);
    const query = '$exists(detail) ? "no boolean" : true';
    await rig.configure({ ...rig.resources, repository: { selector: { organizations: ['org-0', 'org-1'], query } } });
    await rig.resync();
    const hidden = source.store.repositoriesOf('org-0')[3];
    const inList = `${JSON.stringify(hidden)},`;
    rig.intercept = ({ route }) => ({
      fault: 'alter',
      alter: (answer) => {
        const body = answer.body.toString();
        // Missing from the list, and of another shape where it is looked up.
        return {
          ...answer,
          body: route === 'repository' ? body.replace('{', '{"detail":true,') : body.replace(inList, ''),
        };
      },
    });
    const run = await rig.resync();
    expect(run.outcome).toBe('incomplete');
    expect(run.reason).toMatch(/second look at 1 deletes failed.*boolean/);
    expect(kindOf(run, 'repository')).toMatchObject({ deleted: 0, unconfirmed: 1 });
    expect((await rig.entities()).has(`repository/${hidden?.full_name}`)).toBe(true);
  });

  it('1.4 2.5 a record whose identity breaks keeps its entity; unidentified records hold the deletes', async () => {
    const { rig, source } = await start(SMALL);
    await rig.resync();
    const [first, second] = source.store.repositoriesOf('org-0');
    source.store.removeRepository(String(second?.full_name));
    source.store.putRepository({ ...first, id: 77, node_id: 'R_new', name: 'new', full_name: 'org-0/new' });
    const broken = { identifier: `full_name = "org-0/new" ? null : full_name`, blueprint: '"repository"' };
    await rig.configure({ ...rig.resources, repository: { entity: broken } });
    const run = await rig.resync();
    expect(run.outcome).toBe('held');
    expect(kindOf(run, 'repository')).toMatchObject({ quarantined: 1, unidentified: 1, deleted: 0 });
    expect(kindOf(run, 'repository').held).toContain('unidentified records: 1');
    expect((await rig.entities()).has(`repository/${second?.full_name}`)).toBe(true);
    const [status] = await rig.client.status(rig.integration);
    expect(status?.quarantined).toBe(1);
  });

  it('S0.8 a changed mapping changes the entities; a property that it no longer names is gone', async () => {
    const { rig } = await start({ ...SMALL, repositories: 20 });
    await rig.resync();
    await rig.configure({
      ...rig.resources,
      repository: { entity: { identifier: 'full_name', blueprint: '"repository"', title: '"T " & name' } },
    });
    const run = await rig.resync();
    expect(kindOf(run, 'repository')).toMatchObject({ updated: 23, deleted: 0 });
    const repository = [...(await rig.entities()).values()].find((entity) => entity.blueprint === 'repository');
    expect(repository?.title).toMatch(/^T /);
    expect(repository?.properties).toEqual({});
  });

  it('S3.14 logs what is retrieved and the size of each batch', async () => {
    const { rig } = await start(SMALL);
    await rig.resync();
    expect(rig.lines).toContain('Retrieving all repositories for organizations: org-0, org-1, org-pulls');
    expect(rig.lines).toContain('Retrieved repository batch of size: 100');
  });
});
