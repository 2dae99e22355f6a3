import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import {
  type ChildProcess,
  type Log,
  logTail,
  type StopSignals,
  startChildProcess,
  stopLeftover,
} from './child-process.ts';
import { freePorts } from './ports.ts';
import { untilReady } from './readiness.ts';

export interface TemporalServerOptions {
  /** The `temporal` program (see `temporalBinary`). */
  readonly binary: string;
  /** Holds the log and, unless `inMemory`, the server's state; made if missing. One running server per folder. */
  readonly directory: string;
  /** Forgets everything when it stops. */
  readonly inMemory?: boolean;
  /** For gRPC. Used if it is free; otherwise, or if not given, any free port. */
  readonly port?: number;
  /** For the Web UI, likewise. */
  readonly uiPort?: number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

export interface TemporalServer extends ChildProcess {
  /** `127.0.0.1:7233` */
  readonly address: string;
  /** `http://127.0.0.1:8233` */
  readonly uiUrl: string;
  /** Where the server's own HTTP API is: `http://127.0.0.1:7243` */
  readonly httpUrl: string;
}

/** The namespace that a dev server always has. */
const NAMESPACE = 'default';

/** A server that keeps its state gets the time to close it. */
const stopSignals = (inMemory = false): StopSignals => [
  ...(inMemory ? [] : ([['SIGTERM', 10_000]] as const)),
  ['SIGKILL', 5_000],
];

const READY_LIMIT_MS = 60_000;
const ATTEMPTS = 3;

/** Measured: without the first, 20 dispatches a second per shard; without the second, 1 s per continue-as-new. */
const DYNAMIC_CONFIG = ['history.transferProcessorMaxPollRPS=2000', 'history.workflowIdReuseMinimalInterval="0s"'];

/**
 * Measured: SQLite's own defaults are 1.4 to 2.8 times slower. A killed server loses nothing, a power cut at most
 * the last moments.
 */
const SQLITE_PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

/**
 * Starts a Temporal dev server with its Web UI on 127.0.0.1 and waits until its namespace answers. What an earlier,
 * killed start left running in the same folder is stopped first. Throws `UnavailableError` when it does not come up.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { log } = options;
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const directory = await realpath(options.directory);
  const files = { log: path.join(directory, 'temporal.log'), record: path.join(directory, 'process.json') };
  const signals = stopSignals(options.inMemory);
  await stopLeftover(files.record, { name: 'the Temporal server', stopSignals: signals, log });

  log('Starting the Temporal server …');
  for (let attempt = 1; ; attempt++) {
    const [port, uiPort, httpPort, metricsPort] = await freePorts([options.port, options.uiPort, undefined, undefined]);
    const child = await startChildProcess({
      name: 'The Temporal server',
      command: [options.binary, ...startArguments(options, { directory, port, uiPort, httpPort, metricsPort })],
      env: withoutTemporalSettings(options.env),
      logFile: files.log,
      recordFile: files.record,
      stopSignals: signals,
    });
    const address = `127.0.0.1:${port}`;
    try {
      await untilReady({
        name: 'The Temporal server',
        child,
        logFile: files.log,
        limitMs: READY_LIMIT_MS,
        answers: async () => (await answersHttp(httpPort)) && (await answersGrpc(address)),
        log,
      });
      log(`The Temporal server runs on ${address}.`);
      return { ...child, address, uiUrl: `http://127.0.0.1:${uiPort}`, httpUrl: `http://127.0.0.1:${httpPort}` };
    } catch (error) {
      if (attempt === ATTEMPTS || !/address already in use/i.test(logTail(files.log))) throw error;
    }
  }
}

function startArguments(
  { inMemory }: TemporalServerOptions,
  at: { directory: string; port: number; uiPort: number; httpPort: number; metricsPort: number },
): string[] {
  const ports = { port: at.port, 'ui-port': at.uiPort, 'http-port': at.httpPort, 'metrics-port': at.metricsPort };
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'warn'],
    ...Object.entries(ports).flatMap(([flag, port]) => [`--${flag}`, String(port)]),
    ...DYNAMIC_CONFIG.flatMap((entry) => ['--dynamic-config-value', entry]),
    ...(inMemory ? [] : ['--db-filename', path.join(at.directory, 'temporal.db')]),
    ...(inMemory ? [] : SQLITE_PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma])),
  ];
}

/** The program reads TEMPORAL_* as a client does; none of that is meant for the server that is started here. */
function withoutTemporalSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

/**
 * Whether the namespace is there, asked on a port that nobody else was told: at the gRPC port a server of another
 * folder may answer, if both looked for a free port at the same time.
 */
async function answersHttp(httpPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${httpPort}/api/v1/namespaces/${NAMESPACE}`, {
      signal: AbortSignal.timeout(2_000),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function answersGrpc(address: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: '2s' });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}
