import { dropUnknownReferences } from '../domain/conflict/references.ts';
import type { Queryable } from './database.ts';
import { findNamed } from './entities.ts';
import type { StagedEntity } from './mapped-batch.ts';

interface Referring {
  readonly integration: string;
  readonly destination: string;
  readonly batch: { readonly entities: readonly StagedEntity[] };
}

/**
 * The entities of a batch without references to records that the strategy skips and the destination does not have
 * (sync-semantics 7.9). A record that is skipped only later in the same run is known from the next run on.
 */
export async function withoutSkipped(tx: Queryable, referring: Referring): Promise<readonly StagedEntity[]> {
  const { integration, destination, batch } = referring;
  const at = [integration, destination];
  const [any] = await tx.query('select from tidemark.skipped where integration = $1 and destination = $2 limit 1', at);
  if (any === undefined) return batch.entities;
  const rows = await tx.query<{ identifier: string }>(
    `select distinct identifier from tidemark.skipped
      where integration = $1 and destination = $2 and identifier = any ($3)`,
    [...at, [...new Set(batch.entities.flatMap(referencesOf))]],
  );
  const skipped = new Set(rows.map(({ identifier }) => identifier));
  if (skipped.size === 0) return batch.entities;
  for (const { identifier } of await findNamed(tx, [...skipped], destination)) skipped.delete(identifier);
  return batch.entities.map((entity) => {
    const { fields } = dropUnknownReferences(entity.fields, (_, identifier) => !skipped.has(identifier));
    return { ...entity, fields };
  });
}

function referencesOf({ fields }: StagedEntity): string[] {
  return Object.entries(fields).flatMap(([field, value]) =>
    field.startsWith('relations.') ? [value].flat().filter((item) => typeof item === 'string') : [],
  );
}

/** Forgets records of a kind that a whole run of it did not skip again. */
export async function forgetSkipped(
  tx: Queryable,
  integration: string,
  { kind, epoch }: { kind: string; epoch: number },
): Promise<void> {
  await tx.query('delete from tidemark.skipped where integration = $1 and kind = $2 and seen_epoch < $3', [
    integration,
    kind,
    epoch,
  ]);
}
