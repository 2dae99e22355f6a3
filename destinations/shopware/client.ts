import { DestinationError } from '../../domain/errors.ts';
import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';
import { CallFailure } from '../http/call-failure.ts';
import type { JsonAnswer } from '../http/json-client.ts';
import type { ShopAccount } from './account.ts';
import { isAboutData } from './verdict.ts';

export interface ShopRequest {
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Whether the request could be made smaller: then one that takes too long is not tried again as it is. */
  readonly splittable: boolean;
}

/** What came of a request. A reason is for people. */
export type ShopReply =
  /** The shop has judged it: success, or something wrong with the data. */
  | { readonly type: 'answer'; readonly status: number; readonly body: RawRecord }
  /** Too large, or it takes too long: to be sent in parts. `undone`: certainly nothing of it was written. */
  | { readonly type: 'too-much'; readonly undone: boolean; readonly reason: string }
  /** The tries are used up. */
  | { readonly type: 'failed'; readonly undone: boolean; readonly reason: string };

/**
 * Sends a request to a shop: again with growing pauses on 408, 429, 5xx and broken connections, never on another
 * refusal (sync-semantics 9). Throws `DestinationError` for what no other data can mend.
 */
export async function post(account: ShopAccount, path: string, request: ShopRequest): Promise<ShopReply> {
  const { splittable, ...rest } = request;
  const isFinal = (answer: JsonAnswer | null): boolean =>
    answer === null || answer.status === 504 ? splittable : isAboutData(answer);
  try {
    return replyOf(path, await account.client.send({ method: 'POST', path, ...rest, isFinal }));
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    const { message: reason, effect, timedOut } = error;
    const undone = effect === 'none';
    if (timedOut) return { type: 'too-much', undone, reason };
    if (undone && account.limit.pending === 0) {
      throw new DestinationError(`${reason}: check destination.baseUrl and the network`);
    }
    return { type: 'failed', undone, reason };
  }
}

function replyOf(path: string, { status, body }: JsonAnswer): ShopReply {
  const answered = `POST ${path} answered ${status}`;
  if (status === 413) return { type: 'too-much', undone: true, reason: `${answered}: too large` };
  if (status === 504) return { type: 'too-much', undone: false, reason: answered };
  const remedy = REMEDIES[status] ?? (status >= 300 && status < 400 ? REDIRECTED : undefined);
  if (remedy !== undefined) throw new DestinationError(`${answered}: ${remedy}`);
  if (status < 300 && !isRawRecord(body)) throw new DestinationError(`${answered} ${NO_JSON}`);
  return { type: 'answer', status, body: isRawRecord(body) ? body : {} };
}

const NO_API = 'there is no Sync API; check destination.baseUrl and destination.dialect';

/** What concerns the shop as a whole. */
const REMEDIES: Readonly<Record<number, string>> = { 404: NO_API, 405: NO_API };

const REDIRECTED = 'destination.baseUrl leads elsewhere; set it to the address that the shop really has';

const NO_JSON = "with something that is not JSON: check that destination.baseUrl is the shop's own address";
