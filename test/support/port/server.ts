import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PortStore, Refusal, type StoredBlueprint, type StoredEntity } from './store.ts';

export const CLIENT_ID = 'client-of-tests';
export const CLIENT_SECRET = 'secret-of-tests';

/** A request as tests look at it. */
export interface PortRequest {
  /** `token`, `upsert`, `delete`, `owned`, `blueprint`, `integration` … */
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly userAgent: string;
  readonly body: Record<string, unknown>;
  readonly at: number;
}

/**
 * What happens to a request instead of being served: another answer; the connection is cut before it takes effect (`cut`)
 * or afterwards (`lost`); or it is cut at once and takes effect when the promise resolves (`late`).
 */
export type PortFault =
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: unknown;
    }
  | { readonly type: 'cut' | 'lost' }
  | { readonly type: 'late'; readonly until: Promise<unknown> };

export interface PortServerOptions {
  readonly port?: number;
  /** Entities of one bulk call. Default 20, as Port's. */
  readonly maxBulk?: number;
  /** Bytes of a body. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Requests in a window of so many seconds; more are answered 429. Default: no limit. */
  readonly rateLimit?: { readonly limit: number; readonly seconds: number };
  /** Seconds that a token is good for. Default 3,600. */
  readonly tokenSeconds?: number;
  /** The blueprints that are there; `null`: any, without relations. */
  readonly blueprints?: readonly StoredBlueprint[] | null;
}

interface Served {
  readonly status: number;
  readonly body: unknown;
}

/** A server that behaves like Port's API towards an exporter of entities. Everything is in memory. */
export class PortServer {
  readonly store = new PortStore();
  readonly requests: PortRequest[] = [];
  readonly integrations = new Map<string, Record<string, unknown>>();
  /** What happens to a request, if not what is asked for. */
  intercept: ((request: PortRequest) => PortFault | undefined | Promise<PortFault | undefined>) | null = null;
  /** Entities written or deleted, one by one. */
  writes = 0;
  /** Requests that were over the rate limit. */
  limited = 0;
  /** The most calls that were served at the same time. */
  mostAtOnce = 0;
  url = '';
  readonly #options: PortServerOptions;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #tokens = new Map<string, number>();
  #window = { from: 0, used: 0 };
  #atOnce = 0;

  private constructor(options: PortServerOptions) {
    this.#options = options;
    for (const blueprint of options.blueprints ?? []) this.store.blueprints.set(blueprint.identifier, blueprint);
  }

