/** Limits above which a kind's deletes wait for a person (sync-semantics 3.3). */
export interface DeleteLimits {
  /** Share of the kind's claims, 0 to 1; 1: no limit. Default 0.3. */
  readonly maxShare: number;
  /** Claims of the kind; `null`: no limit. */
  readonly maxCount: number | null;
  /** What happens when the kind returned no admitted record. Default `hold`. */
  readonly emptySource: 'hold' | 'delete';
}

/** What a run is about to delete of a kind. All numbers count claims, but `admitted` and `unidentified`: records. */
export interface DeleteFacts {
  /** That would go now. */
  readonly going: number;
  /** That were held before the run. */
  readonly heldBefore: number;
  /** That went by absence in the last 24 hours, unasked. */
  readonly wentLately: number;
  /** Records that the source returned and the query kept, quarantined ones included. */
  readonly admitted: number;
  /** Records of unknown identity: any claim could be theirs (sync-semantics 1.4). */
  readonly unidentified: number;
}

/** So few may go whatever their share, as long as the kind still returned something. */
const FEW = 10;

/**
 * Why a kind's deletes are held, by the first rule of this table that applies; `null`: they may go
 * (sync-semantics 1.4, 3.3). A source that is declared to be truthful when empty (`emptySource: delete`) is not held
 * to the share as well.
 */
export function guardReason(facts: DeleteFacts, limits: DeleteLimits): string | null {
  if (facts.going === 0) return null;
  return GUARDS.map((guard) => guard(facts, limits)).find((reason) => reason !== null) ?? null;
}

type Guard = (facts: DeleteFacts, limits: DeleteLimits) => string | null;

const unidentified: Guard = (facts) => (facts.unidentified > 0 ? `unidentified records: ${facts.unidentified}` : null);

const empty: Guard = ({ admitted, going }, { emptySource }) =>
  admitted === 0 && emptySource === 'hold'
    ? `the source returned no record that the selector keeps; ${going} claims would go (deletes.emptySource: hold)`
    : null;

const count: Guard = ({ going }, { maxCount }) =>
  maxCount !== null && going > maxCount ? `${going} claims would go, more than deletes.maxCount: ${maxCount}` : null;

const share: Guard = ({ going, heldBefore, wentLately, admitted }, { maxShare }) => {
  const gone = going + wentLately;
  if (maxShare >= 1 || admitted === 0 || gone < FEW || gone <= maxShare * heldBefore) return null;
  const lately = wentLately > 0 ? ` and ${wentLately} went in the last 24 hours` : '';
  return `${going} of ${heldBefore} claims would go${lately}, more than ${percent(maxShare)} (deletes.maxShare)`;
};

const GUARDS: readonly Guard[] = [unidentified, empty, count, share];

const percent = (value: number): string => `${Math.round(value * 1000) / 10} %`;
