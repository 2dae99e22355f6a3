import { writeFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterEach, expect, it } from 'vitest';
import { type Generated, generated } from '../../examples/github-server/generated.ts';
import { PortRig } from '../support/port/rig.ts';
import { Rig, type RigOptions, until } from '../support/rig.ts';

/** Not a test: makes runs of each shape and saves what the server recorded of them. */
let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

async function start(options: Partial<RigOptions> = {}): Promise<{ rig: Rig; source: Generated }> {
  const source = generated({ organizations: 1, repositories: 1200, pullRequests: 40, repositoriesWithPulls: 2 });
  const pulls = { selector: { organizations: [source.pullsOrganization], state: 'all' } };
  const organizations = source.organizations;
  rig = await Rig.start({ store: source.store, organizations, resources: { 'pull-request': pulls }, ...options });
  return { rig, source };
}

/** Where the code lay and which process ran it is nobody's business, and no replay looks at it. */
function anonymous(key: string, value: unknown): unknown {
  if (key === 'stackTrace' || key === 'identity') return '';
  return typeof value === 'string' ? value.replace(/\n\s+at [\s\S]*/, '') : value;
}

/** Saves every execution of a run: the resync itself and its children. */
async function save(scenario: string, { integration, temporalAddress }: Rig, since: Date): Promise<void> {
  const prefixes = ['resync', 'live', 'schedule'].map((prefix) => `${prefix}/${integration}`);
  await saveAll(scenario, { integration, temporalAddress, prefixes, since });
}

interface Saved {
  readonly integration: string;
  readonly temporalAddress: string;
  /** Of the ids of workflows. */
  readonly prefixes: readonly string[];
  readonly since: Date;
}

async function saveAll(scenario: string, { integration, temporalAddress, prefixes, since }: Saved): Promise<void> {
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  const ids = prefixes.map((prefix) => `WorkflowId STARTS_WITH "${prefix}"`).join(' OR ');
  const query = `(${ids}) AND StartTime >= "${since.toISOString()}"`;
  const names = new Map<string, number>();
  await until(async () => (await client.workflow.count(query)).count >= 1);
  const executions = [];
  for await (const execution of client.workflow.list({ query })) executions.push(execution);
  for (const { workflowId, runId, status } of executions.sort((a, b) => +a.startTime - +b.startTime)) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    // A schedule appends the time to the id of what it starts.
    const place = workflowId.replace(new RegExp(`/(queue-)?${integration}`), '').replace(/-\d{4}-\d\d-\d\dT.*$/, '');
    const name = `${scenario}.${place.replaceAll('/', '.')}`;
    const number = (names.get(name) ?? 0) + 1;
    names.set(name, number);
    const file = new URL(`./histories/${name}.${number}.json`, import.meta.url);
    await writeFile(
      file,
      `${JSON.stringify({ workflowId, status: status.name, history: JSON.parse(historyToJSON(history), anonymous) })}\n`,
    );
  }
  await connection.close();
}

it('complete', async () => {
  const { rig } = await start();
  const since = new Date();
  expect((await rig.resync()).outcome).toBe('complete');
  await save('complete', rig, since);
});

it('delete phase by lookup and by second listing', async () => {
  for (const [scenario, lookupLimit] of [
    ['delete-by-lookup', 200],
    ['delete-by-second-listing', 1],
  ] as const) {
    const { rig, source } = await start({ settings: { deletes: { lookupLimit } } });
    await rig.resync();
    for (const { full_name } of source.store.repositoriesOf('org-0').slice(0, 3))
      source.store.removeRepository(String(full_name));
    const since = new Date();
    expect((await rig.resync()).outcome).toBe('complete');
    await save(scenario, rig, since);
    await rig.close();
  }
});

it('failed kind', async () => {
  const { rig } = await start();
  rig.intercept = ({ route, page }) =>
    route === 'repositories' && page === 3 ? { fault: 'answer', status: 403 } : undefined;
  const since = new Date();
  expect((await rig.resync()).outcome).toBe('incomplete');
  await save('failed-kind', rig, since);
});

it('aborted by a trigger and continued as new', async () => {
  const { rig } = await start();
  const since = new Date();
  rig.intercept = ({ page }) => (page === 11 ? { fault: 'hang' } : undefined);
  await rig.client.resync(rig.integration, { origin: 'sdk' });
  await until(() => rig.server.requests.some((request) => request.page === 11));
  rig.intercept = undefined;
  expect((await rig.resync()).outcome).toBe('complete');
  await save('aborted', rig, since);
});

