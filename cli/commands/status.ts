import type { Command } from 'commander';
import type { IntegrationStatus } from '../../client/client.ts';
import { age } from '../../domain/age.ts';
import { intervalText, type ScheduleReport } from '../../domain/schedule.ts';
import { indent, runText } from '../report.ts';
import { type CommonOptions, outputOf, withStatusClient } from '../session.ts';
import { planText } from './plans.ts';

/** `tidemark status [ID]`: how the integrations are. */
export function addStatusCommand(program: Command, run: (code: number) => void): void {
  program
    .command('status')
    .description(
      'the last run, the age of the last complete one, the next scheduled one, what is held or quarantined, the configuration in force',
    )
    .argument('[id]', 'the integration; all when left out')
    .action(async (id: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const statuses = await withStatusClient(options, (client) => client.status(id));
      outputOf(options).answer(
        statuses,
        () => statuses.map(statusText).join('\n\n') || 'no integration was configured yet',
      );
      run(0);
    });
}

function statusText(status: IntegrationStatus): string {
  const { integration, lastRun, lastCompleteAge, quarantined, openPlans, configVersion, configOrigin } = status;
  const { schedule, warnings } = status;
  return [
    `${integration}: configuration version ${configVersion ?? 'none'}${configOrigin ? ` (from ${configOrigin})` : ''}`,
    `  last complete run: ${lastCompleteAge === null ? 'none yet' : `${age(lastCompleteAge)} ago`}`,
    ...(schedule ? [`  schedule: ${scheduleText(schedule)}`] : []),
    ...warnings.map((warning) => `  warning: ${warning}`),
    ...(quarantined > 0 ? [`  in quarantine: ${quarantined} record(s)`] : []),
    ...openPlans.map((plan) => `  held: ${planText(plan)}`),
    lastRun ? indent(`last run: ${runText(lastRun)}`) : '  no run yet',
  ].join('\n');
}

function scheduleText({ intervalSeconds, nextRun }: ScheduleReport): string {
  const every = `every ${intervalText(intervalSeconds)}`;
  return nextRun === null ? every : `${every}, next at ${nextRun}`;
}
