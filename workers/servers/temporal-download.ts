import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UnavailableError } from '../../domain/errors.ts';
import { logTail } from './child-process.ts';
import { type GettingOptions, runLongJob } from './long-job.ts';

export interface DownloadOptions extends GettingOptions {
  /** The program that downloads into its first argument the version that is its second. Default: the SDK's own. */
  readonly downloader?: readonly [program: string, ...args: string[]];
  /** Milliseconds without a new byte after which the download is given up. Default 20 s. */
  readonly stallMs?: number;
}

/**
 * Has the Temporal SDK download the `temporal` program, and returns where it lies in `directory`. In a process of its
 * own, because the SDK's download cannot be ended. Throws `UnavailableError` as soon as it fails or stalls, as it
 * does where there is no internet.
 */
export async function downloadTemporal(options: DownloadOptions): Promise<string> {
  const { version, directory, recordFile, env, log, signal, downloader = sdkDownloader(), stallMs = 20_000 } = options;
  log(`Downloading the Temporal server ${version} …`);
  const logFile = path.join(directory, 'download.log');
  const progress = { bytes: 0, atMs: 0, nextWordMs: 5_000 };
  try {
    await runLongJob({
      name: 'The download',
      command: [...downloader, directory, version],
      env,
      logFile,
      recordFile,
      async watch(elapsedMs) {
        const { bytes } = await largestFile(directory);
        if (bytes > progress.bytes) Object.assign(progress, { bytes, atMs: elapsedMs });
        if (elapsedMs - progress.atMs > stallMs) {
          throw new UnavailableError(`nothing came for ${Math.round(stallMs / 1_000)} s`);
        }
        if (elapsedMs < progress.nextWordMs) return;
        progress.nextWordMs += 5_000;
        log(`Downloading the Temporal server: ${Math.round(bytes / 1e6)} MB in ${Math.round(elapsedMs / 1_000)} s …`);
      },
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new UnavailableError(`it could not be downloaded (${(error as Error).message}): ${lastCause(logFile)}`);
  }
  const { file } = await largestFile(directory);
  if (!file) throw new UnavailableError('the download ended well but left no program behind.');
  return file;
}

/** The SDK strings causes together, each ending in a parenthesis: only the last one is news. */
const lastCause = (logFile: string): string => logTail(logFile, 1).split('): ').at(-1) ?? '';

function sdkDownloader(): readonly [string, ...string[]] {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return [process.execPath, '--import', tsx, fileURLToPath(new URL('./temporal-sdk-download.ts', import.meta.url))];
}

/** The program itself is by far the largest of what the download leaves. */
async function largestFile(directory: string): Promise<{ file?: string; bytes: number }> {
  let largest: { file?: string; bytes: number } = { bytes: 0 };
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.log')) continue;
    const file = path.join(entry.parentPath, entry.name);
    // A draft may be renamed between the two calls.
    const bytes = (await stat(file).catch(() => undefined))?.size ?? 0;
    if (bytes > largest.bytes) largest = { file, bytes };
  }
  return largest;
}
