import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Database, openDatabase } from '../catalog/database.ts';
import { TidemarkClient } from '../client/client.ts';
import type { ExportOptions } from '../client/export.ts';
import { startEmbeddedPostgres } from '../workers/servers/embedded-postgres.ts';

// Exports a large catalog of which little has changed, and the whole of it: npm run bench:export.

const ENTITIES = 100_000;
const CHANGED = ENTITIES / 100;
const ROUNDS = 5;

/** Repositories of about half a kilobyte, each with a team and a tenth of them with two branches as components. */
async function fill(db: Database): Promise<void> {
  await db.query(
    `insert into tidemark.entity (destination, blueprint, identifier, fields)
     select 'catalog', 'repository', 'acme/svc-' || n, jsonb_build_object(
              'title', 'svc-' || n, 'properties.url', 'https://example.com/acme/svc-' || n, 'properties.stars', n % 500,
              'properties.text', repeat(md5(n::text), 10), 'relations.team', 'team-' || n % 100)
       from generate_series(1, $1) n`,
    [ENTITIES * 0.8],
  );
  await db.query(
    `insert into tidemark.entity (destination, blueprint, identifier, fields)
     select 'catalog', 'branch', 'acme/svc-' || (n + 1) / 2 || '/' || n, jsonb_build_object(
              'title', n::text, 'parent', jsonb_build_object('blueprint', 'repository', 'identifier', 'acme/svc-' || (n + 1) / 2))
       from generate_series(1, $1) n`,
    [ENTITIES * 0.2 - 100],
  );
  await db.query(
    `insert into tidemark.entity (destination, blueprint, identifier, fields)
     select 'catalog', 'team', 'team-' || n - 1, '{}' from generate_series(1, 100) n`,
  );
  await db.query('analyze tidemark.entity');
}

interface Measured {
  readonly records: number;
  readonly milliseconds: number;
}

/** The fastest of some rounds. */
async function measure(client: TidemarkClient, options: ExportOptions): Promise<Measured> {
  let best: Measured = { records: 0, milliseconds: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    let records = 0;
    for await (const line of client.export(options)) if (line.type === 'entity') records += 1 + line.components.length;
    const milliseconds = performance.now() - began;
    if (milliseconds < best.milliseconds) best = { records, milliseconds };
  }
  return best;
}

const line = (what: string, { records, milliseconds }: Measured): string =>
  `${what}: ${records.toLocaleString('en-US')} entities in ${milliseconds.toFixed(0)} ms`;

const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
const postgres = await startEmbeddedPostgres({
  directory: path.join(folder, 'postgres'),
  log: (text) => process.stderr.write(`${text}\n`),
});
try {
  const client = await TidemarkClient.connect({ databaseUrl: postgres.url, temporal: null, taskQueue: 'bench' });
  const db = openDatabase({ url: postgres.url });
  await fill(db);
  const [row] = await db.query<{ now: string }>(
    `select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`,
  );
  const msince = (row as { now: string }).now;
  await db.query(
    `update tidemark.entity set fields = fields || '{"properties.stars": -1}'
      where blueprint = 'repository' and identifier in (select 'acme/svc-' || n * 50 from generate_series(1, $1) n)`,
    [CHANGED],
  );
  const since = await measure(client, { msince, deleted: true });
  const whole = await measure(client, {});
  const share = (since.milliseconds / whole.milliseconds) * 100;
  process.stdout.write(
    `${line('changed since', since)}\n${line('everything', whole)}\n` +
      `${share.toFixed(1)} % of the time; peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB\n`,
  );
  await client.close();
  await db.close();
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
