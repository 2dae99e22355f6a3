import { access } from 'node:fs/promises';
import path from 'node:path';
import { type ClientOptions, TidemarkClient } from '../client/client.ts';
import type { TemporalAddress } from '../client/temporal.ts';
import type { Configuration } from '../config/configuration.ts';
import { type Connections, readConnections } from '../config/connections.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { readConfiguration } from '../config/read.ts';
import { UnavailableError, UsageError } from '../domain/errors.ts';
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

/** For a role of its own, which brings no servers along. Throws `UsageError` that names what is not set. */
export function requiredConnections(role: 'server' | 'worker'): RequiredConnections {
  const { databaseUrl, temporal, ...rest } = connections();
  if (!databaseUrl) throw new UsageError(`DATABASE_URL is not set: the ${role} needs a PostgreSQL server`);
  if (temporal) return { ...rest, databaseUrl, temporal };
  throw new UsageError(`TEMPORAL_ADDRESS (or TEMPORAL_PROFILE) is not set: the ${role} needs a Temporal server`);
}

type RequiredConnections = Connections & {
  readonly databaseUrl: NonNullable<Connections['databaseUrl']>;
  readonly temporal: NonNullable<Connections['temporal']>;
};

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
export function withReadingClient<T>(options: CommonOptions, work: (client: TidemarkClient) => Promise<T>): Promise<T> {
  return withDatabase(options, async (where) =>
    closing(await TidemarkClient.connect({ ...where, temporal: null }), work),
  );
}

/** The same with Temporal where it answers: it knows when the next resync is due. */
export function withStatusClient<T>(options: CommonOptions, work: (client: TidemarkClient) => Promise<T>): Promise<T> {
  const address = temporalAddress();
  const temporal = address && {
    ...address,
    connectionOptions: { ...address.connectionOptions, connectTimeout: '3 seconds' },
  };
  return withDatabase(options, async (where) => {
    const client = await TidemarkClient.connect({ ...where, temporal }).catch((error: unknown) => {
      if (!(error instanceof UnavailableError)) throw error;
      outputOf(options).note(`when the next resync is due is not known: ${error.message}`);
      return TidemarkClient.connect({ ...where, temporal: null });
    });
    return closing(client, work);
  });
}

async function withDatabase<T>(options: CommonOptions, work: (where: Where) => Promise<T>): Promise<T> {
  const { databaseUrl, taskQueue } = connections();
  const url = databaseUrl ?? readDevEnvironment(dataDirectory())?.databaseUrl;
  const where = { taskQueue, env: process.env };
  if (url) return work({ ...where, databaseUrl: url });
  const lock = await takeDevLock(dataDirectory());
  try {
    const directory = path.join(dataDirectory(), 'postgres');
    const postgres = await startEmbeddedPostgres({ directory, log: (line) => outputOf(options).note(line) });
    try {
      return await work({ ...where, databaseUrl: postgres.url });
    } finally {
      await postgres.stop();
    }
  } finally {
    lock.release();
  }
}

/** Temporal's address by the environment, or that of the `tidemark dev` that runs in this folder. */
function temporalAddress(): TemporalAddress | null {
  const running = readDevEnvironment(dataDirectory());
  return connections().temporal ?? (running ? { connectionOptions: { address: running.temporalAddress } } : null);
}

/** A client for commands that trigger: Temporal and the database are those of the environment or of `tidemark dev`. */
export async function withTriggeringClient<T>(work: (client: TidemarkClient) => Promise<T>): Promise<T> {
  const { databaseUrl, temporal, taskQueue } = connections();
  const running = readDevEnvironment(dataDirectory());
  const url = databaseUrl ?? running?.databaseUrl;
  const address = temporalAddress();
  const queue = temporal ? taskQueue : (running?.taskQueue ?? taskQueue);
  if (!url || !address) {
    throw new UnavailableError(
      'nothing runs in this folder: start `npm start` (or `tidemark dev`) here, or set DATABASE_URL and TEMPORAL_ADDRESS',
    );
  }
  return closing(await TidemarkClient.connect({ databaseUrl: url, temporal: address, taskQueue: queue }), work);
}

type Where = Omit<ClientOptions, 'temporal'>;

async function closing<T>(client: TidemarkClient, work: (client: TidemarkClient) => Promise<T>): Promise<T> {
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
