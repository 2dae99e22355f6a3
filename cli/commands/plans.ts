import type { Command } from 'commander';
import type { Plan } from '../../domain/plan.ts';
import { table } from '../report.ts';
import { type CommonOptions, outputOf, withReadingClient } from '../session.ts';
import { positive } from './entities.ts';

interface PlansOptions extends CommonOptions {
  readonly limit: number;
}

/** `tidemark plans ID [PLAN]`: deletes that a guard holds, and what one of them would delete. */
export function addPlansCommand(program: Command, run: (code: number) => void): void {
  program
    .command('plans')
    .description('held deletes, open ones first; with a plan: the entities that it would delete')
    .argument('<id>', 'the integration')
    .argument('[plan]', 'one open plan')
    .option('--limit <count>', 'at most so many', positive, 100)
    .action(async (id: string, plan: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<PlansOptions>();
      await withReadingClient(options, async (client) => {
        if (plan === undefined) {
          const plans = await client.plans(id, options.limit);
          outputOf(options).answer(plans, () => plans.map(planText).join('\n') || `${id}: no deletes are held`);
        } else {
          const entities = await client.planned(id, plan, options.limit);
          const rows = entities.map(({ blueprint, identifier }) => [blueprint, identifier]);
          outputOf(options).answer(entities, () => table([['BLUEPRINT', 'IDENTIFIER'], ...rows]));
        }
      });
      run(0);
    });
}

export function planText({ plan, kind, state, entities, reason, why }: Plan): string {
  const held = `${plan}  ${state}  ${kind ?? 'removed'}: ${entities} entities. ${reason}`;
  return why === null ? held : `${held}\n  ${state}: ${why}`;
}
