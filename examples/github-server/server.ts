import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, refusal } from './answers.ts';
import { type Intercept, send } from './faults.ts';
import { type FlavorName, flavors } from './flavors.ts';
import { RateBudget, type RateBudgetOptions } from './rate-budget.ts';
import { type GitHubRequest, readRequest } from './request.ts';
import { answer } from './routes.ts';
import type { GitHubStore } from './store.ts';

export interface GitHubServerOptions {
  readonly store: GitHubStore;
  /** 0, the default: a free one. */
  readonly port?: number;
  /** Default: the flavor's own (GitHub 100, Gitea 50). */
  readonly pageSizeLimit?: number;
  /** Default `github`. */
  readonly flavor?: FlavorName;
  /** Tokens that see private repositories; any other is refused. Not given: everybody sees everything. */
  readonly tokens?: readonly string[];
  /** Default: a million requests an hour. */
  readonly rateLimit?: RateBudgetOptions;
  readonly intercept?: Intercept;
}

/** A request and what became of it. */
export interface LoggedRequest extends GitHubRequest {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** `null`: no answer (yet). */
  status: number | null;
}

export interface GitHubServer {
  /** What a client takes as its base URL: host, port and the flavor's base path. */
  readonly url: string;
  /** In the order in which they came; of very many only the latest. */
  readonly requests: readonly LoggedRequest[];
  /** Ends connections that hang as well. */
  close(): Promise<void>;
}

const LOGGED = 100_000;

/** Serves a store with GitHub's routes, paging and headers on 127.0.0.1. */
export async function createGitHubServer(options: GitHubServerOptions): Promise<GitHubServer> {
  const requests: LoggedRequest[] = [];
  const respond = responder(options);
  const { base } = flavors[options.flavor ?? 'github'];
  let count = 0;
  const server = createServer(async (message, response) => {
    const request: LoggedRequest = { ...readRequest(message, base, count++), time: Date.now(), status: null };
    if (requests.push(request) > LOGGED) requests.splice(0, LOGGED / 2);
    const fault = await options.intercept?.(request);
    send(response, () => respond(message, request), fault);
    if (response.headersSent) request.status = response.statusCode;
  });
  server.keepAliveTimeout = 60_000;
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${base}`,
    requests,
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function responder(options: GitHubServerOptions): (message: IncomingMessage, request: GitHubRequest) => Answer {
  const flavor = flavors[options.flavor ?? 'github'];
  const budget = flavor.hasRateLimit
    ? new RateBudget(options.rateLimit ?? { limit: 1_000_000, window: 3_600_000 })
    : null;
  return (message, request) => {
    const allowed = budget?.take() ?? true;
    const headers = { ...flavor.headers, ...budget?.headers() };
    if (!allowed) return refusal(403, `API rate limit exceeded for ${message.socket.remoteAddress}.`, headers);
    const token = message.headers.authorization?.replace(/^(bearer|token) +/i, '');
    if (options.tokens !== undefined && token !== undefined && !options.tokens.includes(token)) {
      return refusal(401, 'Bad credentials', headers);
    }
    const {
      status,
      body,
      headers: own,
    } = answer(request, {
      store: options.store,
      flavor,
      url: `http://${message.headers.host}${flavor.base}`,
      maxPageSize: Math.min(options.pageSizeLimit ?? flavor.maxPageSize, flavor.maxPageSize),
      seesPrivate: options.tokens === undefined || token !== undefined,
    });
    if (status !== 200) return { status, body, headers: { ...headers, ...own } };
    const etag = `W/"${createHash('sha1').update(body).digest('hex')}"`;
    if (message.headers['if-none-match'] !== etag) return { status, body, headers: { ...headers, ...own, etag } };
    budget?.giveBack();
    return { status: 304, body: '', headers: { ...flavor.headers, ...budget?.headers(), etag } };
  };
}
