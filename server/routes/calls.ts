import { createRoute, type RouteConfig, z } from '@hono/zod-openapi';
import type { EntityInput } from '../../client/calls.ts';
import type { RawRecord } from '../../domain/json.ts';
import { answerCalled, calledAnswers, callSchema } from '../called.ts';
import { body, json, problems, SECURED } from '../openapi.ts';
import type { App, ServerParts } from '../parts.ts';
import { integrationParameter, nameParameter, waitQuery } from '../schemas/parameters.ts';
import { answerTriggered, triggeredAnswers } from '../triggered.ts';

const REFUSALS = [400, 401, 403, 404, 413, 415, 422, 503] as const;

/** What is wrong in the lists is for the client's own check to say, so that it is said the same everywhere. */
const rows = z.array(z.custom<RawRecord>().openapi({ type: 'object' })).openapi({ description: 'Raw records' });
const entity = z.custom<EntityInput>().openapi({
  type: 'object',
  required: ['identifier', 'blueprint'],
  properties: {
    identifier: { type: 'string' },
    blueprint: { type: 'string' },
    title: { type: ['string', 'null'] },
    team: {},
    properties: { type: 'object' },
    relations: { type: 'object' },
  },
});
const entities = z.array(entity).openapi({ description: 'Entities that are ready to be written' });
const scope = z.string().optional().openapi({ description: 'Which claims they hold. Default: plain' });

const rawBodies = {
  rows: body(z.strictObject({ rows }).openapi('RawRecords')),
  states: body(z.strictObject({ before: rows, after: rows }).openapi('RawStates')),
};

const plainBodies = {
  entities: body(z.strictObject({ entities, scope }).openapi('Entities')),
  states: body(z.strictObject({ before: entities, after: entities, scope }).openapi('EntityStates')),
};

const rawParams = z.object({ id: integrationParameter, kind: nameParameter });
const plainParams = z.object({ id: integrationParameter });

const RAW = '/v1/integration/{id}/kinds/{kind}';
const PLAIN = '/v1/integration/{id}/entities';

type RequestBody = NonNullable<NonNullable<RouteConfig['request']>['body']>;

const rawRoute = <Body extends RequestBody>(verb: string, summary: string, content: Body) =>
  createRoute({
    method: 'post',
    path: `${RAW}/${verb}`,
    tags: ['Raw calls'],
    summary,
    security: SECURED,
    request: { params: rawParams, query: waitQuery, body: content },
    responses: { ...calledAnswers, ...problems(...REFUSALS) },
  });

const plainRoute = <Body extends RequestBody>(verb: string, summary: string, content: Body) =>
  createRoute({
    method: 'post',
    path: `${PLAIN}/${verb}`,
    tags: ['Ready entities'],
    summary,
    security: SECURED,
    request: { params: plainParams, query: waitQuery, body: content },
    responses: { ...calledAnswers, ...problems(...REFUSALS) },
  });

const registerRaw = rawRoute('register', 'Maps the records; creates or updates their entities', rawBodies.rows);
const unregisterRaw = rawRoute('unregister', 'Deletes the entities that the records map to', rawBodies.rows);
const diffRaw = rawRoute('diff', 'Brings the entities of `before` in line with those of `after`', rawBodies.states);
const register = plainRoute('register', 'Creates or updates the entities', plainBodies.entities);
const unregister = plainRoute('unregister', 'Deletes the entities', plainBodies.entities);
const diff = plainRoute('diff', 'Brings the entities of `before` in line with those of `after`', plainBodies.states);

const sync = createRoute({
  method: 'post',
  path: `${PLAIN}/sync`,
  tags: ['Ready entities'],
  summary: "Brings the scope's entities in line with the list: what it lacks is deleted",
  description: 'A run of its own, with guards on its deletes. Entities that resyncs wrote are not its business.',
  security: SECURED,
  request: { params: plainParams, query: waitQuery, body: plainBodies.entities },
  responses: { ...triggeredAnswers, ...problems(...REFUSALS) },
});

const read = createRoute({
  method: 'get',
  path: '/v1/calls/{call}',
  tags: ['Raw calls'],
  summary: 'What became of a call; kept for a week',
  security: SECURED,
  request: { params: z.object({ call: z.uuid() }) },
  responses: { 200: json(callSchema, 'The call'), ...problems(401, 404, 422, 503) },
});

/** Raw and plain calls (seed S0.13). */
export function addCallRoutes(app: App, parts: ServerParts): void {
  const { client } = parts;

  app.openapi(registerRaw, async (c) => {
    const { id, kind } = c.req.valid('param');
    const options = { origin: c.get('origin'), wait: c.req.valid('query').wait };
    return answerCalled(c, await client.registerRaw(id, kind, c.req.valid('json').rows, options));
  });

  app.openapi(unregisterRaw, async (c) => {
    const { id, kind } = c.req.valid('param');
    const options = { origin: c.get('origin'), wait: c.req.valid('query').wait };
    return answerCalled(c, await client.unregisterRaw(id, kind, c.req.valid('json').rows, options));
  });

  app.openapi(diffRaw, async (c) => {
    const { id, kind } = c.req.valid('param');
    const options = { origin: c.get('origin'), wait: c.req.valid('query').wait };
    return answerCalled(c, await client.updateRawDiff(id, kind, c.req.valid('json'), options));
  });

  app.openapi(register, async (c) => {
    const { entities: given, scope: name } = c.req.valid('json');
    const options = { origin: c.get('origin'), wait: c.req.valid('query').wait, scope: name };
    return answerCalled(c, await client.register(c.req.valid('param').id, given, options));
  });

  app.openapi(unregister, async (c) => {
    const { entities: given, scope: name } = c.req.valid('json');
    const options = { origin: c.get('origin'), wait: c.req.valid('query').wait, scope: name };
    return answerCalled(c, await client.unregister(c.req.valid('param').id, given, options));
  });

  app.openapi(diff, async (c) => {
    const { scope: name, ...states } = c.req.valid('json');
    const options = { origin: c.get('origin'), wait: c.req.valid('query').wait, scope: name };
    return answerCalled(c, await client.updateDiff(c.req.valid('param').id, states, options));
  });

  app.openapi(sync, async (c) => {
    const { entities: given, scope: name } = c.req.valid('json');
    const trigger = await client.sync(c.req.valid('param').id, given, { origin: c.get('origin'), scope: name });
    return answerTriggered(c, parts, { trigger, wait: c.req.valid('query').wait });
  });

  app.openapi(read, async (c) => c.json(await client.call(c.req.valid('param').call), 200));
}
