import { type Command, InvalidArgumentError } from 'commander';
import { table } from '../report.ts';
import { type CommonOptions, outputOf, withReadingClient } from '../session.ts';

interface EntitiesOptions extends CommonOptions {
  readonly blueprint?: string;
  readonly integration?: string;
  readonly search?: string;
  readonly limit: number;
}

/** `tidemark entities`: looks into the catalog. */
export function addEntitiesCommand(program: Command, run: (code: number) => void): void {
  program
    .command('entities')
    .description('look into the catalog')
    .option('--blueprint <blueprint>', 'only entities of this blueprint')
    .option('--integration <id>', 'only entities that this integration holds a claim on')
    .option('--search <text>', 'only entities that hold words which begin with these')
    .option('--limit <count>', 'at most so many', positive, 1000)
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<EntitiesOptions>();
      const entities = await withReadingClient(options, (client) => client.entities(options));
      outputOf(options).answer(entities, () =>
        entities.length === 0
          ? 'no entities'
          : table(
              [
                ['BLUEPRINT', 'IDENTIFIER', 'TITLE', 'RELATIONS'],
                ...entities.map(({ blueprint, identifier, title, relations }) => [
                  blueprint,
                  identifier,
                  title ?? '',
                  Object.entries(relations)
                    .map(([name, target]) => `${name} → ${target === null ? '–' : [target].flat().join(', ')}`)
                    .join('; '),
                ]),
              ],
              4,
            ),
      );
      run(0);
    });
}

/** Parses a positive whole number of an option. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number of at least 1 is needed.');
  return value;
}
