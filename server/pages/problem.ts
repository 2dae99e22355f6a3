import type { Context } from 'hono';
import { html } from 'hono/html';
import { hasSessionCookie } from '../authentication.ts';
import type { ServerEnv } from '../parts.ts';
import type { Problem } from '../problem.ts';
import { page } from './layout.ts';
import { loginPage } from './login.ts';
import { type Html, prose } from './parts.ts';
import { isPartial } from './polled.ts';

/** Whether the caller is a person with a browser, who is to get a page instead of JSON. */
export const wantsPage = (c: Context<ServerEnv>): boolean =>
  isPartial(c) || (c.req.header('accept') ?? '').includes('text/html');

const HEADINGS: Readonly<Record<number, string>> = {
  404: 'That is not here',
  409: 'That is not possible any more',
  422: 'That is not right',
  503: 'Not now',
};

/** What is wrong, in words. Who is not logged in may do so, and goes on from there. */
export function problemPage(c: Context<ServerEnv>, problem: Problem): Response | Promise<Response> {
  const { status, message } = problem;
  if (status === 401) {
    // The page that asks is loaded anew, and is the login then.
    if (isPartial(c)) return c.body(null, status, { 'hx-refresh': 'true' });
    return answer(c, problem, loginPage({ ...reasonOf(c, message), next: nextOf(c) }));
  }
  const text = problemText(problem, c.get('requestId'));
  if (isPartial(c)) return answer(c, problem, text);
  const heading = HEADINGS[status] ?? 'That did not work';
  const main = html`<h1>${heading}</h1>
${text}
<p><a class="button" href="${backOf(c)}">Back</a></p>`;
  return answer(c, problem, page({ title: heading, section: 'sources', main }));
}

async function answer(c: Context<ServerEnv>, { status, headers }: Problem, text: Html): Promise<Response> {
  return c.html(await text, status, headers);
}

function problemText({ status, message, errors }: Problem, requestId: string): Html {
  const others = errors.filter((error) => !message.includes(error.message));
  return html`<div class="mistake">
<p>${prose(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`)}</p>
${others.length > 0 && html`<ul>${others.map((error) => html`<li><code>${error.path}</code> ${prose(error.message)}</li>`)}</ul>`}
${status === 500 && html`<p>Request <code>${requestId}</code></p>`}
</div>`;
}

function reasonOf(c: Context<ServerEnv>, message: string): { why: string; isMistake: boolean } {
  if (c.req.path === '/login')
    return { why: `${message.charAt(0).toUpperCase()}${message.slice(1)}.`, isMistake: true };
  if (!hasSessionCookie(c)) return { why: 'The pages need the token of this server.', isMistake: false };
  const done = c.req.method === 'GET' ? '' : ' Nothing was done.';
  return { why: `Your session is over.${done} Log in again to go on.`, isMistake: true };
}

function nextOf(c: Context<ServerEnv>): string {
  if (c.req.path === '/login') return c.req.query('next') ?? '/';
  const { pathname, search } = new URL(c.req.url);
  return c.req.method === 'GET' ? pathname + search : backOf(c);
}

/** The page that the request came from, if it is one of this server. */
function backOf(c: Context<ServerEnv>): string {
  const referer = c.req.header('referer') ?? '';
  const { host, pathname, search } = URL.canParse(referer) ? new URL(referer) : { host: '', pathname: '/', search: '' };
  const isOwn = host === c.req.header('host') && pathname !== c.req.path;
  return isOwn ? pathname + search : '/';
}
