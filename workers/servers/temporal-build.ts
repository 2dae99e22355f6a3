import path from 'node:path';
import { UnavailableError } from '../../domain/errors.ts';
import { logTail } from './child-process.ts';
import { type GettingOptions, runLongJob } from './long-job.ts';
import { findOnPath } from './search-path.ts';

const SAY_EVERY_MS = 5_000;

/**
 * Builds the `temporal` program from its sources with the Go that is on the PATH, and returns where it lies in
 * `directory`. Takes about six minutes on two cores and says every few seconds what it is at. Throws
 * `UnavailableError` with the end of Go's output when there is no Go or it fails.
 */
export async function buildTemporal(options: GettingOptions): Promise<string> {
  const { version, directory, recordFile, env, log, signal } = options;
  const go = await findOnPath('go', env);
  if (!go) throw new UnavailableError('there is no `go` on the PATH.');
  log('Building the Temporal server with Go: this takes about 6 minutes, once …');
  const logFile = path.join(directory, 'build.log');
  let nextWord = SAY_EVERY_MS;
  try {
    await runLongJob({
      name: 'go install',
      command: [go, 'install', '-v', `github.com/temporalio/cli/cmd/temporal@${version}`],
      // Outside of any Go module, whose settings would take part otherwise.
      cwd: directory,
      env: { ...env, GOBIN: directory, GOTMPDIR: directory },
      logFile,
      recordFile,
      watch(elapsedMs) {
        if (elapsedMs < nextWord) return;
        nextWord += SAY_EVERY_MS;
        log(`Building the Temporal server: ${inMinutes(elapsedMs)}, ${logTail(logFile, 1)}`);
      },
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new UnavailableError(
      `Go could not build it (${(error as Error).message}); it said last:\n${logTail(logFile)}`,
    );
  }
  return path.join(directory, 'temporal');
}

const inMinutes = (ms: number): string =>
  `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1_000) % 60).padStart(2, '0')} min`;
