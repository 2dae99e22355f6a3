import type { Command } from 'commander';
import type { Configuration, Resource } from '../../config/configuration.ts';
import { problemText } from '../../config/problem.ts';
import { toEntity } from '../../domain/entity.ts';
import { UsageError } from '../../domain/errors.ts';
import { isRawRecord, type RawRecord } from '../../domain/json.ts';
import type { MappingResult } from '../../mapping/mapping.ts';
import { createResourceMapping } from '../../mapping/resource-mapping.ts';
import { readJsonFile } from '../json-file.ts';
import { CONFIGURATION_FILE, type CommonOptions, loadConfiguration, outputOf } from '../session.ts';

interface ValidateOptions extends CommonOptions {
  readonly sample?: string;
  readonly kind?: string;
}

/** `tidemark validate`: checks the configuration; with a sample, maps one raw record. */
export function addValidateCommand(program: Command, run: (code: number) => void): void {
  program
    .command('validate')
    .description('check the configuration, every mistake at once; with --sample, map one raw record')
    .option('--sample <file>', 'a JSON file that holds one raw record')
    .option('--kind <kind>', 'the kind of the sample')
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<ValidateOptions>();
      const configuration = await loadConfiguration(options);
      for (const warning of configuration.warnings) outputOf(options).note(`warning: ${problemText(warning)}`);
      if (options.sample === undefined) {
        const summary = configuration.integrations.map(({ id, resources }) => ({
          integration: id,
          resources: resources.map((resource) => resource.key),
        }));
        outputOf(options).answer(
          summary,
          () => `${options.config ?? CONFIGURATION_FILE}: ${summaryText(configuration)}`,
        );
        return run(0);
      }
      if (options.kind === undefined) throw new UsageError('--sample needs --kind: which kind is the record of?');
      const record = await readSample(options.sample);
      const mapped = await mapSample(configuration, { kind: options.kind, record });
      outputOf(options).answer(mapped, () => JSON.stringify(mapped, null, 2));
      run(mapped.some(({ result }) => result.type === 'rejected') ? 1 : 0);
    });
}

function summaryText({ integrations }: Configuration): string {
  const parts = integrations.map(({ id, resources }) => `${id} (${resources.map(({ key }) => key).join(', ')})`);
  return `valid: ${parts.join('; ')}`;
}

async function readSample(file: string): Promise<RawRecord> {
  const record = await readJsonFile(file, 'sample');
  if (!isRawRecord(record)) throw new UsageError(`the sample ${file} must hold one JSON object, the raw record`);
  return record;
}

interface MappedSample {
  readonly integration: string;
  readonly resource: string;
  readonly result: MappingResult;
  readonly entities: readonly unknown[];
}

async function mapSample(
  { integrations }: Configuration,
  { kind, record }: { kind: string; record: RawRecord },
): Promise<MappedSample[]> {
  const resources = integrations.flatMap(({ id, resources: all }) =>
    all.filter((resource) => resource.kind === kind).map((resource): [string, Resource] => [id, resource]),
  );
  if (resources.length === 0)
    throw new UsageError(`no integration of the configuration has a resource of kind ${kind}`);
  return Promise.all(
    resources.map(async ([integration, resource]) => {
      const result = await createResourceMapping(resource).map(record);
      const entities = result.type === 'mapped' ? result.entities.map((entity) => toEntity(entity, entity.fields)) : [];
      return { integration, resource: resource.key, result, entities };
    }),
  );
}
