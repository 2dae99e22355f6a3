import { afterEach, describe, expect, it } from 'vitest';
import type { CallReport } from '../../domain/call.ts';
import type { RawRecord } from '../../domain/json.ts';
import { octokitExamples } from '../../examples/github-server/octokit-examples.ts';
import { repositoryRecord } from '../../examples/github-server/record-shapes.ts';
import { GitHubStore } from '../../examples/github-server/store.ts';
import { githubSource } from '../../sources/github/source.ts';
import type { Delivery } from '../../sources/source.ts';
import { deliveryOf, type ExampleEvent, exampleEvents, SECRET } from '../support/github-deliveries.ts';
import { Rig, until } from '../support/rig.ts';

describe("GitHub's webhooks, from the delivery to the catalog", () => {
  let rig: Rig;
  afterEach(() => rig?.close());

  const { events } = githubSource.create({ webhookSecret: SECRET });

  /** As a server hands a delivery on. Returns the call's id. */
  async function deliver(delivery: Delivery): Promise<string> {
    const accepted = events?.accept(delivery);
    if (!accepted) throw new Error('the github source has no events');
    const { id, event, payload } = accepted;
    const options = { origin: 'webhook', delivery: id, queue: true } as const;
    return (await rig.client.accept(rig.integration, { type: 'event', event, payload }, options)).call;
  }

  /** Delivers all, and returns what became of them once none waits any more. */
  async function deliverAll(deliveries: readonly Delivery[]): Promise<CallReport[]> {
    const calls: string[] = [];
    for (const delivery of deliveries) calls.push(await deliver(delivery));
    await until(async () => {
      const [row] = await rig.db.query<{ waiting: number }>(
        `select count(*) as waiting from tidemark.inbox where state = 'waiting'`,
      );
      return row?.waiting === 0;
    }, 120_000);
    return Promise.all(calls.map((call) => rig.client.call(call)));
  }

  const received = async (): Promise<number> => {
    const [row] = await rig.db.query<{ count: number }>('select count(*) as count from tidemark.inbox');
    return row?.count ?? 0;
  };

  /** Entities with their versions, and claims: everything that a second delivery could spoil. */
  async function snapshot(): Promise<unknown> {
    return {
      entities: await rig.db.query('select blueprint, identifier, fields, version from tidemark.entity order by 1, 2'),
      claims: await rig.db.query(
        'select resource, record_key, blueprint, identifier, base, owns from tidemark.claim order by 1, 2, 3, 4',
      ),
    };
  }

  const startWith = async (store: GitHubStore): Promise<void> => {
    const organizations = store.organizations().map(({ login }) => String(login));
    rig = await Rig.start({ store, organizations });
  };

  it("6.1 6.3 GitHub's 329 examples, delivered once, twice and under other ids, make what a resync makes", async () => {
    await startWith(octokitExamples());
    const deliveries = exampleEvents().map((example) => deliveryOf(example));
    const reports = await deliverAll(deliveries);
    expect(reports.filter(({ state }) => state === 'applied')).toHaveLength(65);
    const ignored = reports.filter(({ state }) => state === 'ignored');
    expect(ignored).toHaveLength(329 - 65);
    expect([...new Set(ignored.map(({ reason }) => reason?.replace(/event \w+/, 'event …')))].sort()).toEqual([
      'no resource reads what the event … is about',
      'the event … holds no issue with its repository',
      'the event … tells of no record that is read',
      'the issue of the event … is a pull request, which has events of its own',
    ]);
    const once = await snapshot();
    expect([...(await rig.entities()).keys()].map((key) => key.split('/')[0])).toEqual([
      'organization',
      'pullRequest',
      'pullRequest',
      'repository',
    ]);

    expect(await deliverAll(deliveries)).toEqual(reports);
    expect(await received()).toBe(329);
    expect(await snapshot()).toEqual(once);

    await deliverAll(
      exampleEvents()
        .reverse()
        .map((example) => deliveryOf(example)),
    );
    expect(await received()).toBe(2 * 329);
    expect(await snapshot()).toEqual(once);

    const run = await rig.resync();
    expect(run).toMatchObject({ outcome: 'complete' });
    expect(run.kinds.map(({ updated, deleted }) => ({ updated, deleted }))).toEqual(
      Array(3).fill({ updated: 0, deleted: 0 }),
    );
  }, 240_000);

  const facts = { seed: 1, index: 1, revision: 0, owner: 'acme' };
  const repository: RawRecord = { ...repositoryRecord(facts), private: false, archived: false };
  const event = (action: string, record = repository): ExampleEvent => ({
    event: 'repository',
    payload: { action, repository: record },
  });

  async function startWithAcme(): Promise<GitHubStore> {
    const store = new GitHubStore();
    store.putOrganization({ login: 'acme', id: 1, node_id: 'O_1' });
    store.putRepository(repository);
    rig = await Rig.start({
      store,
      organizations: ['acme'],
      resources: {
        organization: null,
        'pull-request': null,
        repository: { selector: { organizations: ['acme'], query: 'archived = false' } },
      },
    });
    return store;
  }
  const counts = async (example: ExampleEvent): Promise<Record<string, number>> => {
    const [report] = await deliverAll([deliveryOf(example)]);
    expect(report).toMatchObject({ state: 'applied', reason: null });
    return Object.fromEntries(Object.entries(report?.result ?? {}).filter(([, count]) => count > 0));
  };
  const identifiers = async () => [...(await rig.entities()).keys()];

  it('6.3 6.5 a repository that is renamed, archived, transferred and deleted: what the API says then counts', async () => {
    const store = await startWithAcme();
    expect(await counts(event('created'))).toEqual({ created: 1 });
    // An event that tells of an earlier state changes nothing.
    expect(await counts(event('edited', { ...repository, full_name: 'acme/earlier' }))).toEqual({ unchanged: 1 });

    store.putRepository({ ...repository, name: 'new', full_name: 'acme/new' });
    expect(await counts(event('renamed'))).toEqual({ created: 1, deleted: 1 });
    expect(await identifiers()).toEqual(['repository/acme/new']);

    store.putRepository({ ...repository, name: 'new', full_name: 'acme/new', archived: true });
    expect(await counts(event('archived'))).toEqual({ deleted: 1 });
    expect(await identifiers()).toEqual([]);

    store.putRepository({ ...repository, name: 'new', full_name: 'acme/new' });
    expect(await counts(event('unarchived'))).toEqual({ created: 1 });

    const elsewhere = { ...repository, full_name: 'others/new', owner: { login: 'others', id: 2 } };
    store.putRepository(elsewhere);
    expect(await counts(event('transferred', elsewhere))).toEqual({ deleted: 1 });

    store.putRepository(repository);
    expect(await counts(event('transferred'))).toEqual({ created: 1 });
    store.removeRepository(String(repository.full_name));
    expect(await counts(event('deleted'))).toEqual({ deleted: 1 });
    expect(await counts(event('deleted'))).toEqual({});
    expect(await identifiers()).toEqual([]);
  });

  it('6.5 an organization outside the selector makes nothing', async () => {
    const store = await startWithAcme();
    const outside = {
      ...repository,
      id: 77,
      node_id: 'R_77',
      full_name: 'others/x',
      owner: { login: 'others', id: 2 },
    };
    store.putRepository(outside);
    expect(await counts({ event: 'fork', payload: { forkee: outside, repository } })).toEqual({});
    expect(await identifiers()).toEqual([]);
  });

  it('an event that the source cannot be asked about has failed, says why, and holds up none behind it', async () => {
    await startWithAcme();
    rig.intercept = ({ path }) =>
      path.startsWith('/repositories/5') ? { fault: 'answer', status: 403, body: { message: 'no' } } : undefined;
    const refused = event('created', { ...repository, id: 5, node_id: 'R_5' });
    const reports = await deliverAll([deliveryOf(refused), deliveryOf(event('created'))]);
    expect(reports.map(({ state }) => state)).toEqual(['failed', 'applied']);
    expect(reports[0]?.reason).toMatch(/repositories\/5 answered 403/);
    expect(await identifiers()).toEqual([`repository/${repository.full_name}`]);
  });
});