it('held deletes, approved', async () => {
  const { rig, source } = await start();
  await rig.resync();
  for (const { full_name } of source.store.repositoriesOf('org-0').slice(0, 700))
    source.store.removeRepository(String(full_name));
  const since = new Date();
  expect((await rig.resync()).outcome).toBe('held');
  const [plan] = await rig.client.plans(rig.integration, 1);
  const trigger = await rig.client.approve(rig.integration, String(plan?.plan), { origin: 'sdk' });
  expect((await rig.client.followTrigger(trigger)).outcome).toBe('complete');
  await save('held', rig, since);
});

it('a trigger that waits behind a run', async () => {
  const { rig } = await start({ settings: { onTrigger: 'queue' } });
  const since = new Date();
  rig.intercept = async ({ page }) => {
    if (page === 2) await rig.client.resync(rig.integration, { origin: 'sdk', kinds: ['organization'] });
    return undefined;
  };
  expect((await rig.resync()).outcome).toBe('complete');
  rig.intercept = undefined;
  await until(async () => (await rig.runs()).filter((run) => run.outcome === 'complete').length === 2);
  await save('queued', rig, since);
});

it('retry of the quarantine', async () => {
  const nameless = { entity: { identifier: 'nothing', blueprint: '"repository"' } };
  const { rig } = await start({ resources: { 'pull-request': null, repository: nameless } });
  await rig.resync();
  await rig.configure({ 'pull-request': null });
  const since = new Date();
  const trigger = await rig.client.retryQuarantine(rig.integration, { origin: 'sdk' });
  expect((await rig.client.followTrigger(trigger)).outcome).toBe('complete');
  await save('retry', rig, since);
});

it('calls and a sync of ready entities', async () => {
  const { rig } = await start();
  const since = new Date();
  const entities = [{ blueprint: 'note', identifier: 'a' }];
  await rig.client.register(rig.integration, entities, { origin: 'sdk', wait: true });
  const trigger = await rig.client.sync(rig.integration, entities, { origin: 'sdk' });
  expect((await rig.client.followTrigger(trigger)).outcome).toBe('complete');
  await save('calls', rig, since);
});

it('indexing of the catalog', async () => {
  const { rig } = await start();
  const since = new Date();
  const entities = Array.from({ length: 6_000 }, (_, index) => ({ blueprint: 'note', identifier: `note ${index}` }));
  await rig.client.register(rig.integration, entities, { origin: 'sdk', wait: true });
  await until(async () => (await rig.client.entities({ search: 'note 5999', limit: 1 })).length === 1);
  const { integration, temporalAddress, taskQueue } = rig;
  await saveAll('indexing', { integration, temporalAddress, prefixes: [`index/${taskQueue}`], since });
});

it('triggered by a schedule', async () => {
  const since = new Date();
  const resources = { 'pull-request': null, repository: null };
  const { rig } = await start({ resources, settings: { scheduledResyncInterval: '2h' } });
  const connection = await Connection.connect({ address: rig.temporalAddress });
  const schedule = new Client({ connection }).schedule.getHandle(`schedule/${rig.integration}`);
  // It is there as soon as the worker has looked at the configuration.
  await until(() =>
    schedule.trigger('SKIP').then(
      () => true,
      () => false,
    ),
  );
  await until(async () => (await rig.runs())[0]?.outcome === 'complete');
  await until(async () => (await schedule.describe()).info.runningActions.length === 0);
  await connection.close();
  await save('scheduled', rig, since);
});

it('to a remote destination', async () => {
  const world = await PortRig.start({ size: { repositories: 1200, pullRequests: 40, repositoriesWithPulls: 2 } });
  try {
    const { rig, source } = world;
    const since = new Date();
    expect((await rig.resync()).outcome).toBe('complete');
    for (const { full_name } of source.store.repositoriesOf('org-0').slice(0, 3))
      source.store.removeRepository(String(full_name));
    expect((await rig.resync()).outcome).toBe('complete');
    await rig.client.unregister(rig.integration, [{ blueprint: 'repository', identifier: 'org-0/none' }], {
      origin: 'sdk',
      wait: true,
    });
    await save('remote', rig, since);
  } finally {
    await world.close();
  }
});
