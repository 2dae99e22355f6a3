import type { Command } from 'commander';
import { TidemarkClient } from '../../client/client.ts';
import { UsageError } from '../../domain/errors.ts';
import { createLog, installRuntime } from '../../workers/log.ts';
import { untilStopped } from '../../workers/signals.ts';
import { startWorker } from '../../workers/worker.ts';
import {
  CONFIGURATION_FILE,
  type CommonOptions,
  connections,
  contextFor,
  loadConfigurationIfThere,
} from '../session.ts';

/** `tidemark worker`: one worker, against TEMPORAL_* and DATABASE_URL. */
export function addWorkerCommand(program: Command, run: (code: number) => void): void {
  program
    .command('worker')
    .description('run one worker against TEMPORAL_* and DATABASE_URL')
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const { databaseUrl, temporal, taskQueue } = connections();
      if (!databaseUrl) throw new UsageError('DATABASE_URL is not set: the worker needs a PostgreSQL server');
      if (!temporal)
        throw new UsageError('TEMPORAL_ADDRESS (or TEMPORAL_PROFILE) is not set: the worker needs a Temporal server');
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
