import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../../domain/errors.ts';
import { IntegrationDefinition } from './definition.ts';

/**
 * The definition that a module exports as its default. Throws `UsageError` when there is no such module, it throws, or it
 * exports something else.
 */
export async function loadDefinition(module: string, directory: string): Promise<IntegrationDefinition<object>> {
  const file = path.resolve(directory, module);
  let loaded: { default?: unknown };
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (error) {
    throw new UsageError(`source.module: ${module} cannot be loaded: ${(error as Error).message}`);
  }
  const definition = loaded.default;
  if (definition instanceof IntegrationDefinition) return definition;
  throw new UsageError(
    `source.module: ${module} must export what defineIntegration(…) returns as its default: export default defineIntegration(…)`,
  );
}
