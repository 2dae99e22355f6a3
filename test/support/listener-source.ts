import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What test/support/listeners asks for: a page of a kind, or one record. */
export interface AskedPage {
  readonly kind: string;
  /** From 0. */
  readonly page: number;
  /** The integration that asks, as its setting `name` says, and its process. */
  readonly from: string;
  readonly pid: number;
}

export type Row = Readonly<Record<string, unknown>>;

/** Rows of a kind, in pages, over HTTP; and an ear for what listeners say. */
export interface ListenerSource {
  readonly url: string;
  /** By kind. May be changed while it is read. */
  readonly rows: Map<string, Row[]>;
  /** Found by their key, and listed by no page. */
  readonly hidden: Map<string, Row>;
  readonly asked: AskedPage[];
  /** Lines that listeners sent. */
  readonly said: string[];
  /** Waiting in it delays the answer; what it throws is a 500. */
  intercept: (asked: AskedPage) => Promise<void> | void;
  close(): Promise<void>;
}

export async function startListenerSource({ pageSize }: { readonly pageSize: number }): Promise<ListenerSource> {
  const source = {
    rows: new Map<string, Row[]>(),
    hidden: new Map<string, Row>(),
    asked: [] as AskedPage[],
    said: [] as string[],
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, kind = '', key] = url.pathname.split('/').map(decodeURIComponent);
    if (request.method === 'POST') {
      source.said.push(await textOf(request));
      response.end();
      return;
    }
    const rows = source.rows.get(kind) ?? [];
    if (key !== undefined) {
      const row = rows.find(({ id }) => id === key) ?? source.hidden.get(key);
      response.writeHead(row ? 200 : 404).end(JSON.stringify(row ?? null));
      return;
    }
    const number = (name: string): number => Number(url.searchParams.get(name));
    const page = number('page');
    const asked = { kind, page, from: url.searchParams.get('from') ?? '', pid: number('pid') };
    source.asked.push(asked);
    try {
      await opened.intercept(asked);
    } catch {
      response.writeHead(500).end();
      return;
    }
    const slice = rows.slice(page * pageSize, (page + 1) * pageSize);
    const next = (page + 1) * pageSize < rows.length ? page + 1 : null;
    response.end(JSON.stringify({ rows: slice, next }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const opened: ListenerSource = {
    ...source,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    intercept: () => {},
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return opened;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
