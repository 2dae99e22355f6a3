import { ASSETS } from '../pages/assets.ts';
import type { App } from '../parts.ts';

const A_YEAR = 'public, max-age=31536000, immutable';

/** What the pages load: files of this package and of htmx's. Open to everybody: the login needs them. */
export function addAssetRoutes(app: App): void {
  for (const [name, { text, type }] of Object.entries(ASSETS)) {
    app.get(`/assets/${name}`, (c) => c.body(text, 200, { 'content-type': type, 'cache-control': A_YEAR }));
  }
}
