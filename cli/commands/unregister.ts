import type { Command } from 'commander';
import type { EntityInput } from '../../client/calls.ts';
import type { RawRecord } from '../../domain/json.ts';
import { type CallCommandOptions, callOptions, sendCall } from '../calls.ts';
import { readJsonFile } from '../json-file.ts';

interface UnregisterOptions extends CallCommandOptions {
  readonly file: string;
}

/** `tidemark unregister ID --file F [--kind K]`: only deletes (seeds S0.42, S0.50). */
export function addUnregisterCommand(program: Command, run: (code: number) => void): void {
  const unregister = program
    .command('unregister')
    .description('delete what raw records map to (--kind), or ready entities')
    .argument('<id>', 'the integration')
    .requiredOption('--file <file>', 'a JSON file that holds a list of them');
  callOptions(unregister).action(async (id: string, _, command: Command) => {
    const options = command.optsWithGlobals<UnregisterOptions>();
    const { kind, scope } = options;
    const rows = await readJsonFile(options.file, 'file');
    const code = await sendCall(options, (client, how) =>
      kind === undefined
        ? client.unregister(id, rows as EntityInput[], { ...how, scope })
        : client.unregisterRaw(id, kind, rows as RawRecord[], how),
    );
    run(code);
  });
}
