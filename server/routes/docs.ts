import { describeApi } from '../openapi.ts';
import type { App } from '../parts.ts';

/** The API's description, for programs and for people. */
export function addDocsRoutes(app: App): void {
  app.get('/openapi.json', (c) => c.json(describeApi(app)));
}
