import { z } from '@hono/zod-openapi';
import type { App } from './parts.ts';
import { PROBLEM_TYPE, type ProblemStatus } from './problem.ts';

const BEARER = 'bearer';

/** For routes that a caller has to prove itself for. */
export const SECURED = [{ [BEARER]: [] }];

/** Names the way in which callers prove themselves. */
export function describeSecurity(app: App): void {
  app.openAPIRegistry.registerComponent('securitySchemes', BEARER, {
    type: 'http',
    scheme: 'bearer',
    description: 'The token of `server.token` or `TIDEMARK_TOKEN`, or the one that the first start made and showed.',
  });
}

/** The description of all routes (OpenAPI 3.1), made of the schemas that check the requests. */
export function describeApi(app: App) {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Tidemark',
      version: '1',
      description:
        'Keeps a catalog in step with many systems. Writing calls answer 202 with the id of a trigger; with `?wait=true` they answer when the run that covers it has ended.',
    },
    servers: [{ url: '/', description: 'this server' }],
  });
}

const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: 'What is wrong, and what would be right' }),
    errors: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .openapi({ description: 'Every mistake by its place in what was sent, such as `config.resources[0].kind`' }),
    requestId: z.string().openapi({ description: 'The same as the header `x-request-id`; lines of the log carry it' }),
  })
  .openapi('Problem');

const MEANINGS: Readonly<Record<ProblemStatus, string>> = {
  400: 'The body is not JSON, or a time or a cursor is none',
  401: 'No token, or not the right one',
  403: 'A request by session from a page of another server',
  404: 'There is nothing of that name',
  405: 'The path does not take this method',
  408: 'The request took too long to arrive',
  409: 'Not in the state that it is in',
  410: 'It is not kept any more',
  413: 'The body is over `server.maxBody`',
  415: 'The body is not sent as `application/json`',
  422: 'What was sent is wrong: every mistake is in `errors`, and nothing was done',
  431: 'The headers are too large',
  500: 'Something went wrong here; the log has it under the request id',
  503: 'No worker runs, or the database or Temporal does not answer: nothing was done',
};

/** The answers of a route that say what is wrong. */
export function problems<Status extends ProblemStatus>(...statuses: readonly Status[]) {
  const content = { [PROBLEM_TYPE]: { schema: problemSchema } };
  const answers = statuses.map((status) => [status, { description: MEANINGS[status], content }]);
  return Object.fromEntries(answers) as Record<
    Status,
    { description: string; content: { [PROBLEM_TYPE]: { schema: typeof problemSchema } } }
  >;
}

/** An answer in JSON. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** A body in JSON. It may be left out: then it is `{}`. */
export function body<Schema extends z.ZodType>(schema: Schema) {
  return { content: { 'application/json': { schema } }, required: false as const };
}
