import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ServerEnv, ServerParts } from './parts.ts';
import { Problem } from './problem.ts';

/** Refuses a body over the limit: by its declared length at once, otherwise as soon as more than that has come. */
export function limitBody({ maxBody }: Pick<ServerParts, 'maxBody'>): MiddlewareHandler<ServerEnv> {
  return bodyLimit({
    maxSize: maxBody,
    onError: () => {
      // What is still on its way is not waited for.
      throw new Problem(413, `a body may have ${maxBody} bytes (\`server.maxBody\`)`, {
        headers: { connection: 'close' },
      });
    },
  });
}
