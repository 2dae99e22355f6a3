import path from 'node:path';
import type { StopSignals } from './child-process.ts';

/** The role that owns everything in the embedded PostgreSQL. */
export const POSTGRES_USER = 'tidemark';

/** Fast shutdown, then immediate shutdown (recovered at the next start), then none. */
export const POSTGRES_STOP: StopSignals = [
  ['SIGINT', 30_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
];

/** Where things lie in the folder of an embedded PostgreSQL. */
export function postgresFiles(directory: string) {
  return {
    data: path.join(directory, 'data'),
    /** In plain text, mode 600. */
    password: path.join(directory, 'password'),
    /** The process that runs now: initdb or the server. */
    record: path.join(directory, 'process.json'),
    log: path.join(directory, 'postgres.log'),
    initdbLog: path.join(directory, 'initdb.log'),
  };
}
