import type { Command } from 'commander';
import type { TidemarkClient } from '../../client/client.ts';
import { EXIT_CODES } from '../../domain/outcome.ts';
import type { RunReport } from '../../domain/run.ts';
import { progressView } from '../live-progress.ts';
import type { Output } from '../output.ts';
import { type CommonOptions, loadConfigurationIfThere, outputOf, withTriggeringClient } from '../session.ts';

interface ResyncOptions extends CommonOptions {
  readonly kind?: readonly string[];
  readonly since?: string;
  readonly reconcile?: boolean;
  readonly queue?: boolean;
  readonly wait?: boolean;
}

/**
 * `tidemark resync ID [--kind K]… [--since TIME|last] [--reconcile]`: triggers; with `--wait` ends with the outcome of the run that
 * covers the trigger.
 */
export function addResyncCommand(program: Command, run: (code: number) => void): void {
  program
    .command('resync')
    .description('trigger a resync; one that is running is aborted and starts anew')
    .argument('<id>', 'the integration')
    .option('--kind <kind>', 'only this kind; may be repeated', (kind, all: string[]) => [...all, kind], [])
    .option('--since <time>', 'only what changed since a time, or since the `last` run; deletes nothing')
    .option('--reconcile', 'ask a remote destination what it holds, and write again what it lacks')
    .option('--queue', 'trigger even if no worker runs: the next one that starts takes it up')
    .option('--wait', 'show progress per kind and end with the outcome of the run')
    .action(async (id: string, _, command: Command) => {
      const options = command.optsWithGlobals<ResyncOptions>();
      run(await withTriggeringClient((client) => resync(client, { id, options })));
    });
}

async function resync(
  client: TidemarkClient,
  { id, options }: { id: string; options: ResyncOptions },
): Promise<number> {
  const output = outputOf(options);
  const configuration = await loadConfigurationIfThere(options);
  if (configuration) await client.importConfiguration(configuration);
  const { kind: kinds, since, reconcile, queue = false } = options;
  const trigger = await client.resync(id, { origin: 'cli', kinds, since, reconcile, queue });
  if (!options.wait) {
    output.answer({ integration: id, trigger }, () => `${id}: resync triggered (${trigger})`);
    return 0;
  }
  const ended = await followToTheEnd(client, { trigger, output });
  if (output.json) output.answer(ended, () => '');
  return exitCodeOf(ended);
}

/** Shows a trigger's run while it goes on, and how it ended. With `--json` on stderr: stdout is for the answer. */
export async function followToTheEnd(
  client: TidemarkClient,
  { trigger, output }: { trigger: string; output: Output },
): Promise<RunReport> {
  const view = progressView(output.json ? process.stderr : process.stdout);
  const ended = await client.followTrigger(trigger, { onProgress: (report) => view.update(report) });
  view.end(ended);
  return ended;
}

export function exitCodeOf({ outcome }: RunReport): number {
  return outcome === 'running' ? EXIT_CODES.failed : EXIT_CODES[outcome];
}
