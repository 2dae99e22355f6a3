import type { Command } from 'commander';
import type { CallOptions, TidemarkClient } from '../client/client.ts';
import type { CallCounts, CallReport } from '../domain/call.ts';
import { UsageError } from '../domain/errors.ts';
import { EXIT_CODES } from '../domain/outcome.ts';
import { type CommonOptions, loadConfigurationIfThere, outputOf, withTriggeringClient } from './session.ts';

/** Options of the commands that send records or entities. */
export interface CallCommandOptions extends CommonOptions {
  readonly kind?: string;
  readonly scope?: string;
  readonly queue?: boolean;
  readonly wait?: boolean;
}

/** The options beside the files; `--scope` goes with ready entities, `--kind` with raw records. */
export const callOptions = (command: Command): Command =>
  command
    .option('--kind <kind>', 'they are raw records of this kind')
    .option('--scope <scope>', 'the scope that holds the ready entities (default: plain)')
    .option('--queue', 'accept them even if no worker runs: the next one that starts takes them up')
    .option('--wait', 'end when they are applied, and say what that did');

type Send = (client: TidemarkClient, options: CallOptions) => Promise<CallReport>;

/** Imports the configuration if there is one, sends the call, and says what became of it; returns the exit code. */
export async function sendCall(options: CallCommandOptions, send: Send): Promise<number> {
  const { queue = false, wait = false } = options;
  if (options.kind !== undefined && options.scope !== undefined) {
    throw new UsageError('--scope is for ready entities, --kind for raw records: give one of them');
  }
  const configuration = await loadConfigurationIfThere(options);
  const report = await withTriggeringClient(async (client) => {
    if (configuration) await client.importConfiguration(configuration);
    return send(client, { origin: 'cli', queue, wait });
  });
  outputOf(options).answer(report, () => callText(report));
  return exitCodeOf(report);
}

/** What was not applied to every record is incomplete, as a run would be. */
function exitCodeOf({ state, result }: CallReport): number {
  if (state === 'failed') return EXIT_CODES.failed;
  return result && result.quarantined + result.unidentified > 0 ? EXIT_CODES.incomplete : 0;
}

function callText({ integration, call, state, result, reason }: CallReport): string {
  if (state === 'waiting') return `${integration}: accepted (${call})`;
  return `${integration}: ${state}${reason === null ? '' : `: ${reason}`}${result === null ? '' : ` (${countsText(result)})`}`;
}

function countsText(counts: CallCounts): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.map(([name, count]) => `${count} ${name}`).join(', ') || 'nothing to do';
}
