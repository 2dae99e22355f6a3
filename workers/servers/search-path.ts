import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';

/** The first program of this name on the PATH. */
export async function findOnPath(name: string, { PATH = '' }: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const directory of PATH.split(path.delimiter)) {
    const candidate = path.join(directory, name);
    if (path.isAbsolute(directory) && (await isProgram(candidate))) return candidate;
  }
  return undefined;
}

/** Whether this is a file that this user may run. */
export async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
