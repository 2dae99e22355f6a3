import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { generated } from '../../examples/github-server/generated.ts';
import { Rig } from '../support/rig.ts';
import { type Answer, type Api, api } from './support.ts';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema?: object }[];
  readonly requestBody?: { content: Record<string, { schema: object }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

interface Description {
  readonly openapi: string;
  readonly info: { title: string; version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

describe('the description of the API', () => {
  let rig: Rig;
  let call: Api;
  let described: Description;
  let operations: { method: string; path: string; operation: Operation }[];

  beforeAll(async () => {
    const source = generated({ organizations: 1, repositories: 1, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({ store: source.store, organizations: source.organizations, worker: false });
    call = api(await rig.startServer());
    described = (await call('GET', '/openapi.json')).body;
    operations = Object.entries(described.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    );
  });
  afterAll(() => rig?.close());

  const ask = ({ method, path }: { method: string; path: string }, headers = {}): Promise<Answer> =>
    call.raw(method, path.replaceAll(/\{\w+\}/g, 'nobody'), undefined, headers);

  it('S1.15 lists the PATCH route of an integration, the bearer scheme, and that the route needs it', () => {
    expect(described.components.securitySchemes).toEqual({
      bearer: { type: 'http', scheme: 'bearer', description: expect.any(String) },
    });
    const patch = described.paths['/v1/integration/{id}']?.patch;
    expect(patch?.security).toEqual([{ bearer: [] }]);
    expect(patch?.tags).toEqual(['Integrations']);
    expect(patch?.parameters).toContainEqual(expect.objectContaining({ name: 'id', in: 'path', required: true }));
  });

  it('lists every route of the contract that this server has', () => {
    expect(operations.map(({ method, path }) => `${method} ${path}`)).toEqual(
      expect.arrayContaining([
        'GET /docs',
        'GET /health/live',
        'GET /health/ready',
        'GET /metrics',
        'GET /openapi.json',
        'GET /v1/blueprints/{blueprint}/entities/{identifier}',
        'GET /v1/blueprints/{blueprint}/entities/{identifier}/references',
        'GET /v1/entities',
        'GET /v1/integration',
        'GET /v1/integration/{id}',
        'GET /v1/integration/{id}/plans',
        'GET /v1/integration/{id}/plans/{plan}',
        'GET /v1/integration/{id}/quarantine',
        'GET /v1/integration/{id}/runs',
        'GET /v1/integration/{id}/runs/{run}',
        'PATCH /v1/integration/{id}',
        'POST /api/_action/sync',
        'POST /api/v3/_action/sync',
        'POST /login',
        'POST /logout',
        'POST /v1/integration/{id}/plans/{plan}/approve',
        'POST /v1/integration/{id}/plans/{plan}/reject',
        'POST /v1/integration/{id}/quarantine/retry',
        'POST /v1/integration/{id}/resync',
      ]),
    );
  });

  it('each described route is there, and says of itself whether it needs the token', async () => {
    for (const { method, path, operation } of operations) {
      const answer = await ask({ method, path });
      expect(answer.body?.detail ?? '', `${method} ${path}`).not.toMatch(/^there is no \/|does not take/);
      expect(Object.keys(operation.responses), `${method} ${path}`).toContain(String(answer.status));
      const anonymous = await ask({ method, path }, { authorization: '' });
      if (path === '/login') continue;
      expect(anonymous.status === 401, `${method} ${path}`).toBe(operation.security !== undefined);
    }
  });

  it('is OpenAPI 3.1: every reference leads somewhere, every parameter of a path is declared, every answer described', () => {
    expect(described.openapi).toBe('3.1.0');
    const references = [...JSON.stringify(described).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(30);
    for (const [, name] of references) expect(Object.keys(described.components.schemas)).toContain(name);
    expect(JSON.stringify(described).match(/"\$ref":"(?!#\/components\/schemas\/)/)).toBeNull();
    for (const { method, path, operation } of operations) {
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        declared.map(({ name }) => name),
        `${method} ${path}`,
      ).toEqual(named);
      expect(declared.every(({ required }) => required)).toBe(true);
      expect(operation.summary, `${method} ${path}`).toBeTruthy();
      for (const { description } of Object.values(operation.responses)) expect(description).toBeTruthy();
    }
  });

  it('describes what PATCH takes by the schemas that configurations are checked with', () => {
    const schema = (described.components.schemas.Patch as { properties: { config: object } }).properties.config;
    const validator = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema);
    const accepts = (config: unknown): boolean => validator.safeParse(config).success;
    const { integrations } = JSON.parse(rig.configurationText());
    const { resources } = integrations[rig.integration];
    expect(accepts({})).toBe(true);
    expect(accepts({ resources, concurrency: 3, scheduledResyncInterval: '2h', deletes: { maxShare: 0.5 } })).toBe(
      true,
    );
    expect(accepts({ source: {} })).toBe(false);
    expect(accepts({ concurrency: 0 })).toBe(false);
    expect(accepts({ resources: [] })).toBe(false);
    expect(accepts({ resources: [{ ...resources[0], entity: { ...resources[0].entity, titel: 'x' } }] })).toBe(false);
  });

  it('S1.15 /docs shows every route, the authorization, and needs nothing from other hosts', async () => {
    const { body, headers } = await call.raw('GET', '/docs', undefined, { authorization: '' });
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    for (const { method, path } of operations) {
      expect(body).toMatch(new RegExp(`>${method}</span> <code>${path.replaceAll(/[{}]/g, '\\$&')}</code>`));
    }
    expect(body).toMatch(/Authorize/);
    expect(body).toMatch(/Bearer token/);
    const loaded = [...body.matchAll(/(?:src|href)="([^"#][^"]*)"/g)].map(([, address]) => String(address));
    expect(loaded).toEqual(['/assets/docs.css', '/assets/docs.js', '/openapi.json']);
    expect(body).not.toMatch(/https?:\/\/|<script>|style="|onclick/);
    for (const address of loaded) expect((await call('GET', address)).status).toBe(200);
  });
});

describe('/metrics', () => {
  let rig: Rig;
  afterAll(() => rig?.close());

  it('S1.9 has runs, rows, durations, what is held or in quarantine, ages and requests', async () => {
    const { store, organizations } = generated({
      organizations: 1,
      repositories: 12,
      pullRequests: 0,
      repositoriesWithPulls: 0,
    });
    rig = await Rig.start({ store, organizations, resources: { 'pull-request': null, organization: null } });
    const call = api(await rig.startServer());
    const integration = rig.integration;
    await rig.resync();
    for (const { full_name } of store.repositoriesOf('org-0').slice(2)) store.removeRepository(String(full_name));
    await rig.resync();
    await call('GET', `/v1/integration/${integration}`);
    await call('GET', `/v1/integration/${integration}/runs`);
    const { body, headers } = await call('GET', '/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const value = (series: string): number => {
      const found = String(body)
        .split('\n')
        .find((line) => line.startsWith(`${series} `));
      return Number(found?.slice(series.length + 1) ?? Number.NaN);
    };
    const of = (labels: string): string => `{integration="${integration}"${labels}}`;
    expect(value(`tidemark_runs${of(',outcome="complete"')}`)).toBe(1);
    expect(value(`tidemark_runs${of(',outcome="held"')}`)).toBe(1);
    expect(value(`tidemark_run_seconds${of(',outcome="complete"')}`)).toBeGreaterThan(0);
    expect(value(`tidemark_rows${of(',kind="repository",count="created"')}`)).toBe(12);
    expect(value(`tidemark_rows${of(',kind="repository",count="read"')}`)).toBe(14);
    expect(value(`tidemark_rows${of(',kind="repository",count="deleted"')}`)).toBe(0);
    expect(value(`tidemark_running${of('')}`)).toBe(0);
    expect(value(`tidemark_open_plans${of('')}`)).toBe(1);
    expect(value(`tidemark_quarantined_records${of('')}`)).toBe(0);
    expect(value(`tidemark_aborts_in_a_row${of('')}`)).toBe(0);
    expect(value(`tidemark_last_complete_run_age_seconds${of('')}`)).toBeGreaterThan(0);
    const requests =
      'tidemark_http_request_duration_seconds_count{method="GET",route="/v1/integration/:id",status="200"}';
    expect(value(requests)).toBe(1);
    expect(body).toContain('route="/v1/integration/:id/runs"');
    expect(body).not.toContain(`route="/v1/integration/${integration}`);
  });
});
