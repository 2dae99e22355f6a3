import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json, RawRecord } from '../../../domain/json.ts';
import { type Fault, send } from '../../../examples/github-server/faults.ts';
import { ApiDescription } from './api-description.ts';
import { ShopError } from './errors.ts';
import { Indexes } from './indexes.ts';
import { ShopStore } from './store.ts';
import { operationsOf, type SyncAnswer, syncV3, syncV65 } from './sync.ts';

export const CLIENT_ID = 'SWIATESTINTEGRATION';
export const CLIENT_SECRET = 'a-secret-for-tests-only';

export interface ShopRequest {
  readonly method: string;
  readonly path: string;
  /** By their lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json;
}

interface Reply {
  readonly status: number;
  readonly body: Json;
}

let description: ApiDescription | undefined;

/**
 * A shop over HTTP on 127.0.0.1: OAuth, the Sync API in both dialects, indexing. It keeps its data model's rules as the
 * real one does, and holds every request against the shop's own API description.
 */
export class TestShop {
  readonly store = new ShopStore();
  readonly indexes = new Indexes(this.store);
  readonly requests: ShopRequest[] = [];
  /** Requests that the API description does not allow. */
  readonly violations: string[] = [];
  /** How many rows each call of the shop's writer wrote (seed S4.23). */
  writes = 0;
  /** Seconds that a token is good for. */
  tokenLifetime = 600;
  /** Sees every request before it is answered. A fault other than `answer` lets it take effect first. */
  intercept: ((request: ShopRequest) => Fault | undefined) | undefined;
  #tokens = new Map<string, number>();
  readonly #server = createServer((message, response) => {
    void this.#answer(message).then(
      ({ fault, proper }) => send(response, proper, fault),
      (error: unknown) => {
        this.violations.push(String(error));
        response.destroy();
      },
    );
  });

  static async start(): Promise<TestShop> {
    const shop = new TestShop();
    shop.#server.listen(0, '127.0.0.1');
    await once(shop.#server, 'listening');
    return shop;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The sync requests, oldest first. */
  get syncs(): ShopRequest[] {
    return this.requests.filter(({ path }) => path.endsWith('/_action/sync'));
  }

  /** Every token that was handed out is refused from now on. */
  revokeTokens(): void {
    this.#tokens.clear();
  }

  reset(): void {
    this.store.clear();
    this.indexes.clear();
    this.requests.length = 0;
    this.violations.length = 0;
    this.writes = 0;
    this.tokenLifetime = 600;
    this.intercept = undefined;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(message: IncomingMessage): Promise<{ fault: Fault | undefined; proper: () => ProperAnswer }> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { pathname } = new URL(message.url ?? '/', 'http://host');
    const body: Json = text === '' ? null : JSON.parse(text);
    const request = { method: message.method ?? '', path: pathname, headers: message.headers, body };
    this.requests.push(request);
    const fault = this.intercept?.(request);
    return { fault, proper: () => json(this.#reply(request)) };
  }

  #reply(request: ShopRequest): Reply {
    const { method, path } = request;
    if (method !== 'POST') return refused(405, { code: '0', detail: 'Method Not Allowed' });
    if (path === '/api/oauth/token') return this.#token(request);
    if (!this.#isAuthorized(request)) {
      const detail = 'The resource owner or authorization server denied the request.';
      return refused(401, { code: '9', detail });
    }
    if (path === '/api/v3/_action/sync' || path === '/api/_action/sync') return this.#sync(request);
    if (path === '/api/v3/_action/index' || path === '/api/_action/index') {
      this.indexes.all();
      return { status: 204, body: null };
    }
    return refused(404, { code: '0', detail: `No route found for "POST ${path}"` });
  }

  #token({ body }: ShopRequest): Reply {
    const { grant_type: grant, client_id: id, client_secret: secret } = (body ?? {}) as RawRecord;
    if (grant !== 'client_credentials') return refused(400, { code: '2', detail: 'unsupported_grant_type' });
    if (id !== CLIENT_ID || secret !== CLIENT_SECRET) {
      return refused(401, { code: '4', detail: 'Client authentication failed' });
    }
    const token = randomBytes(16).toString('hex');
    this.#tokens.set(token, Date.now() + this.tokenLifetime * 1000);
    const answer = { token_type: 'Bearer', expires_in: this.tokenLifetime, access_token: token };
    return { status: 200, body: answer };
  }

  #isAuthorized({ headers }: ShopRequest): boolean {
    const until = this.#tokens.get(String(headers.authorization).replace(/^Bearer /, ''));
    return until !== undefined && until > Date.now();
  }

  #sync({ path, headers, body }: ShopRequest): Reply {
    try {
      const { operations } = operationsOf(body);
      description ??= new ApiDescription();
      const mistakes = description.syncMistakes(operations as unknown as Json[]);
      this.violations.push(...mistakes);
      const behavior = headers['indexing-behavior'];
      if (behavior !== undefined && behavior !== 'use-queue-indexing' && behavior !== 'disable-indexing') {
        const detail = `indexing-behavior "${behavior}" is not known`;
        throw new ShopError({ code: 'FRAMEWORK__INVALID_INDEXING_BEHAVIOR', detail, field: null });
      }
      const singleOperation = headers['single-operation'] === '1' || headers['single-operation'] === 'true';
      const failOnError = headers['fail-on-error'] !== 'false' && headers['fail-on-error'] !== '0';
      const answer: SyncAnswer = path.startsWith('/api/v3/')
        ? syncV3(this.store, body, { singleOperation, failOnError })
        : syncV65(this.store, body);
      this.writes += answer.writes;
      this.indexes.note(answer.touched, behavior);
      return answer;
    } catch (error) {
      if (error instanceof ShopError) return { status: error.status, body: { errors: [error.shown('')] } };
      throw error;
    }
  }
}

interface ProperAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function json({ status, body }: Reply): ProperAnswer {
  return { status, headers: {}, body: status === 204 ? '' : JSON.stringify(body) };
}

function refused(status: number, error: { code: string; detail: string }): Reply {
  return { status, body: { errors: [{ ...error, status: String(status), title: error.detail }] } };
}
