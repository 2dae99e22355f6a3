import type { Command } from 'commander';
import type { EntityInput } from '../../client/calls.ts';
import { readJsonFile } from '../json-file.ts';
import { type CommonOptions, outputOf, withTriggeringClient } from '../session.ts';
import { exitCodeOf, followToTheEnd } from './resync.ts';

interface SyncOptions extends CommonOptions {
  readonly file: string;
  readonly scope?: string;
  readonly queue?: boolean;
  readonly wait?: boolean;
}

/** `tidemark sync ID --file F [--scope S]`: makes a scope's entities equal a list (seed S0.51). */
export function addSyncCommand(program: Command, run: (code: number) => void): void {
  program
    .command('sync')
    .description('make the ready entities of a scope equal a list: create, update, delete what it lacks')
    .argument('<id>', 'the integration')
    .requiredOption('--file <file>', 'a JSON file that holds the list')
    .option('--scope <scope>', 'the scope that holds them (default: plain)')
    .option('--queue', 'accept it even if no worker runs: the next one that starts takes it up')
    .option('--wait', 'end with the outcome of the run that does it')
    .action(async (id: string, _, command: Command) => {
      const options = command.optsWithGlobals<SyncOptions>();
      run(await sync(id, options, (await readJsonFile(options.file, 'file')) as EntityInput[]));
    });
}

function sync(id: string, options: SyncOptions, entities: readonly EntityInput[]): Promise<number> {
  const { scope, queue = false } = options;
  const output = outputOf(options);
  return withTriggeringClient(async (client) => {
    const trigger = await client.sync(id, entities, { origin: 'cli', queue, scope });
    if (!options.wait) {
      output.answer({ integration: id, trigger }, () => `${id}: sync accepted (${trigger})`);
      return 0;
    }
    const ended = await followToTheEnd(client, { trigger, output });
    if (output.json) output.answer(ended, () => '');
    return exitCodeOf(ended);
  });
}
