import { PERSON } from '../domain/claim.ts';
import { valueAt } from '../domain/conflict/by-field.ts';
import { edited } from '../domain/conflict/edit.ts';
import type { StoredRecord } from '../domain/conflict/vector.ts';
import type { EntityKey, FieldPath, Fields } from '../domain/entity.ts';
import { type ChangeRow, logChanges } from './change-log.ts';
import type { Database, Queryable } from './database.ts';
import { recordOf, type StoredColumns } from './decided-read.ts';
import { lockBlueprintsOf } from './ending.ts';
import { rfc3339 } from './time.ts';

const DESTINATION = 'catalog';

/** Of all that people say of an entity there is one claim. */
const RESOURCE = 'edit';

/**
 * A person's edit of an entity of the catalog (sync-semantics 7.10): later than anything that is stored, and held by a
 * claim, so that no resync deletes the entity (1.2). Returns whether there is such an entity.
 */
export function editEntity(db: Database, key: EntityKey, edit: Fields): Promise<boolean> {
  return db.transaction(async (tx) => {
    await lockBlueprintsOf(tx, 'select $1::text as destination, $2::text as blueprint', [DESTINATION, key.blueprint]);
    const stored = await readStored(tx, key);
    if (stored === null) return false;
    const { record, now } = stored;
    const { changed, time, record: after } = edited(record, edit, { now, person: PERSON });
    if (after === record) return true;
    await store(tx, key, after);
    await claim(tx, key, { changed, time });
    await tx.query(logChanges('$4'), [
      DESTINATION,
      PERSON,
      RESOURCE,
      JSON.stringify(changesOf(key, { record, changed, time })),
    ]);
    return true;
  });
}

async function readStored(tx: Queryable, { blueprint, identifier }: EntityKey) {
  const [row] = await tx.query<StoredColumns & { now: string }>(
    `select fields, field_times as times, field_origins as origins, ${rfc3339('modified_at')} as "modifiedAt",
            ${rfc3339('clock_timestamp()')} as now
       from tidemark.entity where destination = $1 and blueprint = $2 and identifier = $3`,
    [DESTINATION, blueprint, identifier],
  );
  return row === undefined ? null : { record: recordOf(row) as StoredRecord, now: row.now };
}

async function store(tx: Queryable, { blueprint, identifier }: EntityKey, record: StoredRecord): Promise<void> {
  await tx.query(
    `update tidemark.entity
        set fields = $4, field_times = $5, field_origins = $6, modified_at = $7, version = version + 1,
            updated_at = now(), changed_run = null
      where destination = $1 and blueprint = $2 and identifier = $3`,
    [
      DESTINATION,
      blueprint,
      identifier,
      JSON.stringify(record.fields),
      JSON.stringify(record.times),
      JSON.stringify(record.origins),
      record.modifiedAt,
    ],
  );
}

interface Change {
  readonly changed: Fields;
  readonly time: string;
}

/** It writes nothing whatever is there: without a policy the source wins (7.6). */
async function claim(tx: Queryable, { blueprint, identifier }: EntityKey, { changed, time }: Change): Promise<void> {
  const times = Object.fromEntries(Object.keys(changed).map((field) => [field, time]));
  await tx.query(
    `insert into tidemark.claim as c (destination, integration, resource, record_key, blueprint, identifier, kind,
                                      position, first_epoch, seen_epoch, observed_at, live, base, owns, conflict_base)
     values ($1, $2, $3, '', $4, $5, $3, 0, 0, 0, clock_timestamp(), true, '{}', true,
             jsonb_build_object('fields', $6::jsonb, 'times', $7::jsonb))
     on conflict (destination, integration, resource, record_key, blueprint, identifier) do update
       set observed_at = excluded.observed_at,
           conflict_base = jsonb_build_object(
             'fields', (c.conflict_base -> 'fields') || (excluded.conflict_base -> 'fields'),
             'times', (c.conflict_base -> 'times') || (excluded.conflict_base -> 'times'))`,
    [DESTINATION, PERSON, RESOURCE, blueprint, identifier, JSON.stringify(changed), JSON.stringify(times)],
  );
}

function changesOf(key: EntityKey, { record, changed, time }: Change & { record: StoredRecord }): ChangeRow[] {
  return (Object.keys(changed) as FieldPath[]).map((field) => {
    const value = valueAt(record.fields, field);
    const local = {
      ...(value === undefined ? {} : { value }),
      time: valueAt(record.times, field) ?? null,
      origin: valueAt(record.origins, field) ?? null,
    };
    const incoming = { value: changed[field], time, origin: PERSON };
    return { ...key, recordKey: '', field, rule: 'edit', saidBy: null, local, incoming };
  });
}
