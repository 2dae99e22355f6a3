import { constants } from 'node:fs';
import { access, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { UsageError } from '../../domain/errors.ts';
import { CONFIGURATION_FILE, type CommonOptions, outputOf } from '../session.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TEMPLATE = path.join(ROOT, 'examples', 'scaffold');
const MODULE = 'main.ts';

/** `tidemark init`: an integration whose source is a module, to begin with. */
export function addInitCommand(program: Command, run: (code: number) => void): void {
  program
    .command('init')
    .description('write a listener module and its configuration, to begin with; overwrites nothing')
    .argument('[dir]', 'the folder; made where it is missing', '.')
    .action(async (directory: string, _, command: Command) => {
      const files = await scaffold(directory);
      outputOf(command.optsWithGlobals<CommonOptions>()).answer({ files }, () => nextSteps(files));
      run(0);
    });
}

/** Writes the files and returns their paths. Throws `UsageError` when one of them is there, and writes none then. */
async function scaffold(directory: string): Promise<string[]> {
  const [module, configuration] = [path.join(directory, MODULE), path.join(directory, CONFIGURATION_FILE)];
  for (const file of [module, configuration]) {
    if (await isThere(file))
      throw new UsageError(`${file} is there already: name another folder, \`tidemark init DIR\``);
  }
  await mkdir(directory, { recursive: true }).catch((error: Error) => {
    throw new UsageError(`${directory} cannot be made: ${error.message}`);
  });
  const text = await readFile(path.join(TEMPLATE, CONFIGURATION_FILE), 'utf8');
  const schema = path.relative(path.resolve(directory), path.join(ROOT, 'tidemark.schema.json'));
  await copyFile(path.join(TEMPLATE, MODULE), module, constants.COPYFILE_EXCL);
  await writeFile(configuration, text.replace(/(?<=\$schema=).*/, schema), { flag: 'wx' });
  return [module, configuration];
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

function nextSteps([module, configuration]: readonly string[]): string {
  return `Written: ${module}, ${configuration}

  npx tidemark validate --config ${configuration}
  npm start -- --config ${configuration}        (in the checkout; elsewhere: tidemark dev --config …)

Then let ${module} ask your system.`;
}
