import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { loadConfiguration } from '../../config/load.ts';
import type { RawRecord } from '../../domain/json.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { configureHttp, type HttpIntegration, httpRig } from '../support/http-rig.ts';
import { answer, type Handler, type RestServer, serveRest, status } from '../support/rest-server.ts';
import { kindOf, Rig, until } from '../support/rig.ts';

let rig: Rig | undefined;
let server: RestServer | undefined;
afterEach(async () => {
  await rig?.close();
  await server?.close();
  rig = undefined;
  server = undefined;
});

/** Teams with services, and notes that have neither key nor lookup; pages of 100, linked. */
class Shop {
  readonly teams = new Map<string, RawRecord>();
  readonly services = new Map<string, RawRecord>();
  readonly notes: RawRecord[] = [];
  intercept: Handler | undefined;

  constructor(services: number) {
    for (const id of ['red', 'green', 'blue']) this.teams.set(id, { id, name: `Team ${id}` });
    for (let index = 0; index < services; index++) {
      const id = `s${index}`;
      const team = [...this.teams.keys()][index % 3] as string;
      this.services.set(id, { id, team, name: `Service ${index}`, tier: index % 4 });
    }
    for (let index = 0; index < 40; index++) this.notes.push({ slug: `note-${index}`, text: 'first' });
  }

  readonly handle: Handler = (request) => {
    const [, collection = '', key, list] = request.path.split('/');
    const page = Number(request.query.page ?? 1);
    const services = [...this.services.values()];
    if (list === 'services')
      return linked(
        services.filter(({ team }) => team === key),
        page,
      );
    if (key !== undefined) {
      const record = (collection === 'teams' ? this.teams : this.services).get(key);
      return record ? answer({ data: record }) : status(404, 'no such record');
    }
    if (collection === 'notes') return answer(this.notes.slice((page - 1) * 15, page * 15));
    return linked([...this.teams.values()], page);
  };
}

function linked(rows: readonly RawRecord[], page: number) {
  const more = page * 100 < rows.length;
  const body = { data: rows.slice((page - 1) * 100, page * 100) };
  return answer(body, more ? { link: `<?page=${page + 1}>; rel="next"` } : {});
}

const shopIntegration = (url: string): HttpIntegration => ({
  blueprints: {
    team: {},
    service: { properties: { tier: { type: 'number' } }, relations: { team: { target: 'team' } } },
    note: {},
  },
  source: {
    url,
    kinds: {
      team: { path: '/teams', items: 'data', paging: 'link', recordKey: 'id', lookup: '/teams/{key}', item: 'data' },
      service: {
        path: '/teams/{id}/services',
        items: 'data',
        paging: 'link',
        parent: { kind: 'team', as: 'owner' },
        recordKey: 'id',
        lookup: '/services/{key}',
        item: 'data',
      },
      note: { path: '/notes', paging: { type: 'page', size: 15 } },
    },
  },
  resources: [
    { kind: 'team', entity: { identifier: 'id', blueprint: '"team"', title: 'name' } },
    {
      kind: 'service',
      entity: {
        identifier: 'id',
        blueprint: '"service"',
        title: 'name',
        properties: { tier: 'tier' },
        relations: { team: 'owner.id' },
      },
    },
    { kind: 'note', entity: { identifier: 'slug', blueprint: '"note"', title: 'text' } },
  ],
});

async function shop(services: number, deletes?: Readonly<Record<string, unknown>>) {
  const api = new Shop(services);
  server = await serveRest((request) => api.intercept?.(request) ?? api.handle(request));
  rig = await httpRig({ ...shopIntegration(server.url), ...(deletes ? { deletes } : {}) });
  return { api, rig, server };
}

