import type { Command } from 'commander';
import { TidemarkClient } from '../../client/client.ts';
import { createLog, installRuntime } from '../../workers/log.ts';
import { untilStopped } from '../../workers/signals.ts';
import { startWorker } from '../../workers/worker.ts';
import {
  CONFIGURATION_FILE,
  type CommonOptions,
  contextFor,
  loadConfigurationIfThere,
  requiredConnections,
} from '../session.ts';

/** `tidemark worker`: one worker, against TEMPORAL_* and DATABASE_URL. */
export function addWorkerCommand(program: Command, run: (code: number) => void): void {
  program
    .command('worker')
    .description('run one worker against TEMPORAL_* and DATABASE_URL')
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const { databaseUrl, temporal, taskQueue } = requiredConnections('worker');
      const configuration = await loadConfigurationIfThere(options);
      const log = createLog(process.stderr);
      installRuntime(log);
      const context = contextFor(options.config ?? CONFIGURATION_FILE);
      const worker = await startWorker({ databaseUrl, temporal, taskQueue, context, log });
      if (configuration) {
        const client = await TidemarkClient.connect({ databaseUrl, temporal: null, taskQueue });
        await client.importConfiguration(configuration).finally(() => client.close());
      }
      log.info(`worker polls the task queue "${taskQueue}"`);
      await Promise.race([untilStopped(), worker.stopped]);
      log.info('stopping …');
      await worker.stop();
      run(0);
    });
}
