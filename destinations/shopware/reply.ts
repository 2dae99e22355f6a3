import type { Json } from '../../domain/json.ts';

/** What came of a request. A reason is for people. */
export type ShopReply =
  /** The shop has judged it: success, or something wrong with the data. */
  | { readonly type: 'answer'; readonly status: number; readonly body: Json }
  /** Too large, or it takes too long: to be sent in parts. `undone`: certainly nothing of it was written. */
  | { readonly type: 'too-much'; readonly undone: boolean; readonly reason: string }
  /** The tries are used up. `undone`: certainly nothing of it was written. */
  | { readonly type: 'failed'; readonly undone: boolean; readonly reason: string };
