import { mkdirSync, mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { type Log, type StopSignals, stopLeftover } from '../../../workers/servers/child-process.ts';
import { takeLock } from '../../../workers/servers/process-lock.ts';

/** What lies in the folder of one test run. */
export const runFiles = (folder: string) => ({
  postgres: path.join(folder, 'postgres'),
  temporal: path.join(folder, 'temporal'),
});

/** Where the processes of a test run are written down while they run. */
export const runRecords = (folder: string): string[] =>
  Object.values(runFiles(folder)).map((directory) => path.join(directory, 'process.json'));

/** A temporary folder of this test run alone. What test runs left that were killed is ended and removed first. */
export async function takeRunFolder(log: Log): Promise<string> {
  const root = path.join(tmpdir(), `tidemark-test-${userInfo().uid}`);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  await removeLeftovers(root, log);
  // Locked before it can be seen, so that a run which begins now does not take it for a leftover.
  const draft = mkdtempSync(path.join(root, '.run-'));
  await takeLock(lockOf(draft));
  const folder = path.join(root, path.basename(draft).slice(1));
  renameSync(draft, folder);
  return folder;
}

const lockOf = (folder: string): string => path.join(folder, 'owner.lock');

/** Nothing in a test run is worth a clean end. */
const AT_ONCE: StopSignals = [
  ['SIGQUIT', 3_000],
  ['SIGKILL', 3_000],
];

async function removeLeftovers(root: string, log: Log): Promise<void> {
  for (const name of readdirSync(root).filter((entry) => !entry.startsWith('.'))) {
    const folder = path.join(root, name);
    if (!(await takeLock(lockOf(folder))).held) continue;
    log(`Removing ${folder}, left by a test run that was killed …`);
    for (const record of runRecords(folder))
      await stopLeftover(record, { name: 'a server', stopSignals: AT_ONCE, log });
    await rm(folder, { recursive: true, force: true });
  }
}
