import type { Context } from 'hono';
import type { ServerEnv } from '../../parts.ts';
import { Problem } from '../../problem.ts';

/** The fields of a form, each at most once. Throws a problem when it has other things. */
export async function fieldsOf(c: Context<ServerEnv>): Promise<Record<string, string>> {
  const fields = Object.entries(await c.req.parseBody());
  return Object.fromEntries(
    fields.map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      throw new Problem(422, `${name} must be a text, not a file`);
    }),
  );
}
