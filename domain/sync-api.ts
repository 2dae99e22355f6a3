import { scopeResource } from './call.ts';

/**
 * Who holds the claims of what the Sync API wrote (sync-semantics 9). No integration can be called so. Its writes are the
 * last word on a field among all integrations: who writes by it is told what stands there afterwards.
 */
export const SYNC_API = '@sync-api';

/** The resource of its claims: a scope, as those of plain calls. */
export const SYNC_API_RESOURCE = scopeResource('sync-api');

/** The two dialects of the service; the path of a request says which (sync-semantics 9). */
export type Dialect = 'v3' | '6.5';

/** When what was written is found by search: before the answer, soon, or after `tidemark index` (seed S4.28). */
export type Indexing = 'immediate' | 'queue' | 'disabled';

export interface SyncOptions {
  readonly dialect: Dialect;
  /** v3: the answer is told by entity, not by record, and one mistake means that nothing is written (seed S4.27). */
  readonly singleOperation: boolean;
  /** v3: one mistake means that nothing is written; else what is wrong is left out, operation by operation. */
  readonly failOnError: boolean;
  readonly indexing: Indexing;
}

export type SyncErrorCode =
  | 'FRAMEWORK__INVALID_SYNC_OPERATION'
  | 'FRAMEWORK__WRITE_ERROR'
  | 'FRAMEWORK__INCONSISTENT_PRIMARY_KEY';

/** One thing that is wrong with what was sent. */
export interface SyncError {
  readonly code: SyncErrorCode;
  /** `/<operation>/<index>/<field>` (JSON pointer). */
  readonly pointer: string;
  readonly detail: string;
}

/** What identifies a row in an answer: its id, or its foreign keys. */
export type RowKey = string | Readonly<Record<string, string>>;

/** Rows of one entity that a record wrote or deleted. */
export interface WrittenRow {
  readonly entity: string;
  readonly key: RowKey;
}

export interface SyncedRecord {
  /** Empty where it was not written, or was not there to be deleted. */
  readonly rows: readonly WrittenRow[];
  /** To be deleted, and not there. */
  readonly missing: readonly WrittenRow[];
  readonly errors: readonly SyncError[];
}

export interface SyncedOperation {
  readonly key: string;
  readonly action: 'upsert' | 'delete';
  readonly records: readonly SyncedRecord[];
}

/** What became of a request. */
export interface Synced {
  /** The operations came as a list, not under keys. */
  readonly isList: boolean;
  readonly operations: readonly SyncedOperation[];
  /** Something was wrong with it. */
  readonly hasErrors: boolean;
}
