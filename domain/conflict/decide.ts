import type { FieldPath, Fields } from '../entity.ts';
import { sameJson } from '../json-equality.ts';
import { baseAfter, recordAfter } from './after-write.ts';
import { readAnswer } from './answer.ts';
import { fieldsOf } from './by-field.ts';
import { decideField } from './decide-field.ts';
import type { Action, Decision, FieldDecision } from './decision.ts';
import { type Directives, directivesFor } from './directives.ts';
import type { Policy, ResolverResult } from './policy.ts';
import { resolutionFor } from './resolution-order.ts';
import { contestOf } from './sides.ts';
import type { Vector } from './vector.ts';
import { vectorWarnings } from './vector-warnings.ts';
import type { Warning } from './warnings.ts';

/**
 * Decides what an import does to one record (sync-semantics 7): whether the strategy allows it at all, and field by
 * field which side stands. `resolver` is what the policy's resolver answered to this vector; null: none is set. Nothing
 * is changed in place, and the same input always gives the same decision.
 */
export function decide(vector: Vector, policy: Policy, resolver: ResolverResult | null): Decision {
  const { parts, warnings } = readAnswer(resolver?.answer);
  const directives = directivesFor({ policy, answer: parts, resolved: resolver !== null });
  if (!directives.strategy.includes(vector.method)) return skipped(vector, warnings);
  const details = decideFields(vector, directives);
  const written = details.filter(changesContent);
  const sent = written.flatMap(({ field, taken }) =>
    taken?.value === undefined ? [] : [[field, taken.value] as const],
  );
  return {
    action: actionOf(vector, written),
    fields: Object.fromEntries(sent) as Fields,
    removed: written.filter(({ taken }) => taken?.value === undefined).map(({ field }) => field),
    details,
    record: recordAfter(vector, details),
    base: baseAfter(vector, details),
    asserted: assertedBy(directives, details),
    warnings: [...warnings, ...vectorWarnings(vector, parts, details)],
  };
}

function skipped({ local, base }: Vector, warnings: readonly Warning[]): Decision {
  return {
    action: 'skip',
    fields: {} as Fields,
    removed: [],
    details: [],
    record: local,
    base,
    asserted: {} as Fields,
    warnings,
  };
}

function decideFields(vector: Vector, directives: Directives): FieldDecision[] {
  const given = fieldsOf(vector.incoming.fields);
  if (vector.method === 'update') {
    return [...given, ...givenUp(vector)].map((field) => decideField(contestOf(vector, field), directives));
  }
  return given.map((field) => {
    const { local, incoming } = contestOf(vector, field);
    return { field, rule: 'new-record', resolution: null, local, incoming, taken: incoming };
  });
}

/** Fields of a new record count as the next update will decide them. */
function assertedBy(directives: Directives, details: readonly FieldDecision[]): Fields {
  const applies = ({ field, resolution }: FieldDecision) =>
    (resolution ?? resolutionFor(directives, field, 'neither')).applies;
  const asserted = details.filter((detail) => detail.incoming.value !== undefined && applies(detail) === 'other');
  return Object.fromEntries(asserted.map(({ field, incoming }) => [field, incoming.value])) as Fields;
}

/** Fields that this claim wrote and names no more (sync-semantics 1.5). */
function givenUp({ local, incoming, base, asserted }: Vector): FieldPath[] {
  const named = new Set([...fieldsOf(incoming.fields), ...incoming.failed]);
  const fields = local?.fields ?? {};
  return fieldsOf({ ...base?.fields, ...asserted } as Fields).filter(
    (field) => !named.has(field) && Object.hasOwn(fields, field),
  );
}

const changesContent = ({ local, taken }: FieldDecision): boolean =>
  taken !== null && !sameJson(local.value, taken.value);

function actionOf({ method }: Vector, written: readonly FieldDecision[]): Action {
  if (method === 'create') return 'create';
  return written.length > 0 ? 'update' : 'unchanged';
}
