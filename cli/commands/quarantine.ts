import type { Command } from 'commander';
import { indent } from '../report.ts';
import { type CommonOptions, outputOf, withReadingClient, withTriggeringClient } from '../session.ts';
import { positive } from './entities.ts';
import { exitCodeOf, followToTheEnd } from './resync.ts';

interface QuarantineOptions extends CommonOptions {
  readonly retry?: boolean;
  readonly limit: number;
}

/** `tidemark quarantine ID [--retry]`: lists rejected records, or maps them anew. */
export function addQuarantineCommand(program: Command, run: (code: number) => void): void {
  program
    .command('quarantine')
    .description('records whose identity could not be evaluated, the latest first')
    .argument('<id>', 'the integration')
    .option('--retry', 'map them anew with the configuration in force; waits for the run that does it')
    .option('--limit <count>', 'list at most so many', positive, 100)
    .action(async (id: string, _, command: Command) => {
      const options = command.optsWithGlobals<QuarantineOptions>();
      run(await (options.retry ? retry(id, options) : list(id, options)));
    });
}

async function retry(id: string, options: QuarantineOptions): Promise<number> {
  const output = outputOf(options);
  const ended = await withTriggeringClient(async (client) => {
    const trigger = await client.retryQuarantine(id, { origin: 'cli' });
    return followToTheEnd(client, { trigger, output });
  });
  if (output.json) output.answer(ended, () => '');
  return exitCodeOf(ended);
}

async function list(id: string, options: QuarantineOptions): Promise<number> {
  const records = await withReadingClient(options, (client) => client.quarantine(id, options.limit));
  outputOf(options).answer(
    records,
    () =>
      records
        .map(({ resource, key, stage, reason, firstSeen, lastSeen, raw }) =>
          [
            `${resource} ${key}: ${stage}: ${reason}`,
            indent(`first seen ${firstSeen}, last ${lastSeen}`),
            indent(raw),
          ].join('\n'),
        )
        .join('\n') || `${id}: nothing lies in quarantine`,
  );
  return 0;
}