  static async start(options: PortServerOptions = {}): Promise<PortServer> {
    const server = new PortServer(options);
    await new Promise<void>((resolve) => server.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}`;
    return server;
  }

  calls(route: string): PortRequest[] {
    return this.requests.filter((request) => request.route === route);
  }

  /** Tokens handed out so far are good for nothing any more. */
  forgetTokens(): void {
    this.#tokens.clear();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const url = new URL(incoming.url as string, 'http://port');
    const route = ROUTES.find(([method, path]) => method === incoming.method && path.test(url.pathname));
    const request: PortRequest = {
      route: route?.[2] ?? 'unknown',
      method: incoming.method as string,
      path: url.pathname + url.search,
      userAgent: incoming.headers['user-agent'] ?? '',
      body: raw.length > 0 ? JSON.parse(raw.toString()) : {},
      at: Date.now(),
    };
    this.requests.push(request);
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    try {
      await this.#answer({ request, url, incoming, bytes: raw.length }, response);
    } finally {
      this.#atOnce -= 1;
    }
  }

  async #answer(asked: Asked, response: ServerResponse): Promise<void> {
    const { request } = asked;
    const limited = this.#spend(response);
    if (limited) return send(response, { status: 429, body: { ok: false, error: 'rate_limit_exceeded' } });
    const fault = await this.intercept?.(request);
    if (fault?.type === 'answer') {
      for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
      return send(response, { status: fault.status, body: fault.body ?? { ok: false, error: 'injected' } });
    }
    if (fault?.type === 'late') {
      asked.incoming.socket.destroy();
      await fault.until;
      this.#route(asked);
      return;
    }
    const served = fault?.type === 'cut' ? null : this.#route(asked);
    if (fault !== undefined) asked.incoming.socket.destroy();
    else send(response, served as Served);
  }

  /** Headers count down before the limit is reached; over it there is nothing but 429. */
  #spend(response: ServerResponse): boolean {
    const { rateLimit } = this.#options;
    if (!rateLimit) return false;
    const now = Date.now();
    if (now >= this.#window.from + rateLimit.seconds * 1000) this.#window = { from: now, used: 0 };
    this.#window.used += 1;
    const reset = Math.ceil((this.#window.from + rateLimit.seconds * 1000 - now) / 1000);
    response.setHeader('x-ratelimit-limit', rateLimit.limit);
    response.setHeader('x-ratelimit-period', rateLimit.seconds);
    response.setHeader('x-ratelimit-remaining', Math.max(0, rateLimit.limit - this.#window.used));
    response.setHeader('x-ratelimit-reset', reset);
    if (this.#window.used > rateLimit.limit) this.limited += 1;
    return this.#window.used > rateLimit.limit;
  }

  #route(asked: Asked): Served {
    const { request } = asked;
    if (request.route === 'token') return this.#token(request.body);
    const bearer = (asked.incoming.headers.authorization ?? '').replace('Bearer ', '');
    if ((this.#tokens.get(bearer) ?? 0) < Date.now()) return no(401, 'unauthorized', 'the token is not valid');
    const handler = this.#handlers[request.route];
    return handler ? handler(asked) : no(404, 'not_found', 'no such route');
  }

  readonly #handlers: Readonly<Record<string, (asked: Asked) => Served>> = {
    upsert: (asked) => this.#upsert(asked),
    delete: ({ request, url }) => {
      const all = this.store.of(decodeURIComponent(url.pathname.split('/')[3] as string));
      const { entities } = request.body as { entities: string[] };
      if (entities.length > 100) return no(413, 'too_large', 'at most 100 entities');
      const deletedEntities = entities.filter((identifier) => all.delete(identifier));
      this.writes += deletedEntities.length;
      return yes({ deletedEntities });
    },
    owned: ({ request }) => {
      const {
        datasource_prefix: prefix,
        datasource_suffix: suffix,
        from = '0',
        limit = 1000,
      } = request.body as unknown as Owned;
      const all = this.store.all().filter(({ by }) => by.startsWith(prefix) && by.endsWith(suffix));
      const end = Number(from) + limit;
      const entities = all
        .slice(Number(from), end)
        .map(({ blueprint, entity }) => ({ blueprint, identifier: entity.identifier }));
      return yes({ entities, next: end < all.length ? String(end) : null });
    },
    blueprint: ({ url }) => {
      const blueprint = this.store.blueprints.get(decodeURIComponent(url.pathname.split('/')[3] as string));
      return blueprint ? yes({ blueprint }) : no(404, 'not_found', 'no such blueprint');
    },
    'make-blueprint': ({ request }) => {
      const blueprint = request.body as unknown as StoredBlueprint;
      if (this.store.blueprints.has(blueprint.identifier)) return no(409, 'identifier_taken', 'it is there already');
      const targets = Object.values(blueprint.relations ?? {}).map(({ target }) => target);
      const missing = targets.find((to) => to !== blueprint.identifier && !this.store.blueprints.has(to));
      if (missing) return no(422, 'invalid_relation', `blueprint ${missing} does not exist`);
      this.store.blueprints.set(blueprint.identifier, blueprint);
      return yes({ blueprint });
    },
    'change-blueprint': ({ request, url }) => {
      const name = decodeURIComponent(url.pathname.split('/')[3] as string);
      const known = this.store.blueprints.get(name);
      if (!known) return no(404, 'not_found', 'no such blueprint');
      this.store.blueprints.set(name, { ...known, ...request.body });
      return yes({});
    },
    integration: ({ url }) => {
      const integration = this.integrations.get(decodeURIComponent(url.pathname.split('/')[3] as string));
      return integration ? yes({ integration }) : no(404, 'not_found', 'no such integration');
    },
    'make-integration': ({ request }) => {
      const integration = { ...request.body, updatedAt: new Date().toISOString() };
      this.integrations.set(String(request.body.installationId), integration);
      return yes({ integration });
    },
    'change-integration': ({ request, url }) => {
      const name = decodeURIComponent(url.pathname.split('/')[3] as string);
      const known = this.integrations.get(name);
      if (!known) return no(404, 'not_found', 'no such integration');
      const integration = { ...known, ...request.body, updatedAt: new Date(Date.now() + 1).toISOString() };
      this.integrations.set(name, integration);
      return yes({ integration });
    },
  };

  #token({ clientId, clientSecret }: Record<string, unknown>): Served {
    if (clientId !== CLIENT_ID || clientSecret !== CLIENT_SECRET)
      return no(401, 'unauthorized', `no client ${clientSecret}`);
    const expiresIn = this.#options.tokenSeconds ?? 3600;
    const accessToken = `token-${this.#tokens.size}-${Math.random()}`;
    this.#tokens.set(accessToken, Date.now() + expiresIn * 1000);
    return yes({ accessToken, expiresIn, tokenType: 'Bearer' });
  }

  #upsert({ request, url, bytes }: Asked): Served {
    const blueprint = decodeURIComponent(url.pathname.split('/')[3] as string);
    const { blueprints = null, maxBulk = 20, maxBytes = 1024 * 1024 } = this.#options;
    if (blueprints !== null && !this.store.blueprints.has(blueprint)) return no(404, 'not_found', 'no such blueprint');
    const { entities } = request.body as { entities: StoredEntity[] };
    if (entities.length > maxBulk || bytes > maxBytes) return no(413, 'too_large', 'the request is too large');
    const options = {
      merge: url.searchParams.get('merge') === 'true',
      createMissing: url.searchParams.get('create_missing_related_entities') === 'true',
      by: request.userAgent,
    };
    const done: unknown[] = [];
    const errors: unknown[] = [];
    for (const [index, entity] of entities.entries()) {
      try {
        const created = this.store.upsert(blueprint, entity, options);
        done.push({ identifier: entity.identifier, index, created });
        this.writes += 1;
      } catch (error) {
        const { statusCode, error: code, message } = error as Refusal;
        if (!(error instanceof Refusal)) throw error;
        errors.push({ index, statusCode, error: code, message, identifier: entity.identifier });
      }
    }
    return { status: errors.length > 0 ? 207 : 200, body: { ok: true, entities: done, errors } };
  }
}

