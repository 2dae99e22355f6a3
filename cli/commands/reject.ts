import type { Command } from 'commander';
import { type CommonOptions, outputOf, withReadingClient } from '../session.ts';
import { planText } from './plans.ts';

/** `tidemark reject ID PLAN`: keeps what a plan would delete. */
export function addRejectCommand(program: Command, run: (code: number) => void): void {
  program
    .command('reject')
    .description('keep what a held plan would delete; the next complete run proposes it again')
    .argument('<id>', 'the integration')
    .argument('<plan>', 'the plan, see `tidemark plans`')
    .action(async (id: string, plan: string, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const rejected = await withReadingClient(options, (client) => client.reject(id, plan));
      outputOf(options).answer(rejected, () => planText(rejected));
      run(0);
    });
}
