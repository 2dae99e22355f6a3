import { TrieRouter } from 'hono/router/trie-router';
import type { App } from './parts.ts';

/** `ALL` is middleware's: it says nothing about what a path takes. */
const MIDDLEWARE = 'ALL';

/** Which methods the routes of a path take; asked only once a request has found no route. */
export function allowedMethods(app: App): (path: string) => string[] {
  let router: TrieRouter<string> | undefined;
  return (path) => {
    if (router === undefined) {
      router = new TrieRouter<string>();
      for (const { method, path: pattern } of app.routes) {
        if (method !== MIDDLEWARE) router.add(MIDDLEWARE, pattern, method);
      }
    }
    const methods = router.match('GET', path)[0].map(([method]) => method);
    return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].sort();
  };
}
