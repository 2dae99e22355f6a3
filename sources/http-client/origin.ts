import { SourceError } from '../../domain/errors.ts';
import type { SettingNames } from './setting-names.ts';

/**
 * Resolves a URL that the API handed out (a `Link`, a `Location`, a cursor) and refuses it when it leads anywhere but
 * to the API's own origin: the reader would otherwise fetch whatever address an answer names, token included
 * (sync-semantics 11). `what` names the place the URL came from, for the error's text.
 */
export function onOrigin(
  target: string,
  { base, origin, what, names }: { base: string; origin: string; what: string; names: SettingNames },
): string {
  if (!URL.canParse(target, base)) throw new SourceError(`${what} is not a URL that can be read`);
  const url = new URL(target, base);
  if (url.origin !== origin || url.username !== '' || url.password !== '') {
    throw new SourceError(
      `${what} leads to ${url.origin}, another origin than ${names.address} (${origin}): refused. ` +
        `If the API really answers there, set ${names.address} to that address`,
    );
  }
  return url.href;
}

/**
 * A URL as error texts and logs show it: origin, path and page number. The rest of a query may hold opaque cursors and
 * is left out.
 */
export function shown(url: string): string {
  const { origin, pathname, searchParams } = new URL(url);
  const page = searchParams.get('page');
  return origin + pathname + (page === null ? '' : `?page=${page}`);
}

/** The host is this machine: a proxy from the environment cannot reach it. */
export function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
