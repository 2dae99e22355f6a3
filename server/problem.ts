import { STATUS_CODES } from 'node:http';
import type { Mistake } from '../domain/errors.ts';

/** Statuses of answers that say what is wrong. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 410 | 413 | 415 | 422 | 431 | 500 | 503;

export interface ProblemOptions {
  readonly errors?: readonly Mistake[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that says what is wrong and what would be right, thrown from anywhere below a route (RFC 9457). */
export class Problem extends Error {
  readonly status: ProblemStatus;
  readonly errors: readonly Mistake[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ProblemStatus, detail: string, { errors = [], headers = {} }: ProblemOptions = {}) {
    super(detail);
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }

  /** As it is sent. The request id leads from the answer to the server's log. */
  body(requestId: string) {
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      errors: this.errors.map(({ path, message }) => ({ path, message })),
      requestId,
    };
  }
}

export const PROBLEM_TYPE = 'application/problem+json';

/** All that a caller is told of what nobody foresaw. */
export const UNFORESEEN = 'something went wrong here; the log of the server has it under this request id';
