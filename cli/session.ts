import { access } from 'node:fs/promises';
import path from 'node:path';
import { TidemarkClient } from '../client/client.ts';
import type { Configuration } from '../config/configuration.ts';
import { type Connections, readConnections } from '../config/connections.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { readConfiguration } from '../config/read.ts';
import { UnavailableError } from '../domain/errors.ts';
import { configurationContext } from '../workers/configuration-context.ts';
import { readDevEnvironment } from '../workers/servers/dev-environment.ts';
import { takeDevLock } from '../workers/servers/dev-lock.ts';
import { startEmbeddedPostgres } from '../workers/servers/embedded-postgres.ts';
import { Output } from './output.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** The file that is read when `--config` is left out. */
export const CONFIGURATION_FILE = 'tidemark.yaml';

/** Where `npm start` and `tidemark dev` keep what they run on, below the folder they are started in. */
export const dataDirectory = (): string => path.resolve('.tidemark');

export const connections = (): Connections => readConnections(process.env);

export const outputOf = (options: CommonOptions): Output => new Output(options.json ?? false);

/** What the configuration in that file is checked against. */
export const contextFor = (file: string, env = process.env): ConfigurationContext =>
  configurationContext(env, path.dirname(path.resolve(file)));

/** The configuration that `--config` names, or `tidemark.yaml`. Throws `ConfigurationError`. */
export function loadConfiguration(options: CommonOptions): Promise<Configuration> {
  const file = options.config ?? CONFIGURATION_FILE;
  return readConfiguration(file, contextFor(file));
}

/** The same; `null` when `--config` is left out and there is no `tidemark.yaml`. */
export async function loadConfigurationIfThere(options: CommonOptions): Promise<Configuration | null> {
  if (options.config === undefined) {
    const there = await access(CONFIGURATION_FILE).then(
      () => true,
      () => false,
    );
    if (!there) return null;
  }
  return loadConfiguration(options);
}

/**
 * A client for commands that only read. The database is DATABASE_URL's, that of the `tidemark dev` that runs in this
 * folder, or this folder's embedded one, started for as long as the command takes.
 */
export async function withReadingClient<T>(
  options: CommonOptions,
  work: (client: TidemarkClient) => Promise<T>,
): Promise<T> {
  const { databaseUrl, taskQueue } = connections();
  const url = databaseUrl ?? readDevEnvironment(dataDirectory())?.databaseUrl;
  if (url) return withClient({ databaseUrl: url, temporal: null, taskQueue }, work);
  const lock = await takeDevLock(dataDirectory());
  try {
    const directory = path.join(dataDirectory(), 'postgres');
    const postgres = await startEmbeddedPostgres({ directory, log: (line) => outputOf(options).note(line) });
    try {
      return await withClient({ databaseUrl: postgres.url, temporal: null, taskQueue }, work);
    } finally {
      await postgres.stop();
    }
  } finally {
    lock.release();
  }
}

/** A client for commands that trigger: Temporal and the database are those of the environment or of `tidemark dev`. */
export function withTriggeringClient<T>(work: (client: TidemarkClient) => Promise<T>): Promise<T> {
  const { databaseUrl, temporal, taskQueue } = connections();
  const running = readDevEnvironment(dataDirectory());
  const url = databaseUrl ?? running?.databaseUrl;
  const address = temporal ?? (running && { connectionOptions: { address: running.temporalAddress } });
  const queue = temporal ? taskQueue : (running?.taskQueue ?? taskQueue);
  if (!url || !address) {
    throw new UnavailableError(
      'nothing runs in this folder: start `npm start` (or `tidemark dev`) here, or set DATABASE_URL and TEMPORAL_ADDRESS',
    );
  }
  return withClient({ databaseUrl: url, temporal: address, taskQueue: queue }, work);
}

async function withClient<T>(
  where: Parameters<typeof TidemarkClient.connect>[0],
  work: (client: TidemarkClient) => Promise<T>,
): Promise<T> {
  const client = await TidemarkClient.connect(where);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
