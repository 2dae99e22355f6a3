import type {
  RowKey,
  SyncError,
  Synced,
  SyncedOperation,
  SyncedRecord,
  SyncOptions,
  WrittenRow,
} from '../../domain/sync-api.ts';

/** Rows by entity, as answers tell them. */
type RowsByEntity = Record<string, RowKey[]>;

/** An answer of the Sync API: its status is known before its first byte. */
export interface SyncAnswer {
  readonly status: 200 | 400;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What became of a request, in the words of its dialect (sync-semantics 9). */
export function answerOf(synced: Synced, options: SyncOptions): SyncAnswer {
  if (options.dialect === '6.5') return answer65(synced);
  return options.singleOperation ? answerSingle(synced, options) : answerByRecord(synced, options);
}

/** v3, by default: each record is told by itself, under the key of its operation (seed S4.11, S4.13). */
function answerByRecord({ isList, operations, hasErrors }: Synced, { failOnError }: SyncOptions): SyncAnswer {
  const told = operations.map(({ key, records }): [string, unknown] => [key, { result: records.map(resultOf) }]);
  const data = isList ? told.map(([, result]) => result) : Object.fromEntries(told);
  return { status: hasErrors && failOnError ? 400 : 200, body: { success: !hasErrors, data } };
}

const resultOf = ({ rows, errors }: SyncedRecord) => ({ entities: byEntity(rows), errors: errors.map(toldError) });

/** v3 with `single-operation`: told by entity, and nothing is written where anything is wrong (seed S4.27). */
function answerSingle({ operations, hasErrors }: Synced, { failOnError }: SyncOptions): SyncAnswer {
  const data = byEntity(rowsOf(operations, ({ rows }) => rows));
  if (!hasErrors) return { status: 200, body: { success: true, data } };
  return { status: failOnError ? 400 : 200, body: { success: false, data: {}, errors: errorsOf(operations) } };
}

function answer65({ operations, hasErrors }: Synced): SyncAnswer {
  if (hasErrors) return { status: 400, body: { errors: errorsOf(operations) } };
  const [upserts, deletes] = (['upsert', 'delete'] as const).map((wanted) =>
    operations.filter(({ action }) => action === wanted),
  );
  return {
    status: 200,
    body: {
      data: byEntity(rowsOf(upserts ?? [], ({ rows }) => rows)),
      notFound: byEntity(rowsOf(deletes ?? [], ({ missing }) => missing)),
      deleted: byEntity(rowsOf(deletes ?? [], ({ rows }) => rows)),
    },
  };
}

function rowsOf(
  operations: readonly SyncedOperation[],
  select: (record: SyncedRecord) => readonly WrittenRow[],
): WrittenRow[] {
  return operations.flatMap(({ records }) => records.flatMap(select));
}

/** Each row once, in the order of the records. */
function byEntity(rows: readonly WrittenRow[]): RowsByEntity {
  const found = new Map<string, Map<string, RowKey>>();
  for (const { entity, key } of rows) {
    const keys = found.get(entity) ?? new Map<string, RowKey>();
    keys.set(typeof key === 'string' ? key : JSON.stringify(key), key);
    found.set(entity, keys);
  }
  return Object.fromEntries([...found].map(([entity, keys]) => [entity, [...keys.values()]]));
}

const errorsOf = (operations: readonly SyncedOperation[]) =>
  operations.flatMap(({ records }) => records.flatMap(({ errors }) => errors.map(toldError)));

const toldError = ({ code, pointer, detail }: SyncError) => ({
  status: '400',
  code,
  title: TITLES[code],
  detail,
  source: { pointer },
});

const TITLES: Readonly<Record<SyncError['code'], string>> = {
  FRAMEWORK__INVALID_SYNC_OPERATION: 'The operation is not as it must be',
  FRAMEWORK__WRITE_ERROR: 'The record cannot be written',
  FRAMEWORK__INCONSISTENT_PRIMARY_KEY: 'The keys of the row are not whole',
};
