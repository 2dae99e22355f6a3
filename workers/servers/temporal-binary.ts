import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { UnavailableError } from '../../domain/errors.ts';
import { type Log, stopLeftover } from './child-process.ts';
import { type GettingOptions, JOB_STOP } from './long-job.ts';
import { takeLock } from './process-lock.ts';
import { findOnPath, isProgram } from './search-path.ts';
import { buildTemporal } from './temporal-build.ts';
import { downloadTemporal } from './temporal-download.ts';

/** The release that is fetched or built: the last one that `go install` can build (server 1.29.1, Web UI included). */
export const TEMPORAL_VERSION = 'v1.5.1';

export interface TemporalBinaryOptions {
  /** Read: PATH, XDG_CACHE_HOME, HOME, and whatever the Go tools read. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Ends a download or a build. */
  readonly signal?: AbortSignal;
  /** How to get what is not there, in this order. Default: a download, a build. */
  readonly ways?: readonly WayToGet[];
}

/** Puts the program into the folder and returns where it lies there. Throws `UnavailableError` that says why not. */
type WayToGet = (options: GettingOptions) => Promise<string>;

/**
 * The path of a `temporal` program that runs here: the one on the PATH, the one in the cache folder, else one that is
 * put there now by a download or, in about six minutes, by a build with Go. Several processes may ask at once; one of
 * them does the work. Throws `UnavailableError` that lists every way there is, with why it failed, and the signal's
 * reason when aborted.
 */
export async function temporalBinary(options: TemporalBinaryOptions): Promise<string> {
  const { env, log } = options;
  for (const candidate of [await findOnPath('temporal', env), cachedBinary(env)]) {
    if (!candidate || !(await isProgram(candidate))) continue;
    const refusal = await refusalOf(candidate);
    if (!refusal) return candidate;
    log(`Passing over ${candidate}: ${refusal}`);
  }
  return makeOnce(options);
}

function cachedBinary({ XDG_CACHE_HOME, HOME }: NodeJS.ProcessEnv): string {
  const caches =
    XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : path.join(HOME || homedir(), '.cache');
  return path.join(caches, 'tidemark', `temporal-${TEMPORAL_VERSION}`, 'temporal');
}

/** Why it cannot be used; nothing if it can. */
async function refusalOf(binary: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: 15_000 });
    return stdout.includes('temporal version') ? undefined : 'it is not the Temporal command line';
  } catch (error) {
    return `it does not run (${(error as Error).message.trim()})`;
  }
}

/** Makes the binary while no other process does; waits where one does. */
async function makeOnce(options: TemporalBinaryOptions): Promise<string> {
  const { env, log, signal } = options;
  const binary = cachedBinary(env);
  for (let waited = 0; ; waited++) {
    const lock = await takeLock(`${path.dirname(binary)}.lock`);
    if (lock.held) {
      try {
        if ((await isProgram(binary)) && !(await refusalOf(binary))) return binary;
        return await make(binary, options);
      } finally {
        lock.release();
      }
    }
    if (waited % 10 === 0) log(`Another process (pid ${lock.by.pid}) is getting the Temporal server; waiting for it …`);
    await delay(1_000, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

const WORK = '.new-';

/** Runs under the lock, so what lies around from earlier tries is nobody's. */
async function make(binary: string, options: TemporalBinaryOptions): Promise<string> {
  const { env, log, signal, ways = [downloadTemporal, buildTemporal] } = options;
  const directory = path.dirname(binary);
  const recordFile = path.join(directory, 'process.json');
  await mkdir(directory, { recursive: true });
  await stopLeftover(recordFile, { name: 'the making of the Temporal server', stopSignals: JOB_STOP, log });
  for (const entry of await readdir(directory)) {
    if (entry.startsWith(WORK)) await rm(path.join(directory, entry), { recursive: true, force: true });
  }
  const refusals: string[] = [];
  for (const way of ways) {
    const work = await mkdtemp(path.join(directory, WORK));
    try {
      const made = await way({ version: TEMPORAL_VERSION, directory: work, recordFile, env, log, signal });
      const refusal = await refusalOf(made);
      if (refusal) throw new UnavailableError(`what came of it cannot be used: ${refusal}`);
      await rename(made, binary);
      return binary;
    } catch (error) {
      signal?.throwIfAborted();
      refusals.push((error as Error).message);
      log(`The Temporal server: ${(error as Error).message}`);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  throw new UnavailableError(noWayLeft(binary, refusals));
}

function noWayLeft(binary: string, [download, build]: readonly string[]): string {
  return [
    'There is no Temporal server and none could be had. Any one of these is enough:',
    '1. set TEMPORAL_ADDRESS (or TEMPORAL_PROFILE) to a server that runs already;',
    '2. install the `temporal` command (https://docs.temporal.io/cli) so that it is on the PATH;',
    `3. put that program at ${binary};`,
    `4. allow its download from https://temporal.download; now ${download}`,
    `5. install Go (https://go.dev/dl), to build it once; now ${build}`,
  ].join('\n');
}
