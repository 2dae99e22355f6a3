import { createRoute, z } from '@hono/zod-openapi';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { checkOrigin, hasSession, isToken, SESSION_COOKIE } from '../authentication.ts';
import { limitBody } from '../body.ts';
import { problems } from '../openapi.ts';
import { wantsPage } from '../pages/problem.ts';
import type { App, ServerParts } from '../parts.ts';
import { Problem } from '../problem.ts';
import { Sessions } from '../sessions.ts';

const tags = ['Session'];

/** Bytes: a token and no more. */
const MAX_LOGIN = 16 * 1024;

const credentials = z.strictObject({ token: z.string() }).openapi('Login');

const login = createRoute({
  method: 'post',
  path: '/login',
  tags,
  summary: 'Begins a session by the token; for pages',
  request: {
    query: z.object({ next: z.string().optional().openapi({ description: 'For forms: the page to go on to' }) }),
    body: {
      content: {
        'application/json': { schema: credentials },
        'application/x-www-form-urlencoded': { schema: credentials },
      },
      required: false,
    },
  },
  responses: {
    204: { description: 'The answer to JSON: the session is in a cookie, HttpOnly and SameSite=Strict' },
    303: { description: 'The answer to a form: the same, and on to the page' },
    ...problems(400, 401, 403, 413, 415, 422),
  },
  middleware: limitBody({ maxBody: MAX_LOGIN }),
});

const logout = createRoute({
  method: 'post',
  path: '/logout',
  tags,
  summary: 'Ends the session',
  responses: {
    204: { description: 'It is ended' },
    303: { description: 'The answer to a page: the same, and on to the login' },
    ...problems(403),
  },
});

/** The page's way in: the token once, then a cookie that scripts cannot read. */
export function addSessionRoutes(app: App, { sessions, token }: ServerParts): void {
  app.openapi(login, (c) => {
    checkOrigin(c, { required: false });
    const isForm = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded') ?? false;
    const given = isForm ? c.req.valid('form').token : c.req.valid('json').token;
    if (given === undefined) throw new Problem(422, 'the token is missing', { errors: [MISSING] });
    if (!isToken(given, token)) throw new Problem(401, 'the token is not the right one');
    setCookie(c, SESSION_COOKIE, sessions.begin(), {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: Sessions.maxAge,
      // Said by the proxy that ends TLS; a lie would only keep the liar's own cookie from being sent.
      secure: c.req.header('x-forwarded-proto') === 'https',
    });
    return isForm ? c.redirect(pathHere(c.req.valid('query').next), 303) : c.body(null, 204);
  });

  app.openapi(logout, (c) => {
    if (hasSession(c, { sessions })) checkOrigin(c, { required: true });
    sessions.end(getCookie(c, SESSION_COOKIE) ?? '');
    deleteCookie(c, SESSION_COOKIE, { path: '/' });
    return wantsPage(c) ? c.redirect('/', 303) : c.body(null, 204);
  });
}

const MISSING = { path: 'token', message: 'is missing; send {"token": "…"}' };

/** Nowhere but to this server: an address that somebody else made up must not lead away from it. */
function pathHere(next = '/'): string {
  const base = 'http://here';
  const url = next.startsWith('/') && URL.canParse(next, base) ? new URL(next, base) : new URL(base);
  return url.origin === base ? url.pathname + url.search : '/';
}
