/** What may be done to entities of the destination; what is not allowed is skipped, and seen (sync-semantics 7.1). */
export interface Strategy {
  readonly create: boolean;
  readonly update: boolean;
}