describe('a resync of an http source', () => {
  it('S0.7 S0.11 by settings alone: every record of every kind is created, and a second run writes nothing', async () => {
    const { rig } = await shop(350);
    const first = await rig.resync();
    expect(first.outcome).toBe('complete');
    expect(kindOf(first, 'team')).toMatchObject({ state: 'complete', read: 3, created: 3 });
    expect(kindOf(first, 'service')).toMatchObject({ state: 'complete', read: 350, created: 350 });
    expect(kindOf(first, 'note')).toMatchObject({ state: 'complete', read: 40, created: 40 });
    expect((await rig.entities()).get('service/s7')).toMatchObject({
      title: 'Service 7',
      properties: { tier: 3 },
      relations: { team: 'green' },
    });
    for (const kind of (await rig.resync()).kinds) expect(kind).toMatchObject({ created: 0, updated: 0, deleted: 0 });
  });

  it('S0.3 creates what is new, updates what differs, and deletes what a lookup or a second listing says is gone', async () => {
    const { api, rig, server } = await shop(350);
    await rig.resync();
    api.services.set('s350', { id: 's350', team: 'red', name: 'new', tier: 1 });
    api.services.set('s1', { id: 's1', team: 'green', name: 'changed', tier: 1 });
    api.services.delete('s5');
    api.services.delete('s200');
    api.notes.splice(3, 2);
    const before = server.requests.length;
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'service')).toMatchObject({ created: 1, updated: 1, deleted: 2, unchanged: 347 });
    expect(kindOf(run, 'note')).toMatchObject({ deleted: 2, unchanged: 38 });
    const asked = server.asked().slice(before);
    expect(asked.filter((path) => /^\/services\//.test(path)).sort()).toEqual(['/services/s200', '/services/s5']);
    expect(asked.filter((path) => path === '/notes?page=1')).toHaveLength(2);
    const entities = await rig.entities();
    expect(entities.get('service/s1')?.title).toBe('changed');
    for (const gone of ['service/s5', 'service/s200', 'note/note-3', 'note/note-4'])
      expect(entities.has(gone)).toBe(false);
  });

  it('3.2 above the lookup limit a second listing of every parent settles the deletes', async () => {
    const { api, rig, server } = await shop(120, { lookupLimit: 2 });
    await rig.resync();
    for (const id of ['s1', 's2', 's3']) api.services.delete(id);
    const before = server.requests.length;
    expect(kindOf(await rig.resync(), 'service')).toMatchObject({ deleted: 3 });
    const asked = server.asked().slice(before);
    expect(asked.filter((path) => path.startsWith('/services/'))).toEqual([]);
    expect(asked.filter((path) => path === '/teams/red/services')).toHaveLength(2);
  });

  it('3.2 a record that a listing left out, but the lookup finds, stays and keeps what is known of its parent', async () => {
    const { api, rig } = await shop(30);
    await rig.resync();
    const hidden = (request: Parameters<Handler>[0]) => {
      const left = [...api.services.values()].filter(({ team, id }) => team === 'green' && id !== 's4');
      return request.path === '/teams/green/services' ? linked(left, 1) : api.handle(request);
    };
    api.intercept = hidden;
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'service')).toMatchObject({ deleted: 0 });
    expect((await rig.entities()).get('service/s4')).toMatchObject({ relations: { team: 'green' } });
  });

  it('a parent that is gone takes its children with it', async () => {
    const { api, rig } = await shop(6);
    await rig.resync();
    api.teams.delete('blue');
    for (const [id, { team }] of api.services) if (team === 'blue') api.services.delete(id);
    const run = await rig.resync();
    expect(kindOf(run, 'team')).toMatchObject({ deleted: 1 });
    expect(kindOf(run, 'service')).toMatchObject({ deleted: 2 });
    expect([...(await rig.entities()).keys()].filter((key) => key.startsWith('service/'))).toHaveLength(4);
  });

  it('S1.22 2.3 one kind that cannot be read fails; the others complete, and nothing is deleted', async () => {
    const { api, rig } = await shop(250);
    await rig.resync();
    api.notes.length = 0;
    api.services.delete('s1');
    api.intercept = (request) => (request.path === '/teams/blue/services' ? status(403, 'no') : api.handle(request));
    const run = await rig.resync();
    expect(run.outcome).toBe('incomplete');
    expect(kindOf(run, 'service')).toMatchObject({ state: 'failed', read: 166, deleted: 0 });
    expect(kindOf(run, 'service').error).toContain('/teams/blue/services answered 403 "no"');
    expect(kindOf(run, 'note')).toMatchObject({ state: 'complete', deleted: 0 });
    expect((await rig.entities()).size).toBe(3 + 250 + 40);
  });

  it('S0.12 a list that holds something else than records fails its kind, with the index', async () => {
    const { api, rig } = await shop(3);
    api.intercept = (request) => (request.path === '/notes' ? answer([{ slug: 'a' }, 'b']) : api.handle(request));
    const run = await rig.resync();
    expect(kindOf(run, 'note').error).toContain('a list whose item 1 is a string, not an object');
    expect(kindOf(run, 'service')).toMatchObject({ state: 'complete', created: 3 });
  });

  it('S0.8 S0.9 a changed mapping changes the entities without any code', async () => {
    const { rig, server } = await shop(5);
    await rig.resync();
    const integration = shopIntegration(server.url);
    const [team, service, note] = integration.resources;
    const entity = { identifier: 'id', blueprint: '"service"', title: '$uppercase(name)' };
    await configureHttp(rig, { ...integration, resources: [team, { ...service, entity }, note] as never });
    expect(kindOf(await rig.resync(), 'service')).toMatchObject({ updated: 5 });
    expect((await rig.entities()).get('service/s2')).toMatchObject({ title: 'SERVICE 2', properties: {} });
  });
});

