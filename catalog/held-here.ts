/** The claim is one of another Tidemark's records. `claim` is its alias. */
export const isPeerClaim = (claim: string): string => `
  exists (
    select from tidemark.integration i
      join tidemark.config_version v on v.id = i.config_version
     where i.id = ${claim}.integration and v.document -> 'integration' -> 'source' ->> 'type' = 'tidemark')`;

/** The entity of the catalog is held by another source than a Tidemark (sync-semantics 8.6). `entity` is its alias. */
export const isHeldHere = (entity: string): string => `
  exists (
    select from tidemark.claim h
     where h.destination = 'catalog' and h.blueprint = ${entity}.blueprint and h.identifier = ${entity}.identifier
       and h.owns and not ${isPeerClaim('h')})`;
