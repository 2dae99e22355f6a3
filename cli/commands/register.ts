import type { Command } from 'commander';
import type { EntityInput } from '../../client/calls.ts';
import type { RawRecord } from '../../domain/json.ts';
import { type CallCommandOptions, callOptions, sendCall } from '../calls.ts';
import { readJsonFile } from '../json-file.ts';

interface RegisterOptions extends CallCommandOptions {
  readonly file: string;
}

/** `tidemark register ID --file F [--kind K]`: creates and updates; deletes nothing (seeds S0.38, S0.49). */
export function addRegisterCommand(program: Command, run: (code: number) => void): void {
  const register = program
    .command('register')
    .description('create or update what raw records map to (--kind), or ready entities')
    .argument('<id>', 'the integration')
    .requiredOption('--file <file>', 'a JSON file that holds a list of them');
  callOptions(register).action(async (id: string, _, command: Command) => {
    const options = command.optsWithGlobals<RegisterOptions>();
    const { kind, scope } = options;
    // The client checks what the file holds.
    const rows = await readJsonFile(options.file, 'file');
    const code = await sendCall(options, (client, how) =>
      kind === undefined
        ? client.register(id, rows as EntityInput[], { ...how, scope })
        : client.registerRaw(id, kind, rows as RawRecord[], how),
    );
    run(code);
  });
}
