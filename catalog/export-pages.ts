import { PERSON } from '../domain/claim.ts';
import { type EntityKey, type Fields, parentOf } from '../domain/entity.ts';
import type { Queryable } from './database.ts';
import type { BegunExport } from './export.ts';
import { isHeldHere, isPeerClaim } from './held-here.ts';
import { rfc3339 } from './time.ts';

/** Records that are read at a time, and bytes of their fields. */
const PAGE_RECORDS = 200;
const PAGE_BYTES = 4 * 1024 * 1024;

export interface ExportRow extends EntityKey {
  readonly fields: Fields;
  readonly changedAt: string;
  readonly modifiedAt: string;
  readonly times: Readonly<Record<string, string>> | null;
  readonly editedAt: string | null;
}

export interface RecordRow extends ExportRow {
  readonly components: readonly ExportRow[];
}

export interface ExportPage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page goes on; `null`: there is none. */
  readonly next: readonly string[] | null;
}

export interface TombstoneRow extends EntityKey {
  readonly changedAt: string;
  readonly deletedAt: string;
  readonly parent: EntityKey | null;
}

/**
 * Not a component, or one whose record is not there or is a component itself: every entity is exported once, as a record
 * or within one.
 */
const IS_RECORD = `
  (e.parent_blueprint is null or (
     select p.identifier from tidemark.entity p
      where p.destination = e.destination and p.blueprint = e.parent_blueprint and p.identifier = e.parent_identifier
        and p.parent_blueprint is null) is null)`;

/** Held by another source than a Tidemark; `peer` is the parameter that asks for it. */
const isOwn = (peer: string): string => `(not ${peer}::boolean or ${isHeldHere('e')})`;

/**
 * The next records of an export. Those that changed since a time come in the order in which they changed, so that a page
 * costs what it holds; one that changes meanwhile comes again. All records come by their key.
 */
export function exportedRecords(
  db: Queryable,
  request: BegunExport,
  after: readonly string[],
): Promise<ExportPage<RecordRow>> {
  return request.msince === null ? allRecords(db, request, after) : changedRecords(db, request, after);
}

function allRecords(db: Queryable, { blueprint, peer }: BegunExport, after: readonly string[]) {
  const [afterBlueprint = '', afterIdentifier = ''] = after;
  const sql = `
    select e.*, array[e.blueprint, e.identifier] as position from tidemark.entity e
     where e.destination = 'catalog' and ($1::text is null or e.blueprint = $1) and ${IS_RECORD}
       and (e.destination, e.blueprint, e.identifier) > ('catalog', $2, $3) and ${isOwn('$4')}`;
  return readPage(db, {
    sql,
    order: 'e.blueprint, e.identifier',
    values: [blueprint, afterBlueprint, afterIdentifier, peer],
    peer,
  });
}

function changedRecords(db: Queryable, { blueprint, msince, peer }: BegunExport, after: readonly string[]) {
  const [changedAt = '-infinity', afterBlueprint = '', afterIdentifier = ''] = after;
  const sql = `
    select e.*, array[e.changed_at::text, e.blueprint, e.identifier] as position from tidemark.entity e
     where e.destination = 'catalog' and ($1::text is null or e.blueprint = $1) and ${IS_RECORD}
       and e.changed_at >= $2 and (e.changed_at, e.blueprint, e.identifier) > ($3::timestamptz, $4, $5)
       and ${isOwn('$6')}`;
  const values = [blueprint, msince, changedAt, afterBlueprint, afterIdentifier, peer];
  return readPage(db, { sql, order: 'e.changed_at, e.blueprint, e.identifier', values, peer });
}

/** The next records that others refer to, in the order in which they were noted. */
export function exportedReferences(
  db: Queryable,
  { id, peer }: BegunExport,
  after: readonly string[],
): Promise<ExportPage<RecordRow>> {
  const [seq = '0'] = after;
  const sql = `
    select e.*, r.seq, array[r.seq::text] as position from tidemark.export_reference r
      join tidemark.entity e
        on e.destination = 'catalog' and e.blueprint = r.blueprint and e.identifier = r.identifier
     where r.export = $1 and r.seq > $2`;
  // What these refer to is noted after this page was read: only an empty one is the last.
  return readPage(db, { sql, order: 'e.seq', values: [id, seq], peer, grows: true });
}

interface Selection {
  /** Yields rows of `entity`, and of each the `position` after it. In `order` they are `e`. */
  readonly sql: string;
  readonly order: string;
  readonly values: readonly unknown[];
  readonly peer: boolean;
  /** More may follow a page that is not full. */
  readonly grows?: boolean;
}

