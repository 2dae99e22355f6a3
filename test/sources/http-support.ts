import { onTestFinished } from 'vitest';
import { expressionText } from '../../config/expression-text.ts';
import type { RawRecord } from '../../domain/json.ts';
import { checkExpression, compile } from '../../mapping/expression.ts';
import { httpSettings } from '../../sources/http/settings.ts';
import { createHttpSource } from '../../sources/http/source.ts';
import type { HttpLimits } from '../../sources/http-client/client.ts';
import type { ListRequest, Page, Source } from '../../sources/source.ts';
import { type Handler, type RestServer, serveRest } from '../support/rest-server.ts';
import { collect, listRequest } from './support.ts';

const engine = { text: expressionText(checkExpression), compile };

type Settings = Readonly<Record<string, unknown>>;

/** A server that ends with the test, and a source of its kinds whose pauses are too short to notice. */
export async function restSource(
  kinds: Readonly<Record<string, Settings>>,
  handler: Handler,
  { limits = {}, ...settings }: { limits?: HttpLimits; headers?: Settings; accessToken?: string } = {},
): Promise<{ server: RestServer; source: Source }> {
  const server = await serveRest(handler);
  onTestFinished(() => server.close());
  const parsed = httpSettings(engine).parse({ url: `${server.url}/api`, kinds, ...settings });
  return { server, source: createHttpSource(parsed, engine, { retryDelay: 2, ...limits }) };
}

/** Every page of a kind. */
export function pagesOf(source: Source, kind: string, request: Partial<ListRequest> = {}): Promise<Page[]> {
  return collect(source.list(listRequest({ kind, selector: {}, ...request })));
}

/** Every page of a kind, each read by a process that knows the cursor of the one before and nothing else. */
export async function pagesByCursor(source: Source, kind: string): Promise<Page[]> {
  const pages: Page[] = [];
  for (let cursor: string | null = null; ; ) {
    const [page] = await firstOf(source.list(listRequest({ kind, selector: {}, cursor })));
    if (page === undefined) return pages;
    pages.push(page);
    if (page.next === null) return pages;
    cursor = page.next;
  }
}

async function firstOf(pages: AsyncIterable<Page>): Promise<Page[]> {
  for await (const page of pages) return [page];
  return [];
}

export function ids(pages: readonly Page[]): unknown[] {
  return pages.flatMap(({ rows }) => rows.map(({ id }) => id));
}

/** What two readings of the same list have in common: they ask at different seconds. */
export function timeless(pages: readonly Page[]): unknown[] {
  return pages.map(({ rows, next }) => ({ rows, next }));
}

/** Records with the ids from 1 to `count`. */
export function records(count: number): RawRecord[] {
  return Array.from({ length: count }, (_, index) => ({ id: index + 1 }));
}
