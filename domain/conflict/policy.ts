import type { ByField } from './by-field.ts';

/** What an import does to a record: CREATE if there is no local record of its key, else UPDATE (sync-semantics 7.1). */
export const METHODS = ['create', 'update'] as const;
export type Method = (typeof METHODS)[number];

/**
 * Which side's value stands (seed S2.19–S2.22). `this`: always the destination's; `other`: always the source's, on
 * both sides of a peer sync; `newer`: the later one's.
 */
export const RESOLUTIONS = ['this', 'other', 'newer'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** One resolution for the whole record, or one per field. */
export type Resolutions = Resolution | ByField<Resolution>;

/** The policy of a resource, checked when the configuration was loaded. Its resolver's answer comes apart from it. */
export interface Policy {
  /** The methods that are allowed. Null or empty: every record is skipped. Not set: both (sync-semantics 7.1). */
  readonly strategy?: Method | readonly Method[] | null;
  readonly resolution?: Resolutions | null;
  /** For fields without an entry in `resolution`. */
  readonly defaultResolution?: Resolution | null;
  /** For fields that both sides changed since this claim last wrote them (sync-semantics 7.8). */
  readonly onConflict?: Resolutions | null;
}

/**
 * What `policy.resolve` or `syncResolve` made of the vector, unchecked; nothing, if it left all to the policy. `null`
 * in place of this object means that neither is set, which is not the same (sync-semantics 7.6).
 */
export interface ResolverResult {
  readonly answer: unknown;
}
