import { afterEach, describe, expect, it } from 'vitest';
import type { RawRecord } from '../../domain/json.ts';
import { type Generated, generated } from '../../examples/github-server/generated.ts';
import type { GitHubRequest } from '../../examples/github-server/request.ts';
import { kindOf, Rig, until } from '../support/rig.ts';

describe('deletes that a guard holds', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  /** 300 repositories of two organizations, read and in the catalog, with the two organizations themselves. */
  async function synced(settings: Readonly<Record<string, unknown>> = {}): Promise<{ rig: Rig; source: Generated }> {
    const source = generated({ organizations: 2, repositories: 300, pullRequests: 0, repositoriesWithPulls: 0 });
    const { store, organizations } = source;
    rig = await Rig.start({ store, organizations, settings, resources: { 'pull-request': null } });
    expect((await rig.resync()).outcome).toBe('complete');
    return { rig, source };
  }

  /** 60 % of the repositories vanish: all but the last 30 of the first organization, 60 of the other. */
  function vanish({ store }: Generated): RawRecord[] {
    const gone = [...store.repositoriesOf('org-0').slice(0, 120), ...store.repositoriesOf('org-1').slice(0, 60)];
    for (const { full_name } of gone) store.removeRepository(String(full_name));
    return gone;
  }

  /** A request for the repositories of the organization that is read last. */
  const isLast = ({ route, params }: GitHubRequest): boolean =>
    route === 'repositories' && params.organization === 'org-1';

  const key = ({ full_name }: RawRecord): string => `repository/${full_name}`;

  const openPlans = async (rig: Rig): Promise<string[]> =>
    (await rig.client.plans(rig.integration, 10)).filter(({ state }) => state === 'open').map(({ plan }) => plan);

  async function heldPlan(rig: Rig): Promise<string> {
    expect((await rig.resync()).outcome).toBe('held');
    const [plan] = await openPlans(rig);
    return String(plan);
  }

  const approve = async (rig: Rig, plan: string) =>
    rig.client.followTrigger(await rig.client.approve(rig.integration, plan, { origin: 'sdk' }));

  it('3.3 3.5 a kind of which 60 % vanish is held: nothing is deleted, and a plan lists what would be', async () => {
    const { rig, source } = await synced();
    const gone = vanish(source);
    const run = await rig.resync();
    expect(run.outcome).toBe('held');
    const { plan, ...repository } = kindOf(run, 'repository');
    expect(repository).toMatchObject({ state: 'complete', read: 120, unchanged: 120, deleted: 0 });
    expect(repository.held).toMatch(/^180 of 300 claims would go, more than 30 %/);
    expect(run.reason).toContain(`repository: ${repository.held}`);
    expect((await rig.entities()).size).toBe(302);

    expect(await rig.client.plans(rig.integration, 10)).toMatchObject([
      { plan, run: run.run, kind: 'repository', state: 'open', claims: 180, entities: 180 },
    ]);
    const planned = await rig.client.planned(rig.integration, String(plan), 1000);
    expect(planned.map(({ blueprint, identifier }) => `${blueprint}/${identifier}`)).toEqual(gone.map(key).sort());
    const [status] = await rig.client.status(rig.integration);
    expect(status).toMatchObject({ lastRun: { outcome: 'held' }, openPlans: [{ plan }] });
    expect(status?.lastComplete?.run).toBe(`${rig.integration}.1`);
  });

  it('3.5 an approval deletes just what was planned and not seen since, by an incomplete run too; once', async () => {
    const { rig, source } = await synced();
    const gone = vanish(source);
    const plan = await heldPlan(rig);

    // Some come back. The first organization is read, then the source fails.
    for (const record of gone.slice(0, 5)) source.store.putRepository(record);
    rig.intercept = (request) => (isLast(request) ? { fault: 'answer', status: 403 } : undefined);
    expect(await rig.resync()).toMatchObject({ outcome: 'incomplete' });
    rig.intercept = undefined;

    const run = await approve(rig, plan);
    expect(run).toMatchObject({ outcome: 'complete', action: 'apply', plan });
    expect(run.kinds).toMatchObject([{ kind: 'repository', state: 'complete', deleted: 175 }]);
    const entities = await rig.entities();
    expect(gone.filter((record) => entities.has(key(record)))).toEqual(gone.slice(0, 5));
    expect(entities.size).toBe(302 - 175);

    expect(await approve(rig, plan)).toEqual(run);
    expect(await rig.runs()).toHaveLength(4);
    expect(await rig.resync()).toMatchObject({ outcome: 'complete' });
    expect((await rig.entities()).size).toBe(302 - 175);
  });

  it('3.5 approvals at the same time are one', async () => {
    const { rig, source } = await synced();
    vanish(source);
    const plan = await heldPlan(rig);
    const runs = await Promise.all([1, 2, 3].map(() => approve(rig, plan)));
    for (const run of runs) expect(run.outcome).toBe('complete');
    const deleted = (await rig.runs()).flatMap((run) => run.kinds.map((kind) => kind.deleted));
    expect(deleted.reduce((sum, count) => sum + count)).toBe(180);
  });

  it('3.5 a rejected plan keeps everything; the next complete run proposes anew; plans that are void are refused', async () => {
    const { rig, source } = await synced();
    vanish(source);
    const first = await heldPlan(rig);
    expect(await rig.client.reject(rig.integration, first)).toMatchObject({ state: 'rejected' });
    await expect(approve(rig, first)).rejects.toThrow(`plan ${first} is rejected and cannot be approved`);

    const second = await heldPlan(rig);
    const third = await heldPlan(rig);
    expect(new Set([first, second, third]).size).toBe(3);
    await expect(approve(rig, second)).rejects.toThrow(
      `plan ${second} is superseded and cannot be approved: run ${rig.integration}.4`,
    );
    await expect(rig.client.reject(rig.integration, second)).rejects.toThrow('is superseded and cannot be rejected');
    expect((await rig.entities()).size).toBe(302);
    expect(await approve(rig, third)).toMatchObject({ outcome: 'complete' });
    expect((await rig.entities()).size).toBe(122);
  });

  it('3.5 an approval waits for a resync; what that makes void is not deleted, and the approval says why', async () => {
    const { rig, source } = await synced();
    vanish(source);
    const plan = await heldPlan(rig);
    let open: () => void = () => {};
    const gate = new Promise<undefined>((resolve) => {
      open = () => resolve(undefined);
    });
    rig.intercept = (request) => (isLast(request) ? gate : undefined);
    const requests = rig.server.requests.length;
    const resync = await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(() => rig.server.requests.slice(requests).some(isLast));
    const approval = await rig.client.approve(rig.integration, plan, { origin: 'sdk' });
    await until(async () => {
      const [row] = await rig.db.query<{ noticed: string | null }>(
        'select noticed_by as noticed from tidemark.trigger where id = $1',
        [approval],
      );
      return row?.noticed === `${rig.integration}.3`;
    });
    open();
    expect(await rig.client.followTrigger(resync)).toMatchObject({ run: `${rig.integration}.3`, outcome: 'held' });
    expect(await rig.client.followTrigger(approval)).toMatchObject({
      run: `${rig.integration}.4`,
      outcome: 'failed',
      reason: `plan ${plan} is superseded: run ${rig.integration}.3`,
    });
    expect((await rig.entities()).size).toBe(302);
  });

  it('3.3 2.5 a kind that returns nothing any more is held', async () => {
    const { rig, source } = await synced();
    for (const { full_name } of source.store.repositories()) source.store.removeRepository(String(full_name));
    const run = await rig.resync();
    expect(run.outcome).toBe('held');
    expect(kindOf(run, 'repository')).toMatchObject({ state: 'complete', read: 0, deleted: 0 });
    expect(kindOf(run, 'repository').held).toContain('the source returned no record that the selector keeps');
    expect((await rig.entities()).size).toBe(302);
  });

  it('2.2 2.5 a kind that may not be read any more has failed, and nothing is deleted', async () => {
    const { rig } = await synced();
    rig.intercept = ({ route }) => (route === 'repositories' ? { fault: 'answer', status: 403 } : undefined);
    const run = await rig.resync();
    expect(run.outcome).toBe('incomplete');
    expect(kindOf(run, 'repository')).toMatchObject({ state: 'failed', read: 0, deleted: 0, held: null });
    expect(kindOf(run, 'repository').error).toContain('403');
    expect((await rig.entities()).size).toBe(302);
    expect(await openPlans(rig)).toEqual([]);
  });

  it('3.3 2.5 a kind of which the selector now rules every record out is held', async () => {
    const { rig, source } = await synced();
    const selector = { organizations: source.organizations, query: 'false' };
    await rig.configure({ ...rig.resources, repository: { selector } });
    const run = await rig.resync();
    expect(run.outcome).toBe('held');
    expect(kindOf(run, 'repository')).toMatchObject({ state: 'complete', read: 300, ruledOut: 300, deleted: 0 });
    expect(kindOf(run, 'repository').held).toContain('no record that the selector keeps');
    expect((await rig.entities()).size).toBe(302);
  });

  it('3.3 a configuration that raises the limit lets the deletes go', async () => {
    const { rig, source } = await synced({ deletes: { maxShare: 0.6 } });
    vanish(source);
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ deleted: 180, held: null });
  });

  it('1.3 7.1 strategy [create]: the second run skips what is there, changes nothing and deletes nothing', async () => {
    const { rig, source } = await synced({ policy: { strategy: ['create'] } });
    const changed = source.store.repositoriesOf('org-0')[3] as RawRecord;
    source.store.putRepository({ ...changed, language: 'COBOL' });
    const before = (await rig.entities()).get(key(changed));
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ read: 300, created: 0, updated: 0, skipped: 300, deleted: 0 });
    const entities = await rig.entities();
    expect(entities.size).toBe(302);
    expect(entities.get(key(changed))).toEqual(before);
  });

  it('1.4 an identifier that breaks for half of the records deletes nothing', async () => {
    const { rig } = await synced();
    const entity = { identifier: 'id % 2 = 0 ? full_name : null', blueprint: '"repository"', title: 'name' };
    await rig.configure({ ...rig.resources, repository: { entity } });
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'repository')).toMatchObject({ quarantined: 150, unidentified: 0, updated: 150, deleted: 0 });
    expect((await rig.entities()).size).toBe(302);
  });

  it('3.3 an identifier that yields other names for all records is held as well', async () => {
    const { rig } = await synced();
    const entity = { identifier: '"x/" & full_name', blueprint: '"repository"', title: 'name' };
    await rig.configure({ ...rig.resources, repository: { entity } });
    const run = await rig.resync();
    expect(run.outcome).toBe('held');
    expect(kindOf(run, 'repository')).toMatchObject({ created: 300, deleted: 0 });
    expect(kindOf(run, 'repository').held).toContain('300 of 300 claims would go');
  });

  it('2.9 a run of one kind deletes only what is of it, and is not the last complete run', async () => {
    const { rig, source } = await synced();
    for (const { full_name } of source.store.repositoriesOf('org-0').slice(0, 3))
      source.store.removeRepository(String(full_name));
    const resync = async (kind: string) =>
      rig.client.followTrigger(await rig.client.resync(rig.integration, { origin: 'sdk', kinds: [kind] }));
    const organizations = await resync('organization');
    expect(organizations).toMatchObject({ outcome: 'complete', scope: { kinds: ['organization'], since: null } });
    expect(organizations.kinds).toMatchObject([{ kind: 'organization', read: 2, deleted: 0 }]);
    expect((await rig.entities()).size).toBe(302);
    const repositories = await resync('repository');
    expect(repositories.kinds).toMatchObject([{ kind: 'repository', read: 297, deleted: 3 }]);
    expect((await rig.entities()).size).toBe(299);
    const [status] = await rig.client.status(rig.integration);
    expect(status?.lastComplete?.run).toBe(`${rig.integration}.1`);
    expect(status?.lastRun?.run).toBe(repositories.run);
  });

  it('2.9 a run of a kind that there is not is refused, and nothing is triggered', async () => {
    const { rig } = await synced();
    await expect(
      rig.client.resync(rig.integration, { origin: 'sdk', kinds: ['repository', 'branch'] }),
    ).rejects.toThrow(`${rig.integration} has no kind branch; it has: organization, repository`);
    expect(await rig.runs()).toHaveLength(1);
  });

  it('3.4 entities of a kind that left the configuration are held; an approval deletes them', async () => {
    const { rig } = await synced();
    await rig.configure({ ...rig.resources, organization: null });
    const run = await rig.resync();
    expect(run).toMatchObject({
      outcome: 'held',
      removed: { deleted: 0, held: expect.stringContaining('organization') },
    });
    expect((await rig.entities()).size).toBe(302);
    const [plan] = await rig.client.plans(rig.integration, 10);
    expect(plan).toMatchObject({ kind: null, state: 'open', entities: 2, plan: run.removed.plan });
    const applied = await approve(rig, String(plan?.plan));
    expect(applied).toMatchObject({ outcome: 'complete', removed: { deleted: 2, held: null } });
    expect((await rig.entities()).size).toBe(300);
    expect(await rig.resync()).toMatchObject({ outcome: 'complete', removed: { deleted: 0, held: null } });
  });

  it('3.4 deletes.removed: delete lets them go with the next complete run', async () => {
    const { rig } = await synced({ deletes: { removed: 'delete' } });
    await rig.configure({ ...rig.resources, organization: null });
    expect(await rig.resync()).toMatchObject({ outcome: 'complete', removed: { deleted: 2, held: null } });
    expect((await rig.entities()).size).toBe(300);
  });
});
