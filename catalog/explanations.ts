import type { Claim } from '../domain/claim.ts';
import type { StoredRecord } from '../domain/conflict/vector.ts';
import type { EntityKey, Fields } from '../domain/entity.ts';
import { type Explanation, explainFields, type NotedChange } from '../domain/explanation.ts';
import type { Queryable } from './database.ts';
import { recordOf, type StoredColumns } from './decided-read.ts';
import { WRITTEN } from './ending.ts';
import { rfc3339 } from './time.ts';

type ClaimRow = Claim & { readonly said: Fields; readonly asserted: Fields };

interface EntityRow extends StoredColumns {
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly changedRun: string | null;
}

/** Why an entity of the catalog is as it is; `null`: there is none. */
export async function explainEntity(db: Queryable, { blueprint, identifier }: EntityKey): Promise<Explanation | null> {
  const key = ['catalog', blueprint, identifier];
  const [row] = await db.query<EntityRow>(
    `select fields, field_times as times, field_origins as origins, ${rfc3339('modified_at')} as "modifiedAt", version,
            ${rfc3339('created_at')} as "createdAt", ${rfc3339('updated_at')} as "updatedAt",
            changed_run as "changedRun"
       from tidemark.entity where destination = $1 and blueprint = $2 and identifier = $3`,
    key,
  );
  if (row === undefined) return null;
  const claims = await db.query<ClaimRow>(
    `select c.integration, c.resource, c.record_key as "recordKey", c.owns, c.seen_epoch as "seenEpoch",
            ${rfc3339('c.observed_at')} as "observedAt", ${WRITTEN} as said, c.base as asserted
       from tidemark.claim c where c.destination = $1 and c.blueprint = $2 and c.identifier = $3
      order by c.integration, c.position, c.resource, c.record_key collate "C"`,
    key,
  );
  const changes = await db.query<NotedChange>(
    `select field, rule, said_by as "saidBy", run_id as run, ${rfc3339('at')} as at, integration, resource,
            record_key as "recordKey", local, incoming
       from (select distinct on (field, integration, resource, record_key) * from tidemark.change
              where destination = $1 and blueprint = $2 and identifier = $3
              order by field, integration, resource, record_key, id desc) c
      order by id desc`,
    key,
  );
  const record = recordOf(row) as StoredRecord;
  const { version, createdAt, updatedAt, modifiedAt, changedRun } = row;
  const told = claims.map(({ said: _, asserted: __, ...claim }) => claim);
  const fields = explainFields({ record, claims, changes });
  return { blueprint, identifier, version, createdAt, updatedAt, modifiedAt, changedRun, claims: told, fields };
}
