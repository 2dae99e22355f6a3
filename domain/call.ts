import type { EntityKey, Fields } from './entity.ts';
import type { RawRecord } from './json.ts';

/** An entity that is ready to be written, as its caller made it: no mapping is applied (seed S0.46). */
export interface ReadyEntity extends EntityKey {
  readonly fields: Fields;
}

/** Raw records of a kind, mapped by all its resources (sync-semantics 6.6). */
export type RawCall =
  | { readonly type: 'register-raw' | 'unregister-raw'; readonly kind: string; readonly rows: readonly RawRecord[] }
  | {
      readonly type: 'update-raw-diff';
      readonly kind: string;
      readonly before: readonly RawRecord[];
      readonly after: readonly RawRecord[];
    };

/** Ready entities, held by claims of their own scope (sync-semantics 6.7). */
export interface EntitiesCall {
  readonly type: 'register' | 'unregister' | 'sync';
  readonly scope: string;
  readonly entities: readonly ReadyEntity[];
}

export type PlainCall =
  | EntitiesCall
  | {
      readonly type: 'update-diff';
      readonly scope: string;
      readonly before: readonly ReadyEntity[];
      readonly after: readonly ReadyEntity[];
    };

/** A source's own event, as it was delivered; the source says what it is about (sync-semantics 6.3). */
export interface EventCall {
  readonly type: 'event';
  readonly event: string;
  readonly payload: RawRecord;
}

export type Call = RawCall | PlainCall | EventCall;

/** What applying a call did. Numbers count entities; `quarantined`: records. */
export interface CallCounts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly deleted: number;
  /** Older than what is stored: ignored (sync-semantics 6.2). */
  readonly outdated: number;
  readonly quarantined: number;
  /** Records that were to be unregistered and have neither a key nor an identity. */
  readonly unidentified: number;
}

export type CallState = 'waiting' | 'applied' | 'ignored' | 'failed';

/** A call as its caller can follow it. Times are RFC 3339 in UTC. */
export interface CallReport {
  readonly call: string;
  readonly integration: string;
  readonly state: CallState;
  readonly result: CallCounts | null;
  /** Why it was ignored, or failed, or what there is to say of one that was applied. */
  readonly reason: string | null;
  readonly receivedAt: string;
  readonly appliedAt: string | null;
}

/** The resource that plain calls of a scope hold their claims as. No configured resource is called so. */
export const scopeResource = (scope: string): string => `${SCOPE_PREFIX}${scope}`;

/** Kinds may not begin like this. */
export const SCOPE_PREFIX = 'scope:';

/** What a scope may be called. */
export const SCOPE = /^[A-Za-z0-9][\w.-]{0,62}$/;

/** The scope of plain calls that name none. */
export const DEFAULT_SCOPE = 'plain';
