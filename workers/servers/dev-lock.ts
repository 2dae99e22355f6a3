import path from 'node:path';
import { UsageError } from '../../domain/errors.ts';
import { readDevEnvironment, removeDevEnvironment } from './dev-environment.ts';
import { takeLock } from './process-lock.ts';

/**
 * Makes this process the one `tidemark dev` of a `.tidemark` folder until `release` is called or the process ends,
 * however it ends. Throws `UsageError` that names the running one and its addresses.
 */
export async function takeDevLock(directory: string): Promise<{ release(): void }> {
  const lock = await takeLock(path.join(directory, 'dev.lock'));
  if (!lock.held) {
    const running = readDevEnvironment(directory);
    const addresses = [running?.temporalAddress, running?.temporalUiUrl].filter(Boolean).join(', Web UI ');
    const where = addresses ? `Temporal at ${addresses}` : 'still starting';
    throw new UsageError(
      `tidemark dev runs already on ${directory} (pid ${lock.by.pid}, ${where}). ` +
        'Stop it first, or start this one in another folder.',
    );
  }
  return {
    release() {
      removeDevEnvironment(directory);
      lock.release();
    },
  };
}
