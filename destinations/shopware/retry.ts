import type { AxiosError } from 'axios';
import { exponentialDelay, isNetworkError, retryAfter } from 'axios-retry';

/** Tries per request, the first one included (sync-semantics 2.4). */
export const TRIES = 5;

/** The longest pause between two tries, in milliseconds; where the shop asks for more, the call is put off. */
export const LONGEST_DELAY = 30_000;

/** Milliseconds before try `n + 1`: `first`, then twice as long each time, up to a fifth more at random. */
export function backoff(n: number, first: number): number {
  return Math.min(exponentialDelay(n, undefined, first / 2), LONGEST_DELAY);
}

/** Milliseconds that the shop asks to wait; 0: it does not say. */
export function askedToWait(error: AxiosError): number {
  return retryAfter(error);
}

/** No answer came within the time of a request; 504: nor to the proxy before the shop. */
export function isTimeout({ code, response }: AxiosError): boolean {
  return code === 'ETIMEDOUT' || response?.status === 504;
}

/** Asking again may help: the connection failed or was cut, no answer came in time, or the shop said so. */
export function isTransient(error: AxiosError): boolean {
  const { response } = error;
  if (response === undefined) return isNetworkError(error);
  // The body broke off after the head had arrived: axios keeps the good status in the error.
  return response.status < 300 || response.status === 408 || response.status === 429 || response.status >= 500;
}

const NOT_CONNECTED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** The shop has certainly not done what was asked: it was not reached, or said that it was asked too often. */
export function isUndone({ code = '', response }: AxiosError): boolean {
  return response === undefined ? NOT_CONNECTED.includes(code) : response.status === 429;
}
