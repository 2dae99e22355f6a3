import type { Command } from 'commander';
import { runText } from '../report.ts';
import { type CommonOptions, outputOf, withReadingClient } from '../session.ts';
import { positive } from './entities.ts';

/** `tidemark runs ID`: past runs, newest first. */
export function addRunsCommand(program: Command, run: (code: number) => void): void {
  program
    .command('runs')
    .description('past runs of an integration, newest first')
    .argument('<id>', 'the integration')
    .option('--limit <count>', 'at most so many', positive, 10)
    .action(async (id: string, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & { limit: number }>();
      const runs = await withReadingClient(options, (client) => client.runs(id, options.limit));
      outputOf(options).answer(runs, () => runs.map(runText).join('\n') || `${id}: no run yet`);
      run(0);
    });
}
