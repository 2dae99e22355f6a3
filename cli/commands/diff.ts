import type { Command } from 'commander';
import type { EntityInput } from '../../client/calls.ts';
import type { RawRecord } from '../../domain/json.ts';
import { type CallCommandOptions, callOptions, sendCall } from '../calls.ts';
import { readJsonFile } from '../json-file.ts';

interface DiffOptions extends CallCommandOptions {
  readonly before: string;
  readonly after: string;
}

/** `tidemark diff ID --before F --after F [--kind K]`: applies the difference of two states (seeds S0.28, S0.48). */
export function addDiffCommand(program: Command, run: (code: number) => void): void {
  const diff = program
    .command('diff')
    .description('delete what is only in one file, create or update what is in the other')
    .argument('<id>', 'the integration')
    .requiredOption('--before <file>', 'a JSON file that holds a list: raw records (--kind), or ready entities')
    .requiredOption('--after <file>', 'the same, as they are now');
  callOptions(diff).action(async (id: string, _, command: Command) => {
    const options = command.optsWithGlobals<DiffOptions>();
    const { kind, scope } = options;
    const before = await readJsonFile(options.before, 'file');
    const after = await readJsonFile(options.after, 'file');
    const code = await sendCall(options, (client, how) =>
      kind === undefined
        ? client.updateDiff(id, { before: before as EntityInput[], after: after as EntityInput[] }, { ...how, scope })
        : client.updateRawDiff(id, kind, { before: before as RawRecord[], after: after as RawRecord[] }, how),
    );
    run(code);
  });
}
