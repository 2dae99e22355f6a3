import { Command, CommanderError } from 'commander';
import { TidemarkError, UsageError } from '../domain/errors.ts';

type AddCommand = (program: Command, run: (code: number) => void) => void;

/** Each command brings only what it needs: a worker is a lot to load for `tidemark status`. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  dev: async () => (await import('./commands/dev.ts')).addDevCommand,
  init: async () => (await import('./commands/init.ts')).addInitCommand,
  worker: async () => (await import('./commands/worker.ts')).addWorkerCommand,
  server: async () => (await import('./commands/server.ts')).addServerCommand,
  validate: async () => (await import('./commands/validate.ts')).addValidateCommand,
  resync: async () => (await import('./commands/resync.ts')).addResyncCommand,
  status: async () => (await import('./commands/status.ts')).addStatusCommand,
  runs: async () => (await import('./commands/runs.ts')).addRunsCommand,
  plans: async () => (await import('./commands/plans.ts')).addPlansCommand,
  approve: async () => (await import('./commands/approve.ts')).addApproveCommand,
  reject: async () => (await import('./commands/reject.ts')).addRejectCommand,
  quarantine: async () => (await import('./commands/quarantine.ts')).addQuarantineCommand,
  register: async () => (await import('./commands/register.ts')).addRegisterCommand,
  unregister: async () => (await import('./commands/unregister.ts')).addUnregisterCommand,
  diff: async () => (await import('./commands/diff.ts')).addDiffCommand,
  sync: async () => (await import('./commands/sync.ts')).addSyncCommand,
  index: async () => (await import('./commands/index-catalog.ts')).addIndexCommand,
  entities: async () => (await import('./commands/entities.ts')).addEntitiesCommand,
};

/** Wrong usage or configuration (interface.md). */
const USAGE_EXIT_CODE = 2;

/** Runs one command of `tidemark`; returns its exit code. Never throws: what went wrong is said on stderr. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command('tidemark')
    .description('Keeps a catalog in step with many systems. Temporal runs it.')
    .option('--config <file>', 'the configuration (default: tidemark.yaml)')
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .exitOverride();
  const [named] = argv;
  const wanted = named !== undefined && Object.hasOwn(COMMANDS, named) ? [named] : Object.keys(COMMANDS);
  for (const name of wanted) {
    const add = await (COMMANDS[name] as () => Promise<AddCommand>)();
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
