import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

interface Asset {
  readonly type: string;
  readonly text: string;
  /** Changes with the content, so that browsers may keep it. */
  readonly address: string;
}

const require = createRequire(import.meta.url);
const own = (name: string): URL => new URL(`../assets/${name}`, import.meta.url);
const CSS = 'text/css; charset=utf-8';
const JS = 'text/javascript; charset=utf-8';

/** What the pages load, all from here: no other host is asked. */
export const ASSETS = {
  'pages.css': asset('pages.css', own('pages.css'), CSS),
  'pages.js': asset('pages.js', own('pages.js'), JS),
  'htmx.min.js': asset('htmx.min.js', pathToFileURL(require.resolve('htmx.org/dist/htmx.min.js')), JS),
  'icon.svg': asset('icon.svg', own('icon.svg'), 'image/svg+xml'),
};

function asset(name: string, file: URL, type: string): Asset {
  const text = readFileSync(file, 'utf8');
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { type, text, address: `/assets/${name}?${digest}` };
}
