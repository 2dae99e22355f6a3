import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { inspect } from 'node:util';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { TidemarkClient } from '../client/client.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { UnavailableError } from '../domain/errors.ts';
import { createServer } from './create-server.ts';
import type { ServerLog } from './log.ts';
import { ServerMetrics } from './metrics.ts';
import type { ServerParts } from './parts.ts';
import { PROBLEM_TYPE, Problem, type ProblemStatus, UNFORESEEN } from './problem.ts';
import { Sessions } from './sessions.ts';
import type { TemporalUi } from './temporal-ui.ts';

export interface ListenOptions {
  readonly client: TidemarkClient;
  readonly context: ConfigurationContext;
  readonly source: ServerParts['source'];
  readonly token: string;
  readonly host: string;
  /** 0: one that the system picks. */
  readonly port: number;
  /** Bytes. */
  readonly maxBody: number;
  /** Where pages link to. Default: nowhere. */
  readonly temporalUi?: TemporalUi | null;
  readonly log: ServerLog;
  readonly limits?: Partial<Limits>;
}

/** Milliseconds: so long a client may take. */
export interface Limits {
  readonly headers: number;
  /** Headers and body: who sends at a drip is cut off. */
  readonly request: number;
  readonly keepAlive: number;
  /** What goes on when the server stops may go on so long. */
  readonly grace: number;
}

const LIMITS: Limits = { headers: 15_000, request: 120_000, keepAlive: 10_000, grace: 10_000 };

const MAX_CONNECTIONS = 1_000;

export interface RunningServer {
  /** `http://127.0.0.1:8480` */
  readonly url: string;
  /** Takes no more requests, lets those that go on end, then closes. Who waits for a run gets its answer at once. */
  stop(): Promise<void>;
}

/** Another program listens there. */
export class PortTakenError extends UnavailableError {}

/** Listens. Throws `PortTakenError`, or `UnavailableError` when the port or the address may not be used. */
export async function startServer(options: ListenOptions): Promise<RunningServer> {
  const { client, context, source, token, host, port, maxBody, temporalUi = null, log } = options;
  const limits = { ...LIMITS, ...options.limits };
  const stopping = new AbortController();
  const own = { sessions: new Sessions(), metrics: new ServerMetrics(), stopping: stopping.signal };
  const app = createServer({ client, context, source, token, maxBody, temporalUi, log, ...own });
  const listener = getRequestListener(app.fetch, { errorHandler: (error) => bareAnswer(error, log) });
  const server = createHttpServer(
    {
      headersTimeout: limits.headers,
      requestTimeout: limits.request,
      keepAliveTimeout: limits.keepAlive,
      connectionsCheckingInterval: Math.min(1_000, limits.headers),
      // Node's own answer to that would be no problem+json.
      requireHostHeader: false,
    },
    listener,
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', answerBrokenRequest);
  await listening(server, host, port);
  return {
    url: urlOf(server.address() as AddressInfo),
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      stopping.abort(new Error('the server stops'));
      const late = setTimeout(() => server.closeAllConnections(), limits.grace);
      await closed;
      clearTimeout(late);
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code = 'unknown reason' }: NodeJS.ErrnoException) => {
      const where = `port ${port} of ${host}`;
      if (code === 'EADDRINUSE') reject(new PortTakenError(`${where} is taken by another program; ${REMEDY}`));
      else reject(new UnavailableError(`${where} cannot be listened on (${code}); ${REMEDY}`));
    });
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

const REMEDY = 'set TIDEMARK_PORT or `server.port`, and TIDEMARK_HOST or `server.host`, to others';

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** What Node refuses before it is a request. */
const BROKEN: Readonly<Record<string, readonly [ProblemStatus, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'the headers are too large'],
};

const MALFORMED = [400, 'this is not a request of HTTP/1.1'] as const;

function answerBrokenRequest({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, detail] = BROKEN[code] ?? MALFORMED;
  const requestId = randomUUID();
  const body = JSON.stringify(new Problem(status, detail).body(requestId));
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * Outside of all routes: the library could make nothing of the request (a wrong `Host`, an address that is none), or
 * something was thrown that is no error.
 */
function bareAnswer(error: unknown, log: ServerLog): Response {
  const isMalformed = error instanceof RequestError;
  const requestId = randomUUID();
  if (!isMalformed) log.warn(inspect(error), { requestId });
  const problem = isMalformed
    ? new Problem(400, 'the address or the header `Host` of the request is malformed')
    : new Problem(500, UNFORESEEN);
  const headers = { 'content-type': PROBLEM_TYPE, 'x-request-id': requestId };
  return new Response(JSON.stringify(problem.body(requestId)), { status: problem.status, headers });
}
