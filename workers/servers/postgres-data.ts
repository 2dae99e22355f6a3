import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UnavailableError, UsageError } from '../../domain/errors.ts';
import { type Log, logTail, startChildProcess } from './child-process.ts';
import { handOver, type PostgresAccount } from './postgres-account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { POSTGRES_STOP, POSTGRES_USER, postgresFiles } from './postgres-files.ts';

export interface PostgresDataOptions {
  readonly directory: string;
  readonly binaries: PostgresBinaries;
  readonly account: PostgresAccount;
  readonly log: Log;
}

/**
 * Makes sure that there is a data folder which this PostgreSQL can run, and returns its password. Throws
 * `UsageError` for a data folder of another major version, of unknown origin or without its password.
 */
export async function preparePostgresData(options: PostgresDataOptions): Promise<{ password: string }> {
  const { directory, binaries, account } = options;
  const files = postgresFiles(directory);
  await removeInterrupted(directory);
  const version = await textOf(path.join(files.data, 'PG_VERSION'));
  if (version === undefined) {
    await refuseForeign(files.data);
    await createData(options);
  } else if (Number(version) !== binaries.major) {
    throw new UsageError(
      `The data folder ${files.data} was made by PostgreSQL ${version}; this Tidemark brings PostgreSQL ` +
        `${binaries.major}. Move the folder away to begin with an empty catalog, or copy its contents over with ` +
        `pg_dump and the Tidemark that made it.`,
    );
  }
  await handOver(files.data, account);
  const password = await textOf(files.password);
  if (!password) {
    throw new UsageError(
      `The password of the data folder ${files.data} is missing: restore ${files.password}, or move the data folder ` +
        'away to begin with an empty catalog.',
    );
  }
  return { password };
}

/**
 * Runs initdb in a folder beside and renames it when done, so that a start which broke off leaves nothing that
 * looks like data.
 */
async function createData({ directory, binaries, account, log }: PostgresDataOptions): Promise<void> {
  log('Starting PostgreSQL (first start: creating its data folder) …');
  const files = postgresFiles(directory);
  const password = (await textOf(files.password)) || randomBytes(24).toString('base64url');
  await writeFile(files.password, password, { mode: 0o600 });

  const staging = await mkdtemp(path.join(directory, STAGING));
  const [data, passwordCopy] = [path.join(staging, 'data'), path.join(staging, 'password')];
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordCopy, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    for (const entry of [staging, data, passwordCopy]) await chown(entry, account.uid, account.gid);
  }
  const initdb = await startChildProcess({
    name: 'initdb',
    command: commandFor(account, binaries.initdb, [
      ...[`--pgdata=${data}`, `--username=${POSTGRES_USER}`, `--pwfile=${passwordCopy}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ]),
    ...account,
    logFile: files.initdbLog,
    recordFile: files.record,
    stopSignals: POSTGRES_STOP,
  });
  const how = await initdb.exited;
  await initdb.stop();
  if (how !== 'exit code 0') {
    await rm(staging, { recursive: true, force: true });
    throw new UnavailableError(
      `PostgreSQL could not create its data folder in ${directory} (initdb: ${how}). The end of its log:\n` +
        `${logTail(files.initdbLog)}\nIf this cannot be mended, set DATABASE_URL to a PostgreSQL server.`,
    );
  }
  await rename(data, files.data);
  await rm(staging, { recursive: true, force: true });
}

/** A program of PostgreSQL with its arguments, in the way that the account needs. */
export function commandFor(account: PostgresAccount, program: string, args: readonly string[]): [string, ...string[]] {
  const [first, ...rest] = [...account.prefix, program];
  return [first as string, ...rest, ...args];
}

const STAGING = 'new-';

async function removeInterrupted(directory: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (entry.startsWith(STAGING)) await rm(path.join(directory, entry), { recursive: true, force: true });
  }
}

async function refuseForeign(data: string): Promise<void> {
  const entries = await readdir(data).catch(() => []);
  if (entries.length > 0) {
    throw new UsageError(`${data} holds other files than PostgreSQL's data; move them away or name another folder.`);
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
