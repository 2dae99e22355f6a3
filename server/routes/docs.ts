import { readFileSync } from 'node:fs';
import { createRoute, z } from '@hono/zod-openapi';
import { describeApi } from '../openapi.ts';
import { docsPage } from '../pages/docs.ts';
import type { App } from '../parts.ts';

const tags = ['Server'];

const description = createRoute({
  method: 'get',
  path: '/openapi.json',
  tags,
  summary: 'This description, for programs',
  responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: z.looseObject({}) } } } },
});

const page = createRoute({
  method: 'get',
  path: '/docs',
  tags,
  summary: 'This description, for people',
  responses: { 200: { description: 'A page', content: { 'text/html': { schema: z.string() } } } },
});

/** What the page loads, by name. */
const ASSETS = { 'docs.css': 'text/css; charset=utf-8', 'docs.js': 'text/javascript; charset=utf-8' };

/** The API's description, for programs and for people (seed S1.15). Open to everybody: it holds nothing of anybody. */
export function addDocsRoutes(app: App): void {
  // Once, when first asked: by then every group has added its routes.
  let described: ReturnType<typeof describeApi> | undefined;
  const describe = () => {
    described ??= describeApi(app);
    return described;
  };

  app.openapi(description, (c) => c.json(describe() as object, 200));

  app.openapi(page, async (c) => c.html(await docsPage(describe())));

  for (const [name, type] of Object.entries(ASSETS)) {
    const text = readFileSync(new URL(`../assets/${name}`, import.meta.url), 'utf8');
    app.get(`/assets/${name}`, (c) => c.body(text, 200, { 'content-type': type }));
  }
}
