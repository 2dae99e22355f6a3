import type { Claim } from './claim.ts';
import { valueAt } from './conflict/by-field.ts';
import { FIELD_RULES, type FieldRule, type FieldRuleName } from './conflict/field-rules.ts';
import type { Side } from './conflict/sides.ts';
import type { StoredRecord } from './conflict/vector.ts';
import type { EntityKey, FieldPath, Fields } from './entity.ts';
import type { Json } from './json.ts';
import { sameJson } from './json-equality.ts';

/** What decided about a field, with both sides as they were. */
export interface NotedDecision {
  readonly rule: string;
  /** The rule's number in docs/sync-semantics.md. */
  readonly number: string;
  readonly because: string;
  /** The part of the policy that said so; null: none was asked. */
  readonly saidBy: string | null;
  /** Null: a call, an event or a person. */
  readonly run: string | null;
  /** RFC 3339 in UTC. */
  readonly at: string;
  readonly integration: string;
  readonly resource: string;
  readonly recordKey: string;
  readonly local: Side;
  readonly incoming: Side;
}

export interface ExplainedField {
  readonly field: FieldPath;
  readonly value: Json;
  /** When it last changed where it came from, and who it came from; null: not known. */
  readonly time: string | null;
  readonly origin: string | null;
  /** Why it has this value, in words. */
  readonly why: string;
  /** What made it so; null: no policy decided about it. */
  readonly decision: NotedDecision | null;
  /** The claims that say something of it, later ones over earlier ones where the source wins. */
  readonly said: readonly (Pick<Claim, 'integration' | 'resource' | 'recordKey'> & { readonly value: Json })[];
}

/** Why an entity is as it is: who claims it, and which run and rule set each field. Times are RFC 3339 in UTC. */
export interface Explanation extends EntityKey {
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The latest of the fields' times; null: none is known. */
  readonly modifiedAt: string | null;
  /** The run that last changed the content; null: a call, an event or a person did, or it was not noted. */
  readonly changedRun: string | null;
  readonly claims: readonly Claim[];
  readonly fields: readonly ExplainedField[];
}

/** What is known of an entity, from which it is explained. */
export interface EntityFacts {
  readonly record: StoredRecord;
  /** In the order in which contents are merged; `said`: what the claim last wrote or agreed with. */
  readonly claims: readonly (Claim & { readonly said: Fields; readonly asserted: Fields })[];
  /** The latest of each field and claim, latest first; `field` null: the record was created. */
  readonly changes: readonly NotedChange[];
}

export type NotedChange = Omit<NotedDecision, 'number' | 'because'> & { readonly field: FieldPath | null };

const EDIT: FieldRule = { number: '7.10', stands: 'incoming', because: 'a person set it' };

const ruleOf = (rule: string): FieldRule => (rule === 'edit' ? EDIT : FIELD_RULES[rule as FieldRuleName]);

/** Explains every field, in the order of their paths. */
export function explainFields(facts: EntityFacts): ExplainedField[] {
  const { fields } = facts.record;
  return (Object.keys(fields) as FieldPath[]).sort().map((field) => explainField(facts, field));
}

function explainField({ record, claims, changes }: EntityFacts, field: FieldPath): ExplainedField {
  const value = record.fields[field] as Json;
  const said = claims.flatMap(({ integration, resource, recordKey, said: all }) =>
    Object.hasOwn(all, field) ? [{ integration, resource, recordKey, value: all[field] as Json }] : [],
  );
  const owner = claims.findLast(
    ({ asserted }) => Object.hasOwn(asserted, field) && sameJson(valueAt(asserted, field), value),
  );
  const decision = decisionOn(changes, field, value);
  const time = record.times[field] ?? (Object.hasOwn(record.times, field) ? null : record.modifiedAt);
  return {
    field,
    value,
    time,
    origin: record.origins[field] ?? null,
    why: decision === null ? wordsOf(owner, said.length > 0) : `${decision.because} (${decision.number})`,
    decision,
    said,
  };
}

/** The last decision, where the field still has the value that it left; else a write that no policy decided came after. */
function decisionOn(changes: readonly NotedChange[], field: FieldPath, value: Json): NotedDecision | null {
  const last = changes.find((change) => change.field === field);
  if (last !== undefined) {
    const { number, because, stands } = ruleOf(last.rule);
    const { field: _, ...noted } = last;
    return sameJson((stands === 'local' ? last.local : last.incoming).value, value)
      ? { ...noted, number, because }
      : null;
  }
  const created = changes.find((change) => change.field === null);
  if (created === undefined) return null;
  const { field: _, ...noted } = created;
  return { ...noted, ...ruleOf(created.rule) };
}

function wordsOf(owner: Claim | undefined, isSaid: boolean): string {
  if (owner !== undefined) {
    const { integration, resource } = owner;
    return `${integration} says so (${resource}), and no policy keeps another value (7.6); which run wrote the field is not noted`;
  }
  if (isSaid) return 'what wrote it is not noted: a claim that has ended, or somebody by hand';
  return 'no claim says anything of it: a claim that has ended wrote it, or somebody by hand';
}
