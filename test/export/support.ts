import { type Database, openDatabase } from '../../catalog/database.ts';
import { TidemarkClient } from '../../client/client.ts';
import type { ExportOptions } from '../../client/export.ts';
import type { EntityKey } from '../../domain/entity.ts';
import type { ExportedRecord, ExportedTombstone, ExportLine } from '../../domain/export.ts';
import { createTestDatabase } from '../support/environment/database.ts';

/** What is put into the catalog by hand: `blueprint/identifier` names it. */
export interface Put {
  readonly fields?: Readonly<Record<string, unknown>>;
  /** The record that it is a component of. */
  readonly parent?: string;
}

const keyOf = (name: string): EntityKey => {
  const [blueprint = '', ...rest] = name.split('/');
  return { blueprint, identifier: rest.join('/') };
};

const nameOf = ({ blueprint, identifier }: EntityKey): string => `${blueprint}/${identifier}`;

/** A catalog of its own that is written by hand and read by exports. */
export class Catalog {
  readonly db: Database;
  readonly client: TidemarkClient;
  private readonly drop: () => Promise<void>;

  private constructor(db: Database, client: TidemarkClient, drop: () => Promise<void>) {
    this.db = db;
    this.client = client;
    this.drop = drop;
  }

  static async open(): Promise<Catalog> {
    const database = await createTestDatabase();
    const client = await TidemarkClient.connect({ databaseUrl: database.url, temporal: null, taskQueue: 'none' });
    return new Catalog(openDatabase({ url: database.url, onIdleError: () => {} }), client, database.drop);
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.db.close();
    await this.drop();
  }

  async clear(): Promise<void> {
    await this.db.query(
      'truncate tidemark.entity, tidemark.entity_tombstone, tidemark.export, tidemark.integration cascade',
    );
    await this.db.query(`update tidemark.tombstone_keeping set keep = '30 days', forgotten_until = '-infinity'`);
  }

  async put(name: string, { fields = {}, parent }: Put = {}, db: Pick<Database, 'query'> = this.db): Promise<void> {
    const { blueprint, identifier } = keyOf(name);
    const content = parent === undefined ? fields : { ...fields, parent: keyOf(parent) };
    await db.query(
      `insert into tidemark.entity as e (destination, blueprint, identifier, fields) values ('catalog', $1, $2, $3)
       on conflict (destination, blueprint, identifier) do update set fields = excluded.fields`,
      [blueprint, identifier, JSON.stringify(content)],
    );
  }

  async remove(name: string): Promise<void> {
    const { blueprint, identifier } = keyOf(name);
    await this.db.query('delete from tidemark.entity where blueprint = $1 and identifier = $2', [
      blueprint,
      identifier,
    ]);
  }

  /** Makes everything in the catalog look as if it had changed an hour ago. */
  async age(): Promise<void> {
    await this.db.transaction(async (tx) => {
      await tx.query('set local session_replication_role = replica');
      for (const table of ['entity', 'entity_tombstone']) {
        await tx.query(`update tidemark.${table} set changed_at = changed_at - interval '1 hour'`);
      }
    });
  }

  /** A time after everything that was aged, and before everything that was not. */
  async recently(): Promise<string> {
    const [row] = await this.db.query<{ at: Date }>(`select now() - interval '10 minutes' as at`);
    return (row as { at: Date }).at.toISOString();
  }

  async lines(options: ExportOptions = {}): Promise<ExportLine[]> {
    const lines: ExportLine[] = [];
    for await (const line of this.client.export(options)) lines.push(line);
    return lines;
  }

  async records(options: ExportOptions = {}): Promise<ExportedRecord[]> {
    return (await this.lines(options)).filter((line) => line.type === 'entity');
  }

  /** The names of the records, in order. */
  async names(options: ExportOptions = {}): Promise<string[]> {
    return (await this.records(options)).map(nameOf);
  }

  /** The names of what is gone. */
  async gone(options: ExportOptions = {}): Promise<string[]> {
    const lines = await this.lines({ ...options, deleted: true });
    return lines.filter((line): line is ExportedTombstone => line.type === 'tombstone').map(nameOf);
  }

  /** What the last line hands out. */
  async nextMsince(): Promise<string> {
    return msinceOf(await this.lines());
  }
}

export function msinceOf(lines: readonly ExportLine[]): string {
  const last = lines.at(-1);
  if (last?.type !== 'end') throw new Error(`the last line is ${JSON.stringify(last)}`);
  return last.msince;
}
