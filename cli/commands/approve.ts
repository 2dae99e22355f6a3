import type { Command } from 'commander';
import { type CommonOptions, outputOf, withTriggeringClient } from '../session.ts';
import { exitCodeOf, followToTheEnd } from './resync.ts';

/** `tidemark approve ID PLAN`: deletes what a plan names and was not seen since; ends with that run's outcome. */
export function addApproveCommand(program: Command, run: (code: number) => void): void {
  program
    .command('approve')
    .description('delete what a held plan names, but what was seen since; waits for the run that does it')
    .argument('<id>', 'the integration')
    .argument('<plan>', 'the plan, see `tidemark plans`')
    .action(async (id: string, plan: string, _, command: Command) => {
      const output = outputOf(command.optsWithGlobals<CommonOptions>());
      const ended = await withTriggeringClient(async (client) => {
        const trigger = await client.approve(id, plan, { origin: 'cli' });
        return followToTheEnd(client, { trigger, output });
      });
      if (output.json) output.answer(ended, () => '');
      run(exitCodeOf(ended));
    });
}
