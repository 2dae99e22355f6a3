import { sameJson } from '../json-equality.ts';
import { valueAt } from './by-field.ts';
import type { FieldDecision } from './decision.ts';
import type { Directives } from './directives.ts';
import { FIELD_RULES, type FieldRuleName } from './field-rules.ts';
import { newer } from './newer.ts';
import { type AppliedResolution, resolutionFor } from './resolution-order.ts';
import type { Contest, Side } from './sides.ts';

/** Decides which side of a field of a stored record stands. */
export function decideField(contest: Contest, directives: Directives): FieldDecision {
  const { field, local, incoming, changed } = contest;
  const resolution = resolutionFor(directives, field, changed);
  const rule = ruleFor(contest, resolution.applies);
  const taken = FIELD_RULES[rule].stands === 'local' ? null : incoming.value === undefined ? heirOf(contest) : incoming;
  return { field, rule, resolution, local, incoming, taken };
}

function ruleFor(contest: Contest, applies: AppliedResolution): FieldRuleName {
  if (sameJson(contest.local.value, contest.incoming.value)) return sameValue(contest, applies);
  return isOverruled(contest, applies) ? 'later-claim' : DIFFERENT_VALUES[applies](contest);
}

/**
 * Of several claims that write a field, or have it from the same time, the one that comes last stands: or the content
 * would depend on which was read last (sync-semantics 1.7).
 */
function isOverruled({ field, local, incoming, others, peer }: Contest, applies: AppliedResolution): boolean {
  const later = others.filter(({ isLater }) => isLater);
  if (applies === 'other') return later.some(({ asserted }) => Object.hasOwn(asserted, field));
  if (applies !== 'newer' || peer || local.time !== incoming.time) return false;
  return later.some(
    ({ base }) => valueAt(base.times, field) === local.time && sameJson(base.fields[field], local.value),
  );
}

/** Whose value a field has that its claim gave up: the last of those that say something of it (sync-semantics 1.5). */
function heirOf({ field, incoming, others }: Contest): Side {
  const heir = others.findLast(({ asserted, base }) => Object.hasOwn({ ...base.fields, ...asserted }, field));
  if (heir === undefined) return incoming;
  // What it writes may be an explicit null, over an earlier value in its base.
  const value = valueAt(Object.hasOwn(heir.asserted, field) ? heir.asserted : heir.base.fields, field) ?? null;
  return { value, time: valueAt(heir.base.times, field) ?? null, origin: heir.origin };
}

const DIFFERENT_VALUES: Readonly<Record<AppliedResolution, (contest: Contest) => FieldRuleName>> = {
  this: () => 'this',
  other: () => 'other',
  newer: ({ local, incoming, peer }) => newer(local, incoming, peer),
  changed: ({ changed }) => (changed === 'incoming' ? 'incoming-unmatched' : 'local-unmatched'),
};

/**
 * A value that comes again with a later time is that new: otherwise what came in between would win or not, depending on
 * which was read first. A source that only says the same again, in a record that it changed elsewhere, tells nothing
 * about this field (sync-semantics 7.10).
 */
function sameValue({ local, incoming, likeBase, peer }: Contest, resolution: AppliedResolution): FieldRuleName {
  if (resolution === 'this' || (likeBase && incoming.timeFrom !== 'field')) return 'same-value';
  const rule = newer(local, incoming, peer);
  return rule !== 'same-time' && FIELD_RULES[rule].stands === 'incoming' ? 'same-value-later' : 'same-value';
}
