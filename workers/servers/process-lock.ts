import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, ownIdentity, type ProcessIdentity, parseIdentity } from './process-identity.ts';

/** A lock that this process holds, or the process that holds it. */
export type ProcessLock =
  | { readonly held: true; readonly release: () => void }
  | { readonly held: false; readonly by: ProcessIdentity };

const TRIES = 4;

/**
 * Takes a lock among the processes of one machine. `directory` becomes a folder with one file per contender: each
 * writes its own and then looks for others, so of two at most one sees itself alone. A file counts while its process
 * runs, so nothing has to be taken over from a process that was killed, and a process which only has the same pid is
 * no obstacle. Two that begin at the same moment both step back and try again a little later.
 */
export async function takeLock(directory: string): Promise<ProcessLock> {
  const own = `${process.pid}-${randomBytes(6).toString('hex')}`;
  for (let attempt = 1; ; attempt++) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    publish(directory, own);
    const other = livingContender(directory, own);
    if (!other) return { held: true, release: () => rmSync(path.join(directory, own), { force: true }) };
    rmSync(path.join(directory, own), { force: true });
    if (attempt === TRIES) return { held: false, by: other };
    await delay(20 + Math.random() * 60);
  }
}

/** By a rename, so that nobody reads half of it. */
function publish(directory: string, own: string): void {
  const draft = path.join(directory, `.${own}`);
  writeFileSync(draft, JSON.stringify(ownIdentity()), { mode: 0o600 });
  renameSync(draft, path.join(directory, own));
}

/** Removes what ended processes left on the way. */
function livingContender(directory: string, own: string): ProcessIdentity | undefined {
  for (const name of readdirSync(directory)) {
    if (name === own || name.startsWith('.')) continue;
    const contender = readContender(path.join(directory, name));
    if (contender && isRunning(contender)) return contender;
    rmSync(path.join(directory, name), { force: true });
  }
  return undefined;
}

function readContender(file: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
