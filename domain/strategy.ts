/** What may be done to entities of the destination; what is not allowed is skipped, and seen (sync-semantics 7.1). */
export interface Strategy {
  readonly create: boolean;
  readonly update: boolean;
}

/** That of a record, and of its components in the order in which the configuration lists them; absent: it has none. */
export interface RecordStrategy extends Strategy {
  readonly components?: readonly Strategy[];
}
