import { html } from 'hono/html';
import { ASSETS } from './assets.ts';
import type { Html } from './parts.ts';

export interface PageParts {
  readonly title: string;
  /** Which entry of the navigation it belongs to; `null`: nobody is logged in. */
  readonly section: 'sources' | 'entities' | null;
  readonly main: Html;
  /** Without scripts: load it again after so many seconds. */
  readonly refresh?: number | undefined;
}

/** What htmx may do: no code from attributes, nothing from elsewhere. What went wrong is said at the top of the page. */
const HTMX = JSON.stringify({
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  responseHandling: [
    { code: '204', swap: false },
    { code: '[23]..', swap: true },
    { code: '[45]..', swap: true, error: true, target: '#notice', swapOverride: 'innerHTML' },
  ],
});

const SECTIONS = [
  { section: 'sources', address: '/', text: 'Data sources' },
  { section: 'entities', address: '/entities', text: 'Entities' },
] as const;

/** A whole page. */
export function page({ title, section, main, refresh }: PageParts): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="htmx-config" content="${HTMX}">
<title>${title} · Tidemark</title>
<link rel="icon" href="${ASSETS['icon.svg'].address}">
<link rel="stylesheet" href="${ASSETS['pages.css'].address}">
<script src="${ASSETS['htmx.min.js'].address}" defer></script>
<script src="${ASSETS['pages.js'].address}" defer></script>
${refresh !== undefined && html`<noscript><meta http-equiv="refresh" content="${refresh}"></noscript>`}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="bar"><div class="inner">
<a class="brand" href="/">Tidemark</a>
${section !== null && navigation(section)}
</div></header>
<main id="main" class="inner" tabindex="-1">
<div id="notice" role="alert"></div>
<p id="said" class="visually-hidden" role="status"></p>
${main}
</main>
</body>
</html>`;
}

const navigation = (section: string): Html => html`<nav aria-label="Pages">${SECTIONS.map(
  (entry) =>
    html`<a href="${entry.address}"${entry.section === section && html` aria-current="true"`}>${entry.text}</a>`,
)}<a href="/docs">API</a></nav>
<form method="post" action="/logout"><button class="plain">Log out</button></form>`;
