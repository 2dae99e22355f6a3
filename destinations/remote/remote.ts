import type { EntityKey, Fields } from '../../domain/entity.ts';

/** An entity as a remote may hold it. */
export interface KnownEntity extends EntityKey {
  /**
   * What requests may have left there: what was confirmed last, and what was sent since without an answer. Empty:
   * nothing was sent yet. A field, or an item of a list, that is in one of them and not in what is written now has to
   * be cleared where the remote does not do that itself.
   */
  readonly held: readonly Fields[];
}

/** An entity as a remote is to hold it. */
export interface RemoteEntity extends KnownEntity {
  /** All fields; one that is `null` is an explicit null (sync-semantics 1.5). */
  readonly fields: Fields;
}

/**
 * What became of one entity of a call.
 *
 * - `done`: the remote has confirmed it. A delete of what is not there is done.
 * - `refused`: it will never take this content; the record goes into quarantine, with the reason.
 * - `missing-relation`: it would take it if what it refers to were there; tried again when all else is written.
 * - `later`: certainly not done, and to be sent again, e.g. after a rate limit; `ready` says when.
 * - `unanswered`: nobody knows; written again by the next run (sync-semantics 5.3).
 *
 * A reason is for people: no secret, no whole record.
 */
export type RemoteAnswer =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'refused' | 'missing-relation' | 'later' | 'unanswered'; readonly reason: string };

export interface RemoteLimits {
  /** Entities of one `write`. */
  readonly maxEntities: number;
  /** Bytes of their fields as JSON; one entity may be larger. */
  readonly maxBytes: number;
  /** Entities of one `remove`. */
  readonly maxDeletes: number;
  /** Calls of `write` and `remove` at a time, over everything that this process does. */
  readonly parallel: number;
  /** Milliseconds after which a call is given up, its retries included: its signal aborts. */
  readonly callDeadline: number;
}

/**
 * A destination elsewhere, reached by requests that may fail, be cut off, or take effect without an answer. What is to
 * be written, when, and what became of it is the business of the sending around it; an implementation makes one
 * attempt at a call, HTTP retries included. Throws `DestinationError` for what concerns the remote as a whole, such as
 * credentials that are refused, or a host that cannot be reached: then nothing of the call can take effect any more.
 */
export interface Remote {
  readonly limits: RemoteLimits;
  /** Writes entities of one or several blueprints; one answer for each, in the same order. Repeating it is harmless. */
  write(entities: readonly RemoteEntity[], signal: AbortSignal): Promise<readonly RemoteAnswer[]>;
  /** Deletes entities; one answer for each, in the same order. */
  remove(entities: readonly KnownEntity[], signal: AbortSignal): Promise<readonly RemoteAnswer[]>;
  /**
   * Lower ranks are written first and deleted last; within a rank there is no order. Without it all blueprints have the
   * same rank.
   */
  rank?(blueprint: string): number;
  /** Resolves when a call may be sent, e.g. after a rate limit: waiting here takes nothing of a call's deadline. */
  ready?(signal: AbortSignal): Promise<void>;
  /** Before a run's first request: makes what the remote needs, e.g. blueprints. Repeating it is harmless. */
  prepare?(signal: AbortSignal): Promise<void>;
  /** What the remote says this integration has written, in pages. Without it nothing is reconciled. */
  owned?(signal: AbortSignal): AsyncIterable<readonly EntityKey[]>;
}
