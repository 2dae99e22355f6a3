import type { Command } from 'commander';
import type { ExportLine } from '../../domain/export.ts';
import { writeLines } from '../output.ts';
import { type CommonOptions, withReadingClient } from '../session.ts';

interface ExportCommandOptions extends CommonOptions {
  readonly blueprint?: string;
  readonly msince?: string;
  readonly deleted?: boolean;
}

/** `tidemark export`: the catalog as JSON lines. */
export function addExportCommand(program: Command, run: (code: number) => void): void {
  program
    .command('export')
    .description('write the catalog to stdout, as JSON lines')
    .option('--blueprint <blueprint>', 'only entities of this blueprint, and what they refer to')
    .option('--msince <time>', 'only what changed at this time or later, such as 2026-01-31T12:00:00Z')
    .option('--deleted', 'also tell what is gone')
    .action(async (_, command: Command) => {
      const { blueprint, msince, deleted, ...common } = command.optsWithGlobals<ExportCommandOptions>();
      await withReadingClient(common, async (client) => {
        await writeLines(withoutCursors(client.export({ blueprint, msince, deleted })));
      });
      run(0);
    });
}

/** A command that breaks off is run again from the start: cursors are of no use to it. */
async function* withoutCursors(lines: AsyncIterable<ExportLine>): AsyncGenerator<ExportLine> {
  for await (const line of lines) if (line.type !== 'cursor') yield line;
}
