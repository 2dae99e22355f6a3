import type { Decision } from '../domain/conflict/decision.ts';
import type { Base } from '../domain/conflict/vector.ts';
import type { Fields } from '../domain/entity.ts';
import { changesOf, logChanges } from './change-log.ts';
import type { Queryable } from './database.ts';
import type { DecidedEntities } from './decided-entities.ts';
import type { DecidedRequest, StagedRow } from './decided-read.ts';
import type { RejectedRecord } from './mapped-batch.ts';

/** What became of a staged record. */
export type DecidedRow =
  | { readonly row: StagedRow; readonly outcome: 'outdated' }
  | { readonly row: StagedRow; readonly outcome: 'quarantined'; readonly rejected: RejectedRecord }
  | {
      readonly row: StagedRow;
      readonly outcome: 'skipped';
      readonly decision: Decision;
      /** The destination does not have it. */
      readonly isUnknown: boolean;
    }
  | {
      readonly row: StagedRow;
      readonly outcome: Exclude<Decision['action'], 'skip'>;
      readonly decision: Decision;
      /** What the claim is merged by. */
      readonly base: Fields;
      /** What the record says, and since when. */
      readonly content: { readonly hash: string; readonly since: string };
    };

interface DecidedBatch {
  readonly decided: readonly DecidedRow[];
  readonly entities: DecidedEntities;
}

/** Stores what was decided: entities that moved, claims that were seen, what was skipped, and the log. */
export async function writeRows(tx: Queryable, request: DecidedRequest, batch: DecidedBatch): Promise<void> {
  const { destination, integration, epoch, live, seenEpoch } = request;
  const { resource, position, kind } = request.batch;
  const entities = [...batch.entities.moved()].map(({ blueprint, identifier, record }) => ({
    blueprint,
    identifier,
    ...record,
  }));
  const skipped = batch.decided.flatMap((each) => (each.outcome === 'skipped' && each.isUnknown ? [each.row] : []));
  const changes = batch.decided.flatMap((each) => ('decision' in each ? changesOf(each.row, each.decision) : []));
  await tx.query(WRITE, [
    destination,
    integration,
    resource,
    position,
    kind,
    seenEpoch,
    epoch,
    live,
    JSON.stringify(entities),
    JSON.stringify(batch.decided.flatMap(claimRow)),
    JSON.stringify(skipped.map(({ recordKey, blueprint, identifier }) => ({ recordKey, blueprint, identifier }))),
    JSON.stringify(changes),
  ]);
}

interface ClaimRow extends Pick<StagedRow, 'recordKey' | 'locator' | 'blueprint' | 'identifier' | 'observedAt'> {
  readonly base: Fields | null;
  readonly conflictBase: Base | null;
  readonly hash: string | null;
  readonly since: string | null;
  readonly owns: boolean;
}

/** What is left alone, or was overtaken, makes no claim; one that there is keeps what it wrote (7.1, 6.2). */
function claimRow(each: DecidedRow): ClaimRow[] {
  const { recordKey, locator, blueprint, identifier, observedAt, seenEpoch } = each.row;
  const row = { recordKey, locator, blueprint, identifier, observedAt };
  if ('content' in each) {
    const { decision, base, content, outcome } = each;
    const owns = outcome !== 'unchanged';
    return [{ ...row, base, conflictBase: decision.base, hash: content.hash, since: content.since, owns }];
  }
  return seenEpoch === null ? [] : [{ ...row, base: null, conflictBase: null, hash: null, since: null, owns: false }];
}

const ENTITIES = `json_to_recordset($9::json) as x (blueprint text, identifier text, fields jsonb, times jsonb,
  origins jsonb, "modifiedAt" timestamptz)`;

const CLAIMS = `json_to_recordset($10::json) as x ("recordKey" text, locator text, blueprint text, identifier text,
  "observedAt" timestamptz, base jsonb, "conflictBase" jsonb, hash text, since timestamptz, owns boolean)`;

/** Times and origins alone may move: that is no other version of the content. */
const WRITE = `
  with written as (
    insert into tidemark.entity as e
      (destination, blueprint, identifier, fields, modified_at, field_times, field_origins, changed_run)
    select $1, blueprint, identifier, fields, "modifiedAt", times, origins,
           nullif(current_setting('tidemark.run', true), '')
      from ${ENTITIES} order by blueprint, identifier
    on conflict (destination, blueprint, identifier) do update
      set fields = excluded.fields, modified_at = excluded.modified_at, field_times = excluded.field_times,
          field_origins = excluded.field_origins,
          version = e.version + (e.fields is distinct from excluded.fields)::int,
          updated_at = case when e.fields is distinct from excluded.fields then now() else e.updated_at end,
          changed_run = case when e.fields is distinct from excluded.fields then excluded.changed_run
                             else e.changed_run end
  ), claimed as (
    insert into tidemark.claim as c (destination, integration, resource, record_key, blueprint, identifier, kind,
                                     position, locator, first_epoch, seen_epoch, observed_at, live, base, owns,
                                     conflict_base, content_hash, content_since, digest, entity_version)
    select $1, $2, $3, "recordKey", blueprint, identifier, $5, $4, locator, $7, $6, "observedAt", $8,
           coalesce(base, '{}'), owns, "conflictBase", hash, since, null, null
      from ${CLAIMS} order by "recordKey", blueprint, identifier
    on conflict (destination, integration, resource, record_key, blueprint, identifier) do update
      set kind = excluded.kind, position = excluded.position, locator = excluded.locator,
          seen_epoch = greatest(c.seen_epoch, excluded.seen_epoch),
          observed_at = greatest(c.observed_at, excluded.observed_at),
          live = case when excluded.observed_at >= c.observed_at then excluded.live else c.live end,
          -- Without a hash it was only seen.
          base = case when excluded.content_hash is null then c.base else excluded.base end,
          conflict_base = case when excluded.content_hash is null then c.conflict_base else excluded.conflict_base end,
          content_hash = coalesce(excluded.content_hash, c.content_hash),
          content_since = coalesce(excluded.content_since, c.content_since),
          owns = c.owns or excluded.owns, digest = null, entity_version = null
  ), skipped as (
    insert into tidemark.skipped as k
      (destination, integration, resource, record_key, blueprint, identifier, kind, seen_epoch)
    select $1, $2, $3, "recordKey", blueprint, identifier, $5, $6
      from json_to_recordset($11::json) as x ("recordKey" text, blueprint text, identifier text)
     order by identifier, blueprint, "recordKey"
    on conflict (integration, destination, identifier, blueprint, resource, record_key) do update
      set seen_epoch = greatest(k.seen_epoch, excluded.seen_epoch)
  )
  ${logChanges('$12')}`;
