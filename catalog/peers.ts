import { PERSON } from '../domain/claim.ts';
import { type EntityKey, identityOf } from '../domain/entity.ts';
import type { RunRef } from '../domain/run.ts';
import type { Queryable } from './database.ts';
import { collectDoomed, endDoomed, lockBlueprintsOf, WRITTEN, withParents } from './ending.ts';
import type { StagedBatch, StagedEntity } from './mapped-batch.ts';
import { lockOutCalls } from './write-batch.ts';

/** A batch of a run that another Tidemark's statements are in: what is gone, and what rests on people's edits alone. */
export interface PeerBatch {
  readonly run: RunRef;
  readonly destination: string;
  readonly batch: StagedBatch;
}

/** Takes all locks of a batch at once: what ends may be of other blueprints than what is written. */
export async function lockGone(tx: Queryable, { run, destination, batch }: PeerBatch): Promise<void> {
  if (batch.gone.length === 0) return;
  await lockOutCalls(tx, run.integration);
  const written = [...new Set(batch.entities.map(({ blueprint }) => blueprint))];
  await lockBlueprintsOf(
    tx,
    `select $2::text as destination, unnest($5::text[]) as blueprint
      union
     select destination, blueprint from (${withParents(`select c.* ${GONE}`)}) g`,
    [JSON.stringify(batch.gone), destination, run.integration, batch.resource, written],
  );
}

/**
 * The batch without records that rest on people's edits alone and were deleted here at their last edit or later: the
 * delete is the later version, and the other side takes it in as well (sync-semantics 8.6).
 */
export async function withoutDeleted(tx: Queryable, request: PeerBatch): Promise<StagedBatch> {
  const { destination, batch } = request;
  const edited = batch.entities.filter(({ editedAt }) => editedAt);
  if (edited.length === 0) return batch;
  const rows = await tx.query<EntityKey>(
    `select t.blueprint, t.identifier
       from json_to_recordset($2::json) as s (blueprint text, identifier text, "editedAt" timestamptz)
       join tidemark.entity_tombstone t
         on t.blueprint = s.blueprint and t.identifier = s.identifier and t.deleted_at >= s."editedAt"
      where not exists (
        select from tidemark.entity e
         where e.destination = $1 and e.blueprint = s.blueprint and e.identifier = s.identifier)`,
    [destination, JSON.stringify(edited.map(keyed))],
  );
  const deleted = new Set(rows.map(identityOf));
  return {
    ...batch,
    entities: batch.entities.filter((entity) => !entity.editedAt || !deleted.has(identityOf(entity))),
  };
}

/** Notes of the claims that were written what their records rest on. */
export async function noteEdited(tx: Queryable, { run, destination, batch }: PeerBatch): Promise<void> {
  const told = batch.entities.filter(({ editedAt }) => editedAt !== undefined);
  if (told.length === 0) return;
  await tx.query(
    `update tidemark.claim c set edited_at = s."editedAt"
       from json_to_recordset($4::json)
              as s ("recordKey" text, blueprint text, identifier text, "editedAt" timestamptz)
      where c.destination = $1 and c.integration = $2 and c.resource = $3 and c.record_key = s."recordKey"
        and c.blueprint = s.blueprint and c.identifier = s.identifier and c.edited_at is distinct from s."editedAt"`,
    [destination, run.integration, batch.resource, JSON.stringify(told.map(keyed))],
  );
}

/**
 * Ends the claims of records that the source says are gone, and counts what was deleted in the kind's row. What stays here
 * all the same is news for the other side: it is stamped as changed.
 */
export async function endGone(tx: Queryable, { run, destination, batch }: PeerBatch): Promise<void> {
  if (batch.gone.length === 0) return;
  await collectDoomed(tx, DOOMED, [JSON.stringify(batch.gone), destination, run.integration, batch.resource]);
  const groups = await endDoomed(tx, { integration: run.integration, resources: batch.resources });
  const deleted = groups.reduce((sum, group) => sum + group.deleted, 0);
  await tx.query('update tidemark.kind_run set deleted = deleted + $3 where run_id = $1 and kind = $2', [
    run.runId,
    batch.kind,
    deleted,
  ]);
  // A trigger stamps it.
  await tx.query(
    `update tidemark.entity e set changed_at = clock_timestamp()
       from (select distinct destination, blueprint, identifier from doomed) d
      where e.destination = d.destination and e.blueprint = d.blueprint and e.identifier = d.identifier`,
  );
}

const keyed = ({ recordKey, blueprint, identifier, editedAt }: StagedEntity) => {
  return { recordKey, blueprint, identifier, editedAt };
};

/** What was observed later than the page stays (sync-semantics 6.2). */
const GONE = `
    from json_to_recordset($1::json) as g (key text, at timestamptz, "observedAt" timestamptz)
    join tidemark.claim c
      on c.destination = $2 and c.integration = $3 and c.resource = $4 and c.record_key = g.key
     and c.observed_at <= g."observedAt"`;

/** Where a person edited the entity after the delete, the edit is the later version, and all stays as it was. */
const DOOMED = `
  select distinct on (c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier)
         c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier, c.kind, false,
         case when exists (
           select from tidemark.claim p
            where p.destination = c.destination and p.blueprint = c.blueprint and p.identifier = c.identifier
              and p.integration = '${PERSON}' and tidemark.last_edit(p.conflict_base) > g.at)
         then '{}' else ${WRITTEN} end, c.owns, g.at
  ${GONE}
   order by c.destination, c.integration, c.resource, c.record_key, c.blueprint, c.identifier, g.at desc`;
