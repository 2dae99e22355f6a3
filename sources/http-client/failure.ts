import type { AxiosError } from 'axios';
import { SourceError } from '../../domain/errors.ts';
import { messageOf } from './answer.ts';
import { shown } from './origin.ts';
import { isRateLimited } from './rate-limit.ts';
import { brokeOff, isTransient, TRIES, tooLarge } from './retry.ts';
import type { SettingNames } from './setting-names.ts';

export interface FailureContext {
  readonly url: string;
  readonly names: SettingNames;
  /** The setting that the requests prove their right with, as a sentence names it; `null`: none is set. */
  readonly credential: string | null;
  /** What the API may echo and nobody may see. */
  readonly secrets: readonly string[];
  /** Milliseconds. */
  readonly requestTimeout: number;
  readonly maxPageBytes: number;
}

/**
 * What a request that failed for good means to the person who configured the source. The axios error is not attached
 * as a cause: it carries the request's headers, the token among them.
 */
export function failureOf(error: AxiosError, context: FailureContext): SourceError {
  return new SourceError(`GET ${shown(context.url)} ${meaning(error, context)}`);
}

function meaning(error: AxiosError, context: FailureContext): string {
  const { response, code } = error;
  const each = `on each of ${TRIES} tries`;
  if (tooLarge(error)) return `answered more than ${context.maxPageBytes} bytes, the largest page that is read`;
  if (brokeOff(error)) return `broke off in the middle of its answer ${each}`;
  if (code === 'ETIMEDOUT') return `did not answer within ${context.requestTimeout / 1000} s ${each}`;
  if (response === undefined) return `failed (${code ?? error.message})${outlook(error, context)}`;
  const said = quoted(messageOf(response.data), context);
  const answered = `answered ${response.status}${said}`;
  if (isRateLimited(response)) return `${answered} ${each}: the rate limit does not lift; run again later`;
  if (isTransient(error)) return `${answered} ${each}: the API is not well; run again later`;
  return `${answered}: ${remedy(response.status, context)}`;
}

/** The API's own words in one short line, without the secrets, which it may echo. */
function quoted(message: string, { secrets }: FailureContext): string {
  const safe = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), message);
  return safe === '' ? '' : ` "${safe.replaceAll(/\s+/g, ' ').slice(0, 200)}"`;
}

function outlook(error: AxiosError, { names }: FailureContext): string {
  return `${isTransient(error) ? ` on each of ${TRIES} tries` : ''}: check ${names.address} and the network`;
}

function remedy(status: number, { credential, names }: FailureContext): string {
  if (status === 401 || status === 403) {
    if (credential === null) return 'no source.accessToken is set; set one that may read this';
    if (status === 401) return `${credential} is wrong or has expired; set one that is valid there`;
    return `${credential} may not read this; give the token the right, or take what it may not read out of ${names.request}`;
  }
  return `check ${names.address} and ${names.request}`;
}
