import type { Policy } from './policy.ts';
import type { Vector } from './vector.ts';

/** How the records of a resource are decided, beyond what its strategy says. */
export interface RecordPolicy {
  readonly policy: Policy;
  /** What the resolver answers; what it throws puts the record into quarantine (sync-semantics 7.7). Null: none is set. */
  readonly resolve: ((vector: Vector) => Promise<unknown>) | null;
}
