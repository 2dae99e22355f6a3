import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { type Database, openDatabase } from '../catalog/database.ts';
import { TidemarkClient } from '../client/client.ts';
import { loadConfiguration } from '../config/load.ts';
import { configurationContext } from '../workers/configuration-context.ts';
import { type ChildProcess, type Log, logTail, startChildProcess } from '../workers/servers/child-process.ts';
import { startEmbeddedPostgres } from '../workers/servers/embedded-postgres.ts';
import { temporalBinary } from '../workers/servers/temporal-binary.ts';
import { startTemporalServer } from '../workers/servers/temporal-server.ts';
import { configurationText } from './configuration.ts';
import type { PortProcess } from './port.ts';
import { type SourceProcess, type SourceSizes, startSource } from './source.ts';

/** Processes that are measured. */
export type MeasuredProcess = 'worker' | 'temporal' | 'postgres';

/** Everything that a resync needs besides its source, each part a process of its own. */
export interface Runtime {
  readonly pids: Readonly<Record<MeasuredProcess, number>>;
  readonly client: TidemarkClient;
  readonly temporal: Client;
  readonly db: Database;
  readonly databaseUrl: string;
  /** Rejects when a process ends by itself. */
  readonly failed: Promise<never>;
}

/** The same with the source. */
export interface Servers extends Runtime {
  readonly source: SourceProcess;
  /** `null`: the destination is the catalog. */
  readonly port: PortProcess | null;
}

/** What was started, to be stopped in the opposite order. */
export class Started {
  private readonly stops: (() => Promise<unknown>)[] = [];

  add(stop: () => Promise<unknown>): void {
    this.stops.push(stop);
  }

  async stop(): Promise<void> {
    for (let next = this.stops.pop(); next; next = this.stops.pop()) await next();
  }
}

const TASK_QUEUE = 'bench';
const TIDEMARK = fileURLToPath(new URL('../bin/tidemark.mjs', import.meta.url));

type StartPort = () => Promise<PortProcess | null>;

interface StartOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Starts the generated source, and the runtime with a configuration that reads it. */
export async function startServers(
  { sizes, log, signal, startPort }: StartOptions & { readonly sizes: SourceSizes; readonly startPort: StartPort },
  started: Started,
): Promise<Servers> {
  log(`Generating ${sizes.repositories} repositories and ${sizes.pullRequests} pull requests …`);
  const source = await startSource(sizes);
  started.add(() => source.stop());
  const port = await startPort();
  if (port) started.add(() => port.stop());
  const configuration = configurationText(source.facts, port?.destination);
  const runtime = await startRuntime({ configuration, log, signal }, started);
  const failed = Promise.race([endsByItself('the source', source), runtime.failed]);
  failed.catch(() => {});
  return { ...runtime, source, port, failed };
}

/**
 * Starts the embedded PostgreSQL and the Temporal dev server as `npm start` has them, in a temporary folder, and one
 * `tidemark worker`; imports the configuration. Each part is told to `started` as soon as it runs.
 */
export async function startRuntime(
  { configuration, log, signal }: StartOptions & { readonly configuration: string },
  started: Started,
): Promise<Runtime> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  started.add(() => rm(directory, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ directory: path.join(directory, 'postgres'), log });
  started.add(() => postgres.stop());
  const binary = await temporalBinary({ env: process.env, log, signal });
  const server = await startTemporalServer({
    binary,
    directory: path.join(directory, 'temporal'),
    env: process.env,
    log,
  });
  started.add(() => server.stop());

  const address = { address: server.address };
  const connection = await Connection.connect(address);
  started.add(() => connection.close());
  const where = { databaseUrl: postgres.url, temporal: { connectionOptions: address }, taskQueue: TASK_QUEUE };
  const client = await TidemarkClient.connect(where);
  started.add(() => client.close());
  const db = openDatabase({ url: postgres.url, poolSize: 1, onIdleError: () => {} });
  started.add(() => db.close());
  const text = { file: 'bench.yaml', text: configuration };
  await client.importConfiguration(loadConfiguration(text, configurationContext({})));

  log('Starting a worker …');
  const worker = await startWorker({ directory, databaseUrl: postgres.url, temporalAddress: server.address });
  started.add(() => worker.stop());
  const failed = Promise.race([
    endsByItself('PostgreSQL', postgres),
    endsByItself('the Temporal server', server),
    endsByItself('the worker', worker, () => logTail(path.join(directory, 'worker.log'))),
  ]);
  failed.catch(() => {});
  await Promise.race([untilPolling(client), failed]);
  const pids = { worker: worker.pid, temporal: server.pid, postgres: postgres.pid };
  return { pids, client, temporal: new Client({ connection }), db, databaseUrl: postgres.url, failed };
}

interface WorkerOptions {
  readonly directory: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
}

function startWorker({ directory, databaseUrl, temporalAddress }: WorkerOptions): Promise<ChildProcess> {
  // The caller's own settings would lead it elsewhere.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|TIDEMARK_)/.test(name));
  return startChildProcess({
    name: 'The worker',
    command: [TIDEMARK, 'worker'],
    env: {
      ...Object.fromEntries(inherited),
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporalAddress,
      TIDEMARK_TASK_QUEUE: TASK_QUEUE,
    },
    cwd: directory,
    logFile: path.join(directory, 'worker.log'),
    recordFile: path.join(directory, 'worker.json'),
    stopSignals: [
      ['SIGTERM', 20_000],
      ['SIGKILL', 5_000],
    ],
  });
}

async function endsByItself(
  name: string,
  { exited }: { readonly exited: Promise<string> },
  lastWords: () => string = () => '',
): Promise<never> {
  throw new Error(`${name} ended by itself (${await exited})\n${lastWords()}`);
}

async function untilPolling(client: TidemarkClient): Promise<void> {
  while (!(await client.hasWorker())) await delay(50);
}
