import path from 'node:path';
import type { TemporalAddress } from '../../client/temporal.ts';
import type { Connections } from '../../config/connections.ts';
import { UnavailableError } from '../../domain/errors.ts';
import type { Log } from './child-process.ts';
import { writeDevEnvironment } from './dev-environment.ts';
import { takeDevLock } from './dev-lock.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { temporalBinary } from './temporal-binary.ts';
import { startTemporalServer } from './temporal-server.ts';

export interface DevServersOptions {
  /** Everything that is kept lies below it. */
  readonly directory: string;
  readonly connections: Connections;
  readonly log: Log;
  /** Ends what takes long: getting the Temporal server. */
  readonly signal: AbortSignal;
}

export interface DevServers {
  readonly databaseUrl: string;
  readonly temporal: TemporalAddress;
  /** `null`: a server that the environment names; where its Web UI is, only its owner knows. */
  readonly temporalUiUrl: string | null;
  /** Rejects when a server ends by itself. */
  readonly failed: Promise<never>;
  /** Stops Temporal, then PostgreSQL: the worker must have stopped before. */
  stop(): Promise<void>;
}

const POSTGRES_PORT = 25_432;
const TEMPORAL_PORT = 7_233;
const TEMPORAL_UI_PORT = 8_233;

/** Starts the servers that the environment does not name: embedded PostgreSQL and Temporal's dev server. */
export async function startDevServers(options: DevServersOptions): Promise<DevServers> {
  const { directory, connections, log, signal } = options;
  const lock = await takeDevLock(directory);
  const stops: (() => Promise<void>)[] = [async () => lock.release()];
  const stop = async (): Promise<void> => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  const failures: Promise<never>[] = [new Promise(() => {})];
  const watch = (name: string, exited: Promise<string>): void => {
    failures.push(
      exited.then((how) => {
        throw new UnavailableError(`${name} ended by itself (${how}); see the logs below ${directory}`);
      }),
    );
  };
  try {
    let databaseUrl = connections.databaseUrl;
    if (databaseUrl === null) {
      const postgres = await startEmbeddedPostgres({
        directory: path.join(directory, 'postgres'),
        port: POSTGRES_PORT,
        log,
      });
      stops.push(() => postgres.stop());
      watch('PostgreSQL', postgres.exited);
      databaseUrl = postgres.url;
    }
    let temporal: TemporalAddress | null = connections.temporal;
    let temporalUiUrl: string | null = null;
    if (temporal === null) {
      const binary = await temporalBinary({ env: process.env, log, signal });
      const server = await startTemporalServer({
        binary,
        directory: path.join(directory, 'temporal'),
        port: TEMPORAL_PORT,
        uiPort: TEMPORAL_UI_PORT,
        env: process.env,
        log,
      });
      stops.push(() => server.stop());
      watch('The Temporal server', server.exited);
      temporal = { connectionOptions: { address: server.address } };
      temporalUiUrl = server.uiUrl;
    }
    writeDevEnvironment(directory, {
      databaseUrl,
      temporalAddress: temporal.connectionOptions.address ?? '',
      temporalUiUrl: temporalUiUrl ?? '',
      taskQueue: connections.taskQueue,
    });
    const failed = Promise.race(failures);
    failed.catch(() => {});
    return { databaseUrl, temporal, temporalUiUrl, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
