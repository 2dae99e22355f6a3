import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { ROOT } from './support.ts';

const FOLDER = path.join(ROOT, 'cli', 'commands');

/** Options that `cli/main.ts` gives to every command. */
const COMMON = ['--config', '--json', '--help'];

/** The commands of `tidemark` and the long options of each, from the modules that define them. */
export async function commandOptions(): Promise<ReadonlyMap<string, readonly string[]>> {
  const program = new Command();
  for (const name of readdirSync(FOLDER)) {
    const module: Record<string, unknown> = await import(pathToFileURL(path.join(FOLDER, name)).href);
    for (const [exported, add] of Object.entries(module)) {
      if (/^add\w+Command$/.test(exported)) (add as (program: Command, run: () => void) => void)(program, () => {});
    }
  }
  return new Map(
    program.commands.map((command) => [
      command.name(),
      [...COMMON, ...command.options.flatMap(({ long }) => long ?? [])],
    ]),
  );
}

/** What is wrong with a command line; nothing if `tidemark` takes it. */
export function problemOf(line: string, commands: ReadonlyMap<string, readonly string[]>): string | undefined {
  const [name = '', ...rest] = line.trim().split(/\s+/);
  if (name === '' || name.startsWith('-')) return undefined;
  const options = commands.get(name);
  if (options === undefined) return `${line}: there is no command ${name}`;
  const unknown = rest.flatMap((word) => word.match(/--[a-z-]+/g) ?? []).filter((word) => !options.includes(word));
  return unknown.length > 0 ? `${line}: ${name} has no ${unknown.join(', ')}` : undefined;
}
