import type { Command } from 'commander';
import { type CommonOptions, outputOf, withReadingClient } from '../session.ts';

interface IndexOptions extends CommonOptions {
  readonly all?: boolean;
}

/** `tidemark index`: indexes what is marked dirty. */
export function addIndexCommand(program: Command, run: (code: number) => void): void {
  program
    .command('index')
    .description(
      'index what was written to the catalog and not indexed yet, also what was written with indexing disabled',
    )
    .option('--all', 'every entity, such as after a change of what the blueprints declare')
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<IndexOptions>();
      const output = outputOf(options);
      const onProgress = (count: number): void => output.note(`${count} entities indexed …`);
      const all = options.all ?? false;
      const indexed = await withReadingClient(options, (client) => client.index({ all, onProgress }));
      output.answer({ indexed }, () => `${indexed} entities indexed`);
      run(0);
    });
}
