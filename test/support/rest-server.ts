import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../../domain/json.ts';
import { type Fault, send } from '../../examples/github-server/faults.ts';

export interface RestRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** How many came before it. */
  readonly index: number;
}

export interface RestServer {
  readonly url: string;
  readonly requests: readonly RestRequest[];
  /** Path and query of each request. */
  asked(): string[];
  close(): Promise<void>;
}

export type Handler = (request: RestRequest) => Fault | Promise<Fault>;

/** A real HTTP server on 127.0.0.1 that answers as a handler says. */
export async function serveRest(handler: Handler): Promise<RestServer> {
  const requests: RestRequest[] = [];
  const server = createServer(async (message, response) => {
    const { pathname, searchParams } = new URL(message.url ?? '/', 'http://host');
    const query = Object.fromEntries(searchParams);
    const request = { path: pathname, query, headers: message.headers, index: requests.length };
    requests.push(request);
    // What a fault cuts or stops in the middle.
    send(response, () => ({ status: 200, headers: {}, body: '[{"id":1},{"id":2}]' }), await handler(request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    asked: () => requests.map(({ path, query }) => `${path}?${new URLSearchParams(query)}`.replace(/\?$/, '')),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function answer(body: Json, headers: Readonly<Record<string, string>> = {}): Fault {
  return { fault: 'answer', status: 200, headers, body };
}

export function status(code: number, message = ''): Fault {
  return { fault: 'answer', status: code, body: { message } };
}
