/** Who holds the claims of people, where other claims name their integration. No integration can be called so. */
export const PERSON = '@person';

/** What a record of a source holds on an entity (sync-semantics 1.1). */
export interface Claim {
  readonly integration: string;
  /** The entry of `resources:` that maps the record, or the scope of a plain call. */
  readonly resource: string;
  /** The source's own key of the record. */
  readonly recordKey: string;
  /** Whether the record created the entity or changed a field of it. */
  readonly owns: boolean;
  /** The epoch of the last run that saw the record. */
  readonly seenEpoch: number;
  /** When that read began, RFC 3339 in UTC. */
  readonly observedAt: string;
}
