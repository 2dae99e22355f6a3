import type { AnswerParts } from './answer.ts';
import { METHODS, type Method, type Policy, type Resolution, type Resolutions } from './policy.ts';

/** What holds for one record: the policy, with what the resolver said in its place. */
export interface Directives {
  readonly strategy: readonly Method[];
  readonly resolution: Resolutions | null;
  readonly defaultResolution: Resolution | null;
  readonly onConflict: Resolutions | null;
  /** Something picks fields, so those that it says nothing about stay as they are (sync-semantics 7.6). */
  readonly selective: boolean;
}

/**
 * What the resolver sets counts for this record in place of the policy's; what it does not set is the policy's
 * (sync-semantics 7.7). `resolved`: a resolver is set, whatever it answered.
 */
export function directivesFor({ policy, answer, resolved }: DirectiveParts): Directives {
  const resolution = answer.resolution ?? policy.resolution ?? null;
  const onConflict = policy.onConflict ?? null;
  return {
    strategy: methodsOf(answer.strategy === undefined ? policy.strategy : answer.strategy),
    resolution,
    defaultResolution: answer.defaultResolution ?? policy.defaultResolution ?? null,
    onConflict,
    selective: resolved || resolution !== null || onConflict !== null,
  };
}

interface DirectiveParts {
  readonly policy: Policy;
  readonly answer: AnswerParts;
  readonly resolved: boolean;
}

/** One value counts as a list of one; null is none, not set is both (sync-semantics 7.1, seed S2.8, S2.15). */
export function methodsOf(strategy: Policy['strategy']): readonly Method[] {
  if (strategy === undefined) return METHODS;
  if (strategy === null) return [];
  return typeof strategy === 'string' ? [strategy] : strategy;
}