interface Asked {
  readonly request: PortRequest;
  readonly url: URL;
  readonly incoming: IncomingMessage;
  readonly bytes: number;
}

interface Owned {
  readonly datasource_prefix: string;
  readonly datasource_suffix: string;
  readonly from?: string;
  readonly limit?: number;
}

const ROUTES: readonly [string, RegExp, string][] = [
  ['POST', /^\/v1\/auth\/access_token$/, 'token'],
  ['POST', /^\/v1\/blueprints\/entities\/datasource-entities$/, 'owned'],
  ['POST', /^\/v1\/blueprints\/[^/]+\/entities\/bulk$/, 'upsert'],
  ['POST', /^\/v1\/blueprints\/[^/]+\/bulk\/entities\/delete$/, 'delete'],
  ['POST', /^\/v1\/blueprints$/, 'make-blueprint'],
  ['GET', /^\/v1\/blueprints\/[^/]+$/, 'blueprint'],
  ['PATCH', /^\/v1\/blueprints\/[^/]+$/, 'change-blueprint'],
  ['POST', /^\/v1\/integration$/, 'make-integration'],
  ['GET', /^\/v1\/integration\/[^/]+$/, 'integration'],
  ['PATCH', /^\/v1\/integration\/[^/]+$/, 'change-integration'],
];

const yes = (body: object): Served => ({ status: 200, body: { ok: true, ...body } });

const no = (status: number, error: string, message: string): Served => ({
  status,
  body: { ok: false, error, message },
});

function send(response: ServerResponse, { status, body }: Served): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
