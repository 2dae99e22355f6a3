import type { Decision, FieldDecision } from '../domain/conflict/decision.ts';
import type { FieldRuleName } from '../domain/conflict/field-rules.ts';
import type { Side } from '../domain/conflict/sides.ts';
import type { EntityKey, FieldPath } from '../domain/entity.ts';
import { sameJson } from '../domain/json-equality.ts';
import type { Queryable } from './database.ts';

/** What a decision did to a field, or to a new record as a whole. */
export interface ChangeRow extends EntityKey {
  readonly recordKey: string;
  readonly field: FieldPath | null;
  readonly rule: FieldRuleName | 'edit';
  readonly saidBy: string | null;
  readonly local: Side;
  readonly incoming: Side;
}

const NOBODY: Side = { time: null, origin: null };

/** What there is to note of a decision: fields that changed, and those that stood though the sides differ. */
export function changesOf(row: EntityKey & { readonly recordKey: string }, decision: Decision): ChangeRow[] {
  const { blueprint, identifier, recordKey } = row;
  const key = { blueprint, identifier, recordKey };
  if (decision.action === 'create') {
    const [first] = decision.details;
    const incoming = { time: decision.record?.modifiedAt ?? null, origin: first?.incoming.origin ?? null };
    return [{ ...key, field: null, rule: 'new-record', saidBy: null, local: NOBODY, incoming }];
  }
  return decision.details.filter(isNews).map(({ field, rule, resolution, local, incoming, taken }) => {
    const { value, time, origin } = taken ?? incoming;
    const other = value === undefined ? { time, origin } : { value, time, origin };
    return { ...key, field, rule, saidBy: resolution?.saidBy ?? null, local, incoming: other };
  });
}

const isNews = ({ rule, local, incoming }: FieldDecision): boolean =>
  rule !== 'same-value' && rule !== 'same-value-later' && !sameJson(local.value, incoming.value);

/**
 * The end of a statement that appends changes; $1 to $3: destination, integration, resource; `changes` is the parameter
 * that holds them. What was let stand just as the last time is not noted again.
 */
export const logChanges = (changes: string): string => `
  insert into tidemark.change
    (destination, blueprint, identifier, field, run_id, integration, resource, record_key, rule, said_by, local,
     incoming)
  select $1, x.blueprint, x.identifier, x.field, nullif(current_setting('tidemark.run', true), ''), $2, $3,
         x."recordKey", x.rule, x."saidBy", x.local, x.incoming
    from json_to_recordset(${changes}::json) as x (blueprint text, identifier text, field text, "recordKey" text, rule text,
         "saidBy" text, local jsonb, incoming jsonb)
    left join lateral (
      select * from tidemark.change l
       where l.destination = $1 and l.blueprint = x.blueprint and l.identifier = x.identifier and l.field = x.field
         and l.integration = $2 and l.resource = $3 and l.record_key = x."recordKey"
       order by id desc limit 1
    ) last on true
   where last.rule is distinct from x.rule or last.local -> 'value' is distinct from x.local -> 'value'
      or last.incoming -> 'value' is distinct from x.incoming -> 'value'
   order by x.blueprint, x.identifier, x.field`;

const KEPT_DAYS = 90;

/** Forgets what was noted long ago. */
export async function forgetChanges(db: Queryable): Promise<void> {
  await db.query(`delete from tidemark.change where at < clock_timestamp() - interval '${KEPT_DAYS} days'`);
}
