import type { Context } from 'hono';
import type { TidemarkClient } from '../../client/client.ts';
import type { Json, RawRecord } from '../../domain/json.ts';
import type { IntegrationCalls, RawStates, SourceRoute } from '../../sources/source.ts';
import type { App, ServerEnv, ServerParts } from '../parts.ts';
import { Problem } from '../problem.ts';

interface Found {
  readonly id: string;
  readonly route: SourceRoute;
}

/**
 * Routes that listener modules add, below `/integration/<id>/`; also below `/integration/` where one integration alone has
 * the path (seed S0.26).
 */
export function addModuleRoutes(app: App, parts: ServerParts): void {
  app.all('/integration/*', async (c) => {
    const path = c.req.path.slice('/integration'.length);
    const { id, route } = await find(parts, path, c.req.method.toLowerCase());
    const origin = c.get('origin');
    const answer = await route.handle({
      query: c.req.query(),
      body: await bodyOf(c),
      client: callsOf(parts.client, id, origin),
    });
    return c.json((answer ?? null) as never, 200);
  });
}

async function find({ client, source }: ServerParts, path: string, method: string): Promise<Found> {
  const found: (Found & { readonly named: boolean })[] = [];
  for (const { integration: id } of await client.status()) {
    const { routes = [] } = await source(id).catch(() => ({ routes: [] }));
    for (const route of routes) {
      if (route.method !== method) continue;
      if (path === `/${id}${route.path}`) found.push({ id, route, named: true });
      else if (path === route.path) found.push({ id, route, named: false });
    }
  }
  const named = found.find((each) => each.named);
  if (named) return named;
  const [only, another] = found;
  if (only === undefined) throw new Problem(404, `no module has a route for ${method.toUpperCase()} ${path}`);
  if (another === undefined) return only;
  const ids = found.map(({ id }) => id).join(', ');
  throw new Problem(404, `several modules have ${path}: name the integration, as in /integration/<id>${path}: ${ids}`);
}

async function bodyOf(c: Context<ServerEnv>): Promise<Json> {
  const text = await c.req.text();
  if (text === '') return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Problem(400, 'the body is not JSON');
  }
}

function callsOf(client: TidemarkClient, id: string, origin: ServerEnv['Variables']['origin']): IntegrationCalls {
  const options = { origin };
  return {
    syncRawAll: () => client.syncRawAll(id, options),
    registerRaw: async (kind: string, rows: readonly RawRecord[]) =>
      (await client.registerRaw(id, kind, rows, options)).call,
    unregisterRaw: async (kind: string, rows: readonly RawRecord[]) =>
      (await client.unregisterRaw(id, kind, rows, options)).call,
    updateRawDiff: async (kind: string, states: RawStates) =>
      (await client.updateRawDiff(id, kind, states, options)).call,
  };
}