describe('examples/http', () => {
  const example = readFileSync(new URL('../../examples/http/tidemark.yaml', import.meta.url), 'utf8');

  it("S0.7 S3.7 reads an API with GitHub's routes, parents of parents included", async () => {
    const source = generated({ organizations: 1, repositories: 130, pullRequests: 60, repositoriesWithPulls: 3 });
    rig = await Rig.start({ store: source.store, organizations: ['nobody'] });
    const env = {
      GITHUB_ORGANIZATION: source.pullsOrganization,
      [`TIDEMARK__${rig.integration.toUpperCase().replace('-', '_')}__BASE_URL`]: rig.server.url,
    };
    // The worker resolves stored configurations in an environment of its own: so the values stand in the text.
    const text = example
      .replace('http-example', rig.integration)
      .replace('https://api.github.com', rig.server.url)
      .replace(/\$\{env:GITHUB_ORGANIZATION:-\w+\}/, source.pullsOrganization);
    const loaded = loadConfiguration(
      { file: 'tidemark.yaml', text: example.replace('http-example', rig.integration) },
      configurationContext(env),
    );
    expect(loaded.integrations[0]?.source.settings).toMatchObject({ url: rig.server.url });
    await rig.client.importConfiguration(loadConfiguration({ file: 'tidemark.yaml', text }, configurationContext({})));
    const run = await rig.resync();
    expect(run).toMatchObject({ outcome: 'complete' });
    expect(kindOf(run, 'organization')).toMatchObject({ created: 1 });
    expect(kindOf(run, 'repository')).toMatchObject({ created: 3 });
    expect(kindOf(run, 'pull-request')).toMatchObject({ created: 60 });

    const [repository] = source.store.repositoriesOf(source.pullsOrganization);
    const [pull] = source.store.pullRequestsOf(String(repository?.full_name));
    source.store.removePullRequest(String(repository?.full_name), Number(pull?.number));
    const second = await rig.resync();
    expect(kindOf(second, 'pull-request')).toMatchObject({ deleted: 1, unchanged: 59 });
  });
});

