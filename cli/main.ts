import { Command, CommanderError } from 'commander';
import { TidemarkError, UsageError } from '../domain/errors.ts';
import { addDevCommand } from './commands/dev.ts';
import { addEntitiesCommand } from './commands/entities.ts';
import { addResyncCommand } from './commands/resync.ts';
import { addRunsCommand } from './commands/runs.ts';
import { addStatusCommand } from './commands/status.ts';
import { addValidateCommand } from './commands/validate.ts';
import { addWorkerCommand } from './commands/worker.ts';
import { CONFIGURATION_FILE } from './session.ts';

const COMMANDS = [
  addDevCommand,
  addWorkerCommand,
  addValidateCommand,
  addResyncCommand,
  addStatusCommand,
  addRunsCommand,
  addEntitiesCommand,
];

/** Wrong usage or configuration (interface.md). */
const USAGE_EXIT_CODE = 2;

/** Runs one command of `tidemark`; returns its exit code. Never throws: what went wrong is said on stderr. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command('tidemark')
    .description('Keeps a catalog in step with many systems. Temporal runs it.')
    .option('--config <file>', `the configuration (default: ${CONFIGURATION_FILE})`)
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .exitOverride();
  for (const add of COMMANDS) {
    add(program, (code) => {
      exitCode = code;
    });
  }
  for (const command of program.commands) {
    command
      .exitOverride()
      .option('--config <file>', 'the configuration')
      .option('--json', 'one JSON document on stdout');
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
    process.stderr.write(`${explain(error)}\n`);
    return error instanceof UsageError ? USAGE_EXIT_CODE : 1;
  }
}

/** Errors of ours say all there is to say; a mistake of ours needs its stack. */
function explain(error: unknown): string {
  if (error instanceof TidemarkError) return `tidemark: ${error.message}`;
  return `tidemark: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
