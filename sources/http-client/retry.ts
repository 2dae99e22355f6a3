import type { AxiosError, AxiosResponse } from 'axios';
import { exponentialDelay, isNetworkError, retryAfter as retryAfterOf } from 'axios-retry';

/** Tries per request, the first one included (sync-semantics 2.4). */
export const TRIES = 5;

/** The longest pause between two tries that the API did not ask for, in milliseconds. */
const LONGEST_DELAY = 30_000;

/**
 * Milliseconds before try `n + 1`: `first`, then twice as long each time, at most 30 s, up to a fifth more at random so
 * that many readers do not come back at the same moment.
 */
export function backoff(n: number, first: number): number {
  return Math.min(exponentialDelay(n, undefined, first / 2), LONGEST_DELAY);
}

/** Milliseconds that `Retry-After` (seconds or a date) asks for; 0 without one. */
export function retryAfter(headers: AxiosResponse['headers']): number {
  return retryAfterOf({ response: { headers } } as AxiosError);
}

/** The body broke off after the head had arrived: axios keeps the good status in the error. */
export function brokeOff({ response }: AxiosError): boolean {
  return response !== undefined && response.status < 300;
}

/** axios gave up because the body grew over `maxContentLength`; it has no code of its own for that. */
export function tooLarge({ code, response }: AxiosError): boolean {
  return code === 'ERR_BAD_RESPONSE' && response === undefined;
}

/** Asking again may help: the connection failed or was cut, no answer came in time, or the server said so. */
export function isTransient(error: AxiosError): boolean {
  if (error.code === 'ERR_CANCELED' || tooLarge(error)) return false;
  if (error.response === undefined) return isNetworkError(error);
  const { status } = error.response;
  return brokeOff(error) || status === 408 || status === 429 || status >= 500;
}
