import { type Database, openDatabase } from '../../catalog/database.ts';
import { migrate } from '../../catalog/migrate.ts';
import { TidemarkClient } from '../../client/client.ts';
import { catalogDestination } from '../../destinations/catalog.ts';
import type { Destination } from '../../destinations/destination.ts';
import type { Policy } from '../../domain/conflict/policy.ts';
import type { RecordPolicy } from '../../domain/conflict/record-policy.ts';
import type { Vector } from '../../domain/conflict/vector.ts';
import { createTestDatabase } from '../support/environment/database.ts';
import { type MappedRecord, StagedRun, type Target } from '../support/staged-run.ts';

/** Times in their order, before any observation. */
export const [T1, T2, T3] = [1, 2, 3].map((day) => `2024-01-0${day}T00:00:00.000Z`) as [string, string, string];

export const KEY = { blueprint: 'thing', identifier: 'a' };

/** A policy without a resolver, or with one. */
export const policy = (rules: Policy, resolve: ((vector: Vector) => unknown) | null = null): RecordPolicy => ({
  policy: rules,
  resolve: resolve && (async (vector) => resolve(vector)),
});

/** A catalog with its client, without Temporal. */
export class Catalog {
  readonly db: Database;
  readonly client: TidemarkClient;
  readonly destination: Destination;
  private readonly drop: () => Promise<void>;

  private constructor(db: Database, client: TidemarkClient, drop: () => Promise<void>) {
    this.db = db;
    this.client = client;
    this.drop = drop;
    this.destination = catalogDestination(db).create({});
  }

  static async open(): Promise<Catalog> {
    const { url, drop } = await createTestDatabase();
    await migrate(url);
    const client = await TidemarkClient.connect({ databaseUrl: url, temporal: null, taskQueue: 'none' });
    return new Catalog(openDatabase({ url }), client, drop);
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.db.close();
    await this.drop();
  }

  async reset(): Promise<void> {
    await this.db.query(
      'truncate tidemark.integration, tidemark.entity, tidemark.claim, tidemark.skipped, tidemark.change cascade',
    );
  }

  /** A run that writes these batches, one after another. */
  async write(...batches: readonly (readonly [readonly MappedRecord[], Target?])[]) {
    const run = await StagedRun.begin(this);
    const counts = [];
    for (const [records, target] of batches) counts.push(await run.write(records, target));
    await run.end();
    const [report] = await this.client.runs('acme', 1);
    return { counts, report, runId: run.run.runId };
  }

  /** A complete run of these records: what it does not return is deleted. */
  async resync(records: readonly MappedRecord[], target: Target = {}) {
    const run = await StagedRun.begin(this);
    const counts = await run.write(records, target);
    const { phase } = await run.deleteUnseen();
    await run.end();
    return { ...counts, deleted: phase.kinds[0]?.deleted ?? 0 };
  }

  async byHand(fields: Readonly<Record<string, unknown>>): Promise<void> {
    const values = [KEY.blueprint, KEY.identifier, JSON.stringify(fields)];
    await this.db.query('insert into tidemark.entity (blueprint, identifier, fields) values ($1, $2, $3)', values);
  }

  /** The entity as it is stored, whole. */
  async row(identifier = KEY.identifier): Promise<StoredRow | undefined> {
    const [row] = await this.db.query<StoredRow>(
      `select fields, version, modified_at as "modifiedAt", field_times as times, field_origins as origins, updated_at
         from tidemark.entity where destination = 'catalog' and blueprint = 'thing' and identifier = $1`,
      [identifier],
    );
    return row;
  }

  async fields(identifier = KEY.identifier): Promise<StoredRow['fields'] | undefined> {
    return (await this.row(identifier))?.fields;
  }

  /** Why each field is as it is: its path → the rule's name. */
  async rules(): Promise<Record<string, string | undefined>> {
    const { fields } = await this.client.explain(KEY);
    return Object.fromEntries(fields.map(({ field, decision }) => [field, decision?.rule]));
  }
}

interface StoredRow {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly version: number;
  readonly modifiedAt: Date | null;
  readonly times: Readonly<Record<string, string | null>> | null;
  readonly origins: Readonly<Record<string, string>> | null;
}

export const record = (
  fields: MappedRecord['fields'],
  modifiedAt: string | null = null,
  rest: Partial<MappedRecord> = {},
): MappedRecord => ({ key: 'a', fields: fields ?? {}, modifiedAt, ...rest });
