import type { WritableRecords } from './mapped-batch.ts';

/** What a call writes for one resource. */
export type LiveWrite = Omit<WritableRecords, 'resources'>;

/** Claims of a resource that a call ends, unless they were observed later. */
export interface LiveEnd {
  readonly resource: string;
  readonly kind: string;
  /** The source's key of the record; empty: it is known by its identity alone. */
  readonly recordKey: string;
  /** `null`: every claim of the record. */
  readonly identity: { readonly blueprint: string; readonly identifier: string } | null;
  /** Claims of the record that stay: it is there, as these entities. */
  readonly kept: readonly { readonly blueprint: string; readonly identifier: string }[];
  readonly observedAt: string;
  /** The record is gone: no older page may bring it back (sync-semantics 6.4). */
  readonly tombstone: boolean;
}

export interface LiveChange {
  readonly writes: readonly LiveWrite[];
  readonly ends: readonly LiveEnd[];
  readonly unidentified: number;
}

export interface LiveCall {
  /** Its place in the inbox. */
  readonly seq: number;
  readonly change: LiveChange;
}
