import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../../domain/errors.ts';
import { IntegrationDefinition } from './definition.ts';
import { thrownText } from './rows.ts';

/**
 * The definition that a module exports as its default. Throws `UsageError` when there is no such file, it cannot be read
 * or throws, or it exports something else. A process loads a module once: a changed one needs a new process.
 */
export async function loadDefinition(module: string, directory: string): Promise<IntegrationDefinition<object>> {
  const file = path.resolve(directory, module);
  if (!existsSync(file)) throw new UsageError(`there is no module ${file}`);
  let loaded: { default?: unknown };
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (error) {
    throw new UsageError(`the module ${module} cannot be loaded: ${thrownText(error)}`);
  }
  const definition = loaded.default;
  if (definition instanceof IntegrationDefinition) return definition;
  const found = definition === undefined ? 'it has no default export' : 'its default export is something else';
  throw new UsageError(
    `the module ${module} must export what defineIntegration(…) returns: export default defineIntegration(…); ${found}`,
  );
}
