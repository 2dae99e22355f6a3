import type { Command } from 'commander';
import { TidemarkClient } from '../../client/client.ts';
import { serverSettings } from '../../config/server.ts';
import { temporalUi } from '../../server/temporal-ui.ts';
import { createLog } from '../../workers/log.ts';
import { untilStopped } from '../../workers/signals.ts';
import { startHttpServer } from '../http-server.ts';
import {
  CONFIGURATION_FILE,
  type CommonOptions,
  contextFor,
  loadConfigurationIfThere,
  requiredConnections,
} from '../session.ts';

/** `tidemark server`: the Data Sources page and the HTTP API, against TEMPORAL_* and DATABASE_URL. */
export function addServerCommand(program: Command, run: (code: number) => void): void {
  program
    .command('server')
    .description('run the Data Sources page and the HTTP API against TEMPORAL_* and DATABASE_URL')
    .action(async (_, command: Command) => {
      await serve(command.optsWithGlobals<CommonOptions>());
      run(0);
    });
}

async function serve(options: CommonOptions): Promise<void> {
  const { databaseUrl, temporal, taskQueue, temporalUi: ui } = requiredConnections('server');
  const links = ui === null ? null : temporalUi(ui, temporal.namespace);
  const configuration = await loadConfigurationIfThere(options);
  const context = contextFor(options.config ?? CONFIGURATION_FILE);
  const log = createLog(process.stderr);
  const client = await TidemarkClient.connect({ databaseUrl, temporal, taskQueue, context });
  try {
    if (configuration) await client.importConfiguration(configuration);
    const settings = configuration?.server ?? serverSettings(context);
    const note = (line: string): void => void process.stderr.write(`${line}\n`);
    const server = await startHttpServer({ client, context, settings, temporalUi: links, log, note });
    log.info(
      `the Data Sources page is at ${server.url}/, the HTTP API is at ${server.url}, described at ${server.url}/docs`,
    );
    await untilStopped();
    log.info('stopping …');
    await server.stop();
  } finally {
    await client.close();
  }
}
