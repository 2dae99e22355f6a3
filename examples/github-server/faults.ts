import type { ServerResponse } from 'node:http';
import type { Json } from '../../domain/json.ts';
import type { Answer } from './answers.ts';
import type { GitHubRequest } from './request.ts';

/** What a test can have the server do in place of answering properly. */
export type Fault =
  /** Another answer; a body that is neither text nor bytes is sent as JSON. */
  | {
      readonly fault: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Json | Buffer;
    }
  /** The proper answer, changed. */
  | { readonly fault: 'alter'; readonly alter: (answer: Answer) => Answer }
  /** The connection is reset before a byte is sent. */
  | { readonly fault: 'destroy' }
  /** The connection is reset in the middle of the body. */
  | { readonly fault: 'cut' }
  /** No byte is ever sent. */
  | { readonly fault: 'hang' }
  /** Half of the body is sent, and then nothing any more. */
  | { readonly fault: 'stall' };

/** Sees every request before it is answered; waiting in it delays the answer. Nothing returned: let it pass. */
export type Intercept = (request: GitHubRequest) => Promise<Fault | undefined> | Fault | undefined;

/** Sends an answer, or what a fault makes of it. `proper` is only made when it is needed. */
export function send(response: ServerResponse, proper: () => Answer, fault?: Fault): void {
  if (fault?.fault === 'hang') return;
  if (fault?.fault === 'destroy') {
    response.destroy();
    return;
  }
  const { status, headers, body } = faulty(proper, fault);
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
    ...headers,
  });
  if (fault?.fault === 'cut') response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  else if (fault?.fault === 'stall') response.write(bytes.subarray(0, bytes.length / 2));
  else response.end(status === 304 ? undefined : bytes);
}

function faulty(proper: () => Answer, fault?: Fault): Answer {
  if (fault?.fault === 'alter') return fault.alter(proper());
  if (fault?.fault !== 'answer') return proper();
  const { status, headers = {}, body = '' } = fault;
  return { status, headers, body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) };
}