/** As many of the rows as a page takes. */
async function readPage(
  db: Queryable,
  { sql, order, values, peer, grows = false }: Selection,
): Promise<ExportPage<RecordRow>> {
  const limits = [1, 2, 3].map((number) => `$${values.length + number}`);
  const rows = await db.query<ExportRow & { position: string[]; found: number }>(
    `select ${selected('e', String(limits[2]))}, e.position, e.found from (
       select e.*, count(*) over () as found, row_number() over (order by ${order}) as place,
              sum(pg_column_size(e.fields)) over (order by ${order}) as bytes
         from (select * from (${sql}) e order by ${order} limit ${limits[0]}) e
     ) e where e.place = 1 or e.bytes <= ${limits[1]} order by e.place`,
    [...values, PAGE_RECORDS, PAGE_BYTES, peer],
  );
  const found = rows[0]?.found ?? 0;
  const isLast = !grows && found < PAGE_RECORDS && rows.length === found;
  return { rows: await withComponents(db, rows, peer), next: isLast ? null : (rows.at(-1)?.position ?? null) };
}

/** `peer`: the parameter that says whether another Tidemark reads. */
const selected = (row: string, peer: string): string =>
  `${row}.blueprint, ${row}.identifier, ${row}.fields, ${rfc3339(`${row}.changed_at`)} as "changedAt",
  ${rfc3339(`coalesce(${row}.modified_at, ${row}.updated_at)`)} as "modifiedAt",
  case when ${peer}::boolean then (
    select jsonb_object_agg(t.key, coalesce(t.value, ${rfc3339(`${row}.updated_at`)}))
      from jsonb_each_text(${row}.field_times) t) end as times,
  case when ${peer}::boolean then (
    select case when bool_and(c.integration = '${PERSON}') then ${rfc3339('max(tidemark.last_edit(c.conflict_base))')} end
      from tidemark.claim c
     where c.destination = 'catalog' and c.blueprint = ${row}.blueprint and c.identifier = ${row}.identifier and c.owns
       and not ${isPeerClaim('c')}) end as "editedAt"`;

/** Records that are components themselves have none: those of theirs are exported by themselves. */
async function withComponents(db: Queryable, rows: readonly ExportRow[], peer: boolean): Promise<RecordRow[]> {
  const components = await db.query<ExportRow & { place: number }>(
    `select k.place, ${selected('c', '$4')}
       from unnest($1::text[], $2::text[], $3::boolean[]) with ordinality as k (blueprint, identifier, is_component, place)
      cross join lateral (
        select * from tidemark.entity e
         where e.destination = 'catalog' and e.parent_blueprint = k.blueprint and e.parent_identifier = k.identifier
           and ${isOwn('$4')}
        offset 0
      ) c
      where not k.is_component
      order by k.place, c.blueprint, c.identifier`,
    [
      rows.map((row) => row.blueprint),
      rows.map((row) => row.identifier),
      rows.map((row) => parentOf(row.fields) !== null),
      peer,
    ],
  );
  const all = rows.map((row) => ({ ...row, components: [] as ExportRow[] }));
  for (const component of components) all[component.place - 1]?.components.push(component);
  return all;
}

/** The next entities that are gone. What is there again is left out. */
export async function exportedTombstones(
  db: Queryable,
  { blueprint, msince, peer }: BegunExport,
  after: readonly string[],
): Promise<ExportPage<TombstoneRow>> {
  const [changedAt = '-infinity', afterBlueprint = '', afterIdentifier = ''] = after;
  const rows = await db.query<TombstoneRow & { at: string }>(
    `select t.blueprint, t.identifier, ${rfc3339('t.changed_at')} as "changedAt", t.changed_at::text as at,
            ${rfc3339('t.deleted_at')} as "deletedAt",
            case when t.parent_blueprint is not null
                 then jsonb_build_object('blueprint', t.parent_blueprint, 'identifier', t.parent_identifier) end as parent
       from tidemark.entity_tombstone t
      where ($1::text is null or t.blueprint = $1) and ($2::timestamptz is null or t.changed_at >= $2)
        and (t.changed_at, t.blueprint, t.identifier) > ($3::timestamptz, $4, $5)
        and (select e.identifier from tidemark.entity e
              where e.destination = 'catalog' and e.blueprint = t.blueprint and e.identifier = t.identifier and ${isOwn('$7')}) is null
      order by t.changed_at, t.blueprint, t.identifier limit $6`,
    [blueprint, msince, changedAt, afterBlueprint, afterIdentifier, PAGE_RECORDS, peer],
  );
  const last = rows.length < PAGE_RECORDS ? undefined : rows.at(-1);
  return { rows, next: last === undefined ? null : [last.at, last.blueprint, last.identifier] };
}
