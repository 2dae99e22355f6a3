import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Log, readRecord } from '../../../workers/servers/child-process.ts';
import { startEmbeddedPostgres } from '../../../workers/servers/embedded-postgres.ts';
import { isRunning, type ProcessIdentity } from '../../../workers/servers/process-identity.ts';
import { temporalBinary } from '../../../workers/servers/temporal-binary.ts';
import { startTemporalServer } from '../../../workers/servers/temporal-server.ts';
import { runFiles, runRecords, takeRunFolder } from './run-folder.ts';

export interface TestServers {
  readonly databaseServerUrl: string;
  readonly temporalAddress: string;
  readonly temporalHttpUrl: string;
  /** Ends both and removes what they wrote. */
  stop(): Promise<void>;
}

/** Starts the servers of a test run in a temporary folder. However the run ends, nothing of them stays. */
export async function startTestServers(log: Log): Promise<TestServers> {
  const folder = await takeRunFolder(log);
  const files = runFiles(folder);
  const atExit = (): void => endNow(folder);
  // First, because vitest's own handler exits again and no later one is called.
  process.prependOnceListener('exit', atExit);

  const starts = [
    startEmbeddedPostgres({ directory: files.postgres, log }),
    temporalBinary({ env: process.env, log }).then((binary) =>
      startTemporalServer({ binary, directory: files.temporal, inMemory: true, env: process.env, log }),
    ),
  ] as const;
  const stop = async (): Promise<void> => {
    const servers = await Promise.allSettled(starts);
    await Promise.all(servers.map((server) => (server.status === 'fulfilled' ? server.value.stop() : undefined)));
    await rm(folder, { recursive: true, force: true });
    process.off('exit', atExit);
  };
  try {
    const [postgres, temporal] = await Promise.all(starts);
    const { address: temporalAddress, httpUrl: temporalHttpUrl } = temporal;
    return { databaseServerUrl: postgres.url, temporalAddress, temporalHttpUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ctrl-C makes vitest exit on the spot: what has to happen then cannot wait for promises. */
function endNow(folder: string): void {
  const running = runRecords(folder)
    .map(readRecord)
    .filter((identity) => identity !== undefined && isRunning(identity)) as ProcessIdentity[];
  for (const { pid } of running) process.kill(-pid, 'SIGQUIT');
  const nap = new Int32Array(new SharedArrayBuffer(4));
  for (let naps = 0; naps < 100 && running.some(isRunning); naps++) Atomics.wait(nap, 0, 0, 20);
  for (const { pid } of running.filter(isRunning)) process.kill(-pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
