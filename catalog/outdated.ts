/** Joins the claim `c` of a staged record `s`, by the index. $1 to $3: destination, integration, resource. */
export const WITH_CLAIM = `left join lateral (
        select * from tidemark.claim c
         where c.destination = $1 and c.integration = $2 and c.resource = $3
           and c.record_key = s.record_key and c.blueprint = s.blueprint and c.identifier = s.identifier
         limit 1
      ) c on true`;

/**
 * Whether what is known of a staged record `s`, of its claim `c` and of others, was observed later: then it is seen, and
 * not written (sync-semantics 6.2). `hasLiveWrites`: the integration takes calls or events, which may be newer than a
 * page. $1 to $3: destination, integration, resource.
 */
export const isOutdated = ({ live, hasLiveWrites }: { live: boolean; hasLiveWrites: boolean }): string =>
  `coalesce(${isLater('c', live)}, false)${hasLiveWrites ? overtakenBy(live) : ''}`;

/** A claim was observed later than what is staged; at the same moment a live observation beats a page (6.2). */
const isLater = (claim: string, live: boolean): string =>
  `(${claim}.observed_at > s.observed_at${live ? '' : ` or ${claim}.live and ${claim}.observed_at = s.observed_at`})`;

/**
 * The record was observed later as something else, or is known to have been gone later: what is older brings back neither
 * a deleted record nor a former identity (sync-semantics 6.2, 6.4). Each look-up goes by an index.
 */
export function overtakenBy(live: boolean): string {
  const tombstone = `
             select from tidemark.tombstone t
              where t.integration = $2 and t.destination = $1 and t.resource = $3
                and t.observed_at ${live ? '>' : '>='} s.observed_at and`;
  return `
           or s.record_key <> '' and exists (
             select from tidemark.claim k
              where k.destination = $1 and k.integration = $2 and k.resource = $3 and k.record_key = s.record_key
                and ${isLater('k', live)})
           or s.record_key <> '' and exists (${tombstone} t.record_key = s.record_key)
           or exists (${tombstone} t.record_key = '' and t.blueprint = s.blueprint and t.identifier = s.identifier)
           or exists (${tombstone} t.record_key = '' and t.blueprint = '' and t.identifier = '')`;
}
