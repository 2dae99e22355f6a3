import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../domain/errors.ts';

export interface KeptToken {
  readonly token: string;
  readonly file: string;
  /** It was made just now: the only time to show it. */
  readonly isNew: boolean;
}

/**
 * The token of a server that none was configured for: made at the first start and kept in `directory`, readable by this
 * user only. Throws `UsageError` when it can be neither read nor written.
 */
export async function keptToken(directory: string): Promise<KeptToken> {
  const file = path.join(directory, 'token');
  try {
    const isNew = await makeToken(file);
    const token = (await readFile(file, 'utf8')).trim();
    if (token !== '') return { token, file, isNew };
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    throw new UsageError(`the server's token cannot be kept in ${file} (${code}); set TIDEMARK_TOKEN instead`);
  }
  throw new UsageError(`${file} is empty; remove it, and the next start makes a new token`);
}

/** Whether there was none. Of several processes that start at once, one makes it, whole from the start. */
async function makeToken(file: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
