import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import type { ServerEnv, ServerParts } from './parts.ts';
import { Problem } from './problem.ts';

export const SESSION_COOKIE = 'tidemark_session';

const READING: readonly string[] = ['GET', 'HEAD'];

/**
 * Lets a caller in who sends the token (`Authorization: Bearer …`) or the cookie of a session. A request by cookie that
 * changes something must come from a page of this server (its `Origin`): a browser sends cookies for other pages as well.
 */
export function authenticate(parts: Pick<ServerParts, 'token' | 'sessions'>): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    c.set('origin', proofOf(c, parts));
    await next();
  };
}

/** Whether the caller's session holds. */
export function hasSession(c: Context<ServerEnv>, { sessions }: Pick<ServerParts, 'sessions'>): boolean {
  const id = getCookie(c, SESSION_COOKIE);
  return id !== undefined && sessions.holds(id);
}

/** Whether the caller shows the cookie of a session, be it one that holds or not. */
export const hasSessionCookie = (c: Context<ServerEnv>): boolean => getCookie(c, SESSION_COOKIE) !== undefined;

/** Compares in a time that says nothing about the token. */
export function isToken(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** Throws a problem unless the request's `Origin`, if it has one, is this server; with `required`, it must have one. */
export function checkOrigin(c: Context<ServerEnv>, { required }: { required: boolean }): void {
  const origin = c.req.header('origin');
  if (origin === undefined && !required) return;
  if (origin !== undefined && hostOf(origin) === c.req.header('host')) return;
  throw new Problem(403, 'a request with the cookie of a session must come from a page of this server (`Origin`)');
}

function proofOf(c: Context<ServerEnv>, parts: Pick<ServerParts, 'token' | 'sessions'>): 'api' | 'ui' {
  const authorization = c.req.header('authorization');
  if (authorization !== undefined) {
    const [, given] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (given !== undefined && isToken(given, parts.token)) return 'api';
    throw refused('the token is not the right one');
  }
  if (!hasSession(c, parts)) throw refused('send the token: `Authorization: Bearer …`, or log in');
  if (!READING.includes(c.req.method)) checkOrigin(c, { required: true });
  return 'ui';
}

function refused(detail: string): Problem {
  return new Problem(401, detail, { headers: { 'www-authenticate': 'Bearer realm="tidemark"' } });
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
