import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startServer } from '../server/listen.ts';
import { configurationContext } from '../workers/configuration-context.ts';
import { untilStopped } from '../workers/signals.ts';
import { sourcesInForce } from '../workers/sources-in-force.ts';
import { configurationText } from './configuration.ts';
import { cpuSecondsOf, peakMemoryOf } from './process-usage.ts';
import { type Runtime, Started, startRuntime } from './servers.ts';
import { startSource } from './source.ts';

// Sends records to the Sync API, 250 bytes each, in one request for each row of the table: npm run bench:sync-api -- [--records N].

const TOKEN = 'bench';
const FAST = { 'single-operation': '1', 'indexing-behavior': 'use-queue-indexing' };

interface Case {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly records: number;
  /** Where the ids begin: the same ones again are updates. */
  readonly from: number;
}

/** A record of 250 bytes. `version` makes a later one an update. */
function record(number: number, version: string): string {
  const id = number.toString(16).padStart(32, '0');
  const text = `{"id":"${id}","name":"product ${number}","productNumber":"SW-${number}","stock":${number % 100},"active":true,"description":"${version} `;
  return `${text}${'lorem ipsum dolor sit amet '.repeat(9)}`.slice(0, 247).concat('"}');
}

/** The body, made as it is sent. */
async function* bodyOf({ records, from, name }: Case): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{"write":{"entity":"product","action":"upsert","payload":[');
  for (let sent = 0; sent < records; sent += 500) {
    const many = Array.from({ length: Math.min(500, records - sent) }, (_, index) => record(from + sent + index, name));
    yield Buffer.from(`${sent === 0 ? '' : ','}${many.join(',')}`);
  }
  yield Buffer.from(']}}');
}

async function send(url: string, each: Case): Promise<number> {
  const began = performance.now();
  const answer = await fetch(`${url}/api/v3/_action/sync`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...each.headers },
    body: ReadableStream.from(bodyOf(each)),
    duplex: 'half',
  } as RequestInit);
  const text = await answer.text();
  const seconds = (performance.now() - began) / 1000;
  if (answer.status !== 200) throw new Error(`${each.name}: ${answer.status} ${text.slice(0, 300)}`);
  const ids = text.match(/"[0-9a-f]{32}"/g)?.length;
  if (ids !== each.records) throw new Error(`${each.name}: ${ids} ids were answered in place of ${each.records}`);
  return seconds;
}

async function untilIndexed({ db }: Runtime): Promise<number> {
  const began = performance.now();
  for (;;) {
    const [row] = await db.query<{ waiting: number }>('select count(*)::int as waiting from tidemark.index_dirty');
    if (row?.waiting === 0) return (performance.now() - began) / 1000;
    await delay(100);
  }
}

/** Seconds of CPU time; the server shares its process with who sends. */
function cpuOf({ pids }: Runtime): { readonly server: number; readonly postgres: number } {
  const { user, system } = process.cpuUsage();
  return { server: (user + system) / 1e6, postgres: cpuSecondsOf(pids.postgres) ?? Number.NaN };
}

const HEAD = [
  'request',
  'records',
  'answered in',
  'records/s',
  'CPU of the server',
  'CPU of PostgreSQL',
  'indexed after',
  'peak memory',
];

async function measure(records: number, started: Started): Promise<string> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const source = await startSource({ repositories: 1, pullRequests: 1 });
  started.add(() => source.stop());
  const { signal } = new AbortController();
  const runtime = await startRuntime({ configuration: configurationText(source.facts), log, signal }, started);
  const { client } = runtime;
  const context = configurationContext({});
  const own = { host: '127.0.0.1', port: 0, token: TOKEN, maxBody: 256e6, log: { info: () => {}, warn: log } };
  const server = await startServer({ ...own, client, context, source: sourcesInForce(client, context) });
  started.add(() => server.stop());
  const few = Math.round(records / 10);
  const cases: Case[] = [
    { name: 'first', headers: FAST, records, from: 0 },
    { name: 'changed', headers: FAST, records, from: 0 },
    {
      name: 'disabled',
      headers: { ...FAST, 'indexing-behavior': 'disable-indexing' },
      records: few,
      from: 2 * records,
    },
    { name: 'default headers', headers: {}, records: few, from: 3 * records },
  ];
  const rows: string[][] = [];
  for (const each of cases) {
    const before = cpuOf(runtime);
    const seconds = await Promise.race([send(server.url, each), runtime.failed]);
    const after = cpuOf(runtime);
    const indexed = each.name === 'disabled' ? '' : `${(await untilIndexed(runtime)).toFixed(1)} s`;
    const row = [
      each.name,
      String(each.records),
      `${seconds.toFixed(1)} s`,
      String(Math.round(each.records / seconds)),
      `${(after.server - before.server).toFixed(1)} s`,
      `${(after.postgres - before.postgres).toFixed(1)} s`,
      indexed,
      `${peakMemoryOf(process.pid)?.toFixed(0)} MB`,
    ];
    log(row.join('  '));
    rows.push(row);
    if (each.name === 'disabled') await client.index({ all: false });
  }
  return [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const { values } = parseArgs({ options: { records: { type: 'string' } } });
const started = new Started();
const stopped = untilStopped().then(() => Promise.reject(new Error('stopped')));
try {
  process.stdout.write(`${await Promise.race([measure(Number(values.records ?? 100_000), started), stopped])}\n`);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await started.stop();
}
process.exit();
