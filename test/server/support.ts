import type { Database } from '../../catalog/database.ts';
import type { RunningServer } from '../../server/listen.ts';
import { TOKEN } from '../support/rig.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
}

export interface Api {
  /** With the token; a body is sent as JSON. */
  (method: string, path: string, body?: unknown): Promise<Answer>;
  /** The body as it is, and other headers; a header that is empty is not sent. */
  raw(
    method: string,
    path: string,
    body?: string | ReadableStream<Uint8Array>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

/** Calls a server. */
export function api({ url }: Pick<RunningServer, 'url'>): Api {
  const raw: Api['raw'] = async (method, path, body, headers = {}) => {
    const standard = { authorization: `Bearer ${TOKEN}`, ...(body ? { 'content-type': 'application/json' } : {}) };
    const sent = Object.entries({ ...standard, ...headers }).filter(([, value]) => value !== '');
    const response = await fetch(`${url}${path}`, {
      method,
      headers: Object.fromEntries(sent),
      ...(body === undefined ? {} : { body, duplex: 'half' }),
      redirect: 'manual',
    } as RequestInit);
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  };
  const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
    raw(method, path, body === undefined ? undefined : JSON.stringify(body));
  return Object.assign(call, { raw });
}

/** The rows of a table. */
export async function countOf(db: Database, table: 'config_version' | 'trigger'): Promise<number> {
  const [row] = await db.query<{ count: number }>(`select count(*) as count from tidemark.${table}`);
  return (row as { count: number }).count;
}
