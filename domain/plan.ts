/** Where a plan is. Only an open one can be approved or rejected (sync-semantics 3.5). */
export type PlanState = 'open' | 'applied' | 'rejected' | 'superseded';

/** Deletes of one kind that a guard holds until a person decides. Times are RFC 3339 in UTC. */
export interface Plan {
  readonly plan: string;
  readonly integration: string;
  /** The run that proposed it. */
  readonly run: string;
  readonly epoch: number;
  readonly configVersion: number;
  /** `null`: claims of resources that are no longer configured, the group `removed`. */
  readonly kind: string | null;
  /** Why they are held. */
  readonly reason: string;
  /** Claims that would end. */
  readonly claims: number;
  /** Entities that they are on. */
  readonly entities: number;
  readonly state: PlanState;
  /** Why it is in that state. */
  readonly why: string | null;
  readonly createdAt: string;
  readonly decidedAt: string | null;
  /** The run that applied it. */
  readonly appliedRun: string | null;
}
