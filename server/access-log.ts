import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { ServerEnv, ServerParts } from './parts.ts';

/** A line and a measurement for every request; the address without its query, which may hold what people search for. */
export function recordRequests({ log, metrics }: Pick<ServerParts, 'log' | 'metrics'>): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    const start = performance.now();
    await next();
    const ms = Math.round(performance.now() - start);
    const { method, path } = c.req;
    const { status } = c.res;
    metrics.request({ method, route: routePath(c, -1), status, seconds: ms / 1000 });
    log.info(`${method} ${path} ${status} ${ms} ms`, { requestId: c.get('requestId'), method, path, status, ms });
  };
}
