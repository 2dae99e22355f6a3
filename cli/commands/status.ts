import type { Command } from 'commander';
import type { IntegrationStatus } from '../../client/client.ts';
import { age, indent, runText } from '../report.ts';
import { type CommonOptions, outputOf, withReadingClient } from '../session.ts';
import { planText } from './plans.ts';

/** `tidemark status [ID]`: how the integrations are. */
export function addStatusCommand(program: Command, run: (code: number) => void): void {
  program
    .command('status')
    .description(
      'the last run, the age of the last complete one, what is held or quarantined, the configuration in force',
    )
    .argument('[id]', 'the integration; all when left out')
    .action(async (id: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const statuses = await withReadingClient(options, (client) => client.status(id));
      outputOf(options).answer(
        statuses,
        () => statuses.map(statusText).join('\n\n') || 'no integration was configured yet',
      );
      run(0);
    });
}

function statusText(status: IntegrationStatus): string {
  const { integration, lastRun, lastCompleteAge, quarantined, openPlans, configVersion, configOrigin } = status;
  return [
    `${integration}: configuration version ${configVersion ?? 'none'}${configOrigin ? ` (from ${configOrigin})` : ''}`,
    `  last complete run: ${lastCompleteAge === null ? 'none yet' : `${age(lastCompleteAge)} ago`}`,
    ...(quarantined > 0 ? [`  in quarantine: ${quarantined} record(s)`] : []),
    ...openPlans.map((plan) => `  held: ${planText(plan)}`),
    lastRun ? indent(`last run: ${runText(lastRun)}`) : '  no run yet',
  ].join('\n');
}
