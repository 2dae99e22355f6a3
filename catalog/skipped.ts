import { dropUnknownReferences } from '../domain/conflict/references.ts';
import type { Fields } from '../domain/entity.ts';
import type { Queryable } from './database.ts';
import { findNamed } from './entities.ts';

interface StagedAttempt {
  readonly integration: string;
  readonly destination: string;
  readonly mappedAttempt: string;
}

/**
 * Takes references out of staged entities that point to records which the strategy skips and the destination does not
 * have (sync-semantics 7.9). A record that is skipped only later in the same run is known from the next run on.
 */
export async function dropSkippedReferences(tx: Queryable, staged: StagedAttempt): Promise<void> {
  const { integration, destination, mappedAttempt } = staged;
  const rows = await tx.query<{ ordinal: number; fields: Fields; skipped: string[] }>(REFERRERS, [
    destination,
    integration,
    mappedAttempt,
  ]);
  if (rows.length === 0) return;
  const skipped = new Set(rows.flatMap((row) => row.skipped));
  for (const { identifier } of await findNamed(tx, [...skipped], destination)) skipped.delete(identifier);
  const changed = rows.flatMap(({ ordinal, fields }) => {
    const { fields: left, dropped } = dropUnknownReferences(fields, (_, identifier) => !skipped.has(identifier));
    return dropped.length === 0 ? [] : [{ ordinal, fields: left }];
  });
  await tx.query(
    `update tidemark.staged_entity s set fields = x.fields
       from json_to_recordset($2::json) as x (ordinal int, fields jsonb)
      where s.attempt = $1 and s.ordinal = x.ordinal`,
    [mappedAttempt, JSON.stringify(changed)],
  );
}

/** Looks at the batch only where anything is skipped at all. */
const REFERRERS = `
  select s.ordinal, s.fields, array_agg(distinct r.identifier) as skipped
    from tidemark.staged_entity s
   cross join lateral jsonb_each(s.fields) as f
   cross join lateral jsonb_array_elements_text(
     case jsonb_typeof(f.value) when 'array' then f.value when 'string' then jsonb_build_array(f.value) else '[]' end
   ) as r (identifier)
   where s.attempt = $3 and f.key like 'relations.%'
     and exists (select from tidemark.skipped k where k.integration = $2 and k.destination = $1)
     and exists (
       select from tidemark.skipped k
        where k.integration = $2 and k.destination = $1 and k.identifier = r.identifier)
   group by s.ordinal, s.fields`;

/** Forgets records of a kind that a whole run of it did not skip again. */
export async function forgetSkipped(
  tx: Queryable,
  integration: string,
  { kind, epoch }: { kind: string; epoch: number },
) {
  await tx.query('delete from tidemark.skipped where integration = $1 and kind = $2 and seen_epoch < $3', [
    integration,
    kind,
    epoch,
  ]);
}