describe("Temporal's own HTTP API", () => {
  it('S0.7 its namespaces and their workflows, by cursor, followed by deletes', async () => {
    const url = `${inject('temporalHttpUrl')}/api/v1`;
    const connection = await Connection.connect({ address: inject('temporalAddress') });
    const namespace = `http-${Date.now()}`;
    try {
      await connection.workflowService.registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
      });
      const client = new Client({ connection, namespace });
      const listed = async (): Promise<number> => {
        const response = await fetch(`${url}/namespaces/${namespace}/workflows`);
        const body = (await response.json()) as { executions?: unknown[] };
        return response.ok ? (body.executions?.length ?? 0) : -1;
      };
      await until(async () => (await listed()) === 0);
      const ids = Array.from({ length: 12 }, (_, index) => `order-${index}`);
      for (const workflowId of ids) await client.workflow.start('order', { workflowId, taskQueue: 'nobody' });
      await until(async () => (await listed()) === 12);

      rig = await httpRig(temporalIntegration(url, namespace));
      const first = await rig.resync();
      expect(first).toMatchObject({ outcome: 'complete' });
      expect(kindOf(first, 'namespace').read).toBeGreaterThanOrEqual(2);
      expect(kindOf(first, 'workflow')).toMatchObject({ created: 12 });
      expect((await rig.entities()).get(`workflow/${namespace}/order-3`)).toMatchObject({
        properties: { status: 'RUNNING', type: 'order' },
        relations: { namespace },
      });

      await client.workflow.getHandle('order-3').terminate();
      await connection.workflowService.deleteWorkflowExecution({
        namespace,
        workflowExecution: { workflowId: 'order-4' },
      });
      await until(async () => (await listed()) === 11);
      await until(async () =>
        (await (await fetch(`${url}/namespaces/${namespace}/workflows`)).text()).includes('TERMINATED'),
      );
      const second = await rig.resync();
      expect(kindOf(second, 'workflow')).toMatchObject({ created: 0, updated: 1, deleted: 1, unchanged: 10 });
      const entities = await rig.entities();
      expect(entities.has(`workflow/${namespace}/order-4`)).toBe(false);
      expect(entities.get(`workflow/${namespace}/order-3`)?.properties.status).toBe('TERMINATED');
    } finally {
      await connection.close();
    }
  });
});

function temporalIntegration(url: string, namespace: string): HttpIntegration {
  const paging = { type: 'cursor', parameter: 'nextPageToken', next: 'nextPageToken' };
  return {
    blueprints: { namespace: {}, workflow: { relations: { namespace: { target: 'namespace' } } } },
    source: {
      url,
      kinds: {
        namespace: {
          path: '/namespaces',
          query: { pageSize: 1 },
          // Left out of the answer where the page is empty, as the next one is.
          items: '[namespaces]',
          paging,
          recordKey: 'namespaceInfo.name',
          lookup: '/namespaces/{key}',
        },
        workflow: {
          path: '/namespaces/{namespaceInfo.name}/workflows',
          query: { pageSize: 5 },
          items: '[executions]',
          paging,
          parent: { kind: 'namespace', as: 'namespace' },
          recordKey: 'execution.runId',
        },
      },
    },
    resources: [
      {
        kind: 'namespace',
        entity: { identifier: 'namespaceInfo.name', blueprint: '"namespace"', title: 'namespaceInfo.name' },
      },
      {
        kind: 'workflow',
        // Those of the other tests come and go.
        selector: { query: `namespace.namespaceInfo.name = "${namespace}"` },
        entity: {
          identifier: 'namespace.namespaceInfo.name & "/" & execution.workflowId',
          blueprint: '"workflow"',
          title: 'execution.workflowId',
          properties: { type: 'type.name', status: '$substringAfter(status, "WORKFLOW_EXECUTION_STATUS_")' },
          relations: { namespace: 'namespace.namespaceInfo.name' },
        },
      },
    ],
  };
}
