import type { Context, ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';
import { isOutage } from '../client/outage.ts';
import { type Path, pathText } from '../config/problem.ts';
import {
  ConflictError,
  GoneError,
  type Mistake,
  NotFoundError,
  UnavailableError,
  UsageError,
} from '../domain/errors.ts';
import { allowedMethods } from './methods.ts';
import { problemPage, wantsPage } from './pages/problem.ts';
import type { App, ServerEnv, ServerParts } from './parts.ts';
import { PROBLEM_TYPE, Problem, UNFORESEEN } from './problem.ts';

const NOT_JSON = 'the body is not JSON; send an object, such as {}';
const WRONG_TYPE = 'a body is sent as `Content-Type: application/json`';
const NO_ANSWER = 'the database or Temporal does not answer, or not in time; try again in a moment';

/** Turns whatever a route threw into the answer, in one place. Only what nobody foresaw is logged. */
export function answerErrors({ log }: Pick<ServerParts, 'log'>): ErrorHandler<ServerEnv> {
  return (error, c) => {
    const problem = problemOf(error);
    if (problem.status === 500) log.warn(error.stack ?? error.message, { requestId: c.get('requestId') });
    return answer(c, problem);
  };
}

/** For a path that no route has, and a method that its routes do not have. */
export function answerUnknown(app: App): NotFoundHandler<ServerEnv> {
  const methodsOf = allowedMethods(app);
  return (c) => {
    const methods = methodsOf(c.req.path);
    if (methods.length === 0) {
      return answer(c, new Problem(404, `there is no ${c.req.path} here; /docs lists what there is`));
    }
    const allow = methods.join(', ');
    const detail = `${c.req.path} does not take ${c.req.method}; it takes ${allow}`;
    return answer(c, new Problem(405, detail, { headers: { allow } }));
  };
}

function answer(c: Context<ServerEnv>, problem: Problem): Response | Promise<Response> {
  if (wantsPage(c)) return problemPage(c, problem);
  return c.body(JSON.stringify(problem.body(c.get('requestId'))), problem.status, {
    ...problem.headers,
    'content-type': PROBLEM_TYPE,
  });
}

/** What a schema found wrong, all of it. */
export function invalid(error: z.core.$ZodError, what: string): Problem {
  const errors = error.issues.flatMap(mistakesOf);
  return new Problem(422, `${what} is not as it must be: see errors`, { errors });
}

function problemOf(error: Error): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException) return ofLibrary(error);
  if (error instanceof NotFoundError) return new Problem(404, error.message);
  if (error instanceof ConflictError) return new Problem(409, error.message);
  if (error instanceof GoneError) return new Problem(410, error.message);
  if (error instanceof UsageError) return new Problem(422, error.message, { errors: error.mistakes });
  if (error instanceof UnavailableError) return unavailable(error.message);
  if (isOutage(error)) return unavailable(NO_ANSWER);
  return new Problem(500, UNFORESEEN);
}

function unavailable(detail: string): Problem {
  return new Problem(503, detail, { headers: { 'retry-after': '5' } });
}

/** Hono's own refusals, in our words. */
function ofLibrary({ status, message }: HTTPException): Problem {
  if (status === 400) return new Problem(400, NOT_JSON);
  if (status === 415) return new Problem(415, WRONG_TYPE);
  throw new Error(`an answer ${status} that nobody foresaw: ${message}`);
}

function mistakesOf(issue: z.core.$ZodIssue): Mistake[] {
  const path = issue.path as Path;
  if (issue.code !== 'unrecognized_keys') return [{ path: pathText(path), message: issue.message }];
  return issue.keys.map((key) => ({ path: pathText([...path, key]), message: 'unknown key' }));
}
