import { mkdir, readFile, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { type ChildProcess, endProcess, type Log, logTail, startChildProcess, stopLeftover } from './child-process.ts';
import { freePorts } from './ports.ts';
import { type PostgresAccount, postgresAccount } from './postgres-account.ts';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';
import { commandFor, preparePostgresData } from './postgres-data.ts';
import { POSTGRES_STOP, POSTGRES_USER, postgresFiles } from './postgres-files.ts';
import { commandLineOf, identityOf } from './process-identity.ts';
import { untilReady } from './readiness.ts';

export interface EmbeddedPostgresOptions {
  /** Holds the data, the password and the log; made if missing. One running PostgreSQL per folder. */
  readonly directory: string;
  /** Used if it is free; otherwise, or if not given, any free port. */
  readonly port?: number;
  readonly log: Log;
}

export interface EmbeddedPostgres extends ChildProcess {
  /** Connects as the owner of everything, password included, to the database `postgres`. */
  readonly url: string;
  readonly port: number;
}

/** For a small machine; durability stays as PostgreSQL has it, the catalog must survive a power cut. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // Off /tmp, whose socket names collide and whose paths may be too long.
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '192MB',
  max_wal_size: '1GB',
  checkpoint_timeout: '10min',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Crash recovery reads at most `max_wal_size`; a slow disk needs a while for that. */
const READY_LIMIT_MS = 180_000;
const ATTEMPTS = 3;

/**
 * Starts the PostgreSQL that npm installed, on 127.0.0.1 with a password of its own, and waits until it answers.
 * What an earlier, killed start left running in the same folder is stopped first. Works as root and below folders
 * that only the user may enter.
 * Throws `UsageError` for a data folder that it cannot run, `UnavailableError` when PostgreSQL does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const directory = await realpath(options.directory);
  const files = postgresFiles(directory);
  const binaries = await postgresBinaries();
  const account = await postgresAccount({ postgres: binaries.postgres, directory, log });
  await stopLeftover(files.record, { name: 'PostgreSQL', stopSignals: POSTGRES_STOP, log });
  await settlePidFile(files.data, log);
  const { password } = await preparePostgresData({ directory, binaries, account, log });

  log('Starting PostgreSQL …');
  for (let attempt = 1; ; attempt++) {
    const [port] = await freePorts([options.port]);
    const url = `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${port}/postgres?sslmode=disable`;
    const child = await launch({ files, binaries, account, port });
    try {
      await untilReady({
        name: 'PostgreSQL',
        child,
        logFile: files.log,
        limitMs: READY_LIMIT_MS,
        answers: () => answers(url),
        log,
      });
      log(`PostgreSQL runs on 127.0.0.1:${port}.`);
      return { ...child, url, port };
    } catch (error) {
      if (attempt === ATTEMPTS || !anotherTryHelps(files.log)) throw error;
    }
  }
}

function launch(options: {
  readonly files: ReturnType<typeof postgresFiles>;
  readonly binaries: PostgresBinaries;
  readonly account: PostgresAccount;
  readonly port: number;
}): Promise<ChildProcess> {
  const { files, binaries, account, port } = options;
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return startChildProcess({
    name: 'PostgreSQL',
    command: commandFor(account, binaries.postgres, ['-D', files.data, '-p', String(port), ...settings]),
    ...account,
    logFile: files.log,
    recordFile: files.record,
    stopSignals: POSTGRES_STOP,
  });
}

/** Whether the server lets us in; not yet while it recovers. Throws what it says against us. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    // 28…: wrong password, so a stranger's server, or a password file that belongs to other data.
    if (String((error as pg.DatabaseError).code).startsWith('28')) throw error;
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Another process took the port since it was looked for, or a killed server's children still let go of its memory. */
function anotherTryHelps(logFile: string): boolean {
  return /address already in use|could not create any TCP\/IP sockets|still in use/i.test(logTail(logFile));
}

/**
 * Looks at PostgreSQL's own pid file. It may name a server that runs on this data folder but is not in our record,
 * because the start died between starting it and writing that down: its command line proves it, and it is stopped.
 * Or, after a power cut, a pid that another program has by now: PostgreSQL would take it for itself and never start
 * again, so the file goes.
 */
async function settlePidFile(data: string, log: Log): Promise<void> {
  const pidFile = path.join(data, 'postmaster.pid');
  const content = await readFile(pidFile, 'utf8').catch(() => '');
  const identity = identityOf(Number.parseInt(content, 10));
  if (!identity) return;
  const commandLine = commandLineOf(identity.pid);
  if (commandLine.includes(` -D ${data} `)) {
    log(`Stopping PostgreSQL (pid ${identity.pid}), left running by a start that was killed …`);
    await endProcess(identity, POSTGRES_STOP);
  } else if (commandLine && !commandLine.includes('postgres')) {
    await rm(pidFile, { force: true });
  }
}
